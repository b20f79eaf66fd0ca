import type { CommandText } from '@tidemark/core/engine'
import { EXIT, type SourceReport } from '@tidemark/engine'
import { failureLine } from './failure.ts'

/** A line for each source that failed. */
export function sourceLines(sources: readonly SourceReport[], command: CommandText): readonly string[] {
  return sources.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [failureLine({ thing: `source ${name}`, source: name, failure }, command)],
  )
}

/** Exit code by the failures of sources alone. */
export function sourceExit(sources: readonly SourceReport[]): number {
  const failed = sources.filter((source) => source.failure !== undefined).length
  if (failed === 0) return EXIT.ok
  return failed === sources.length ? EXIT.noSource : EXIT.someFailed
}
