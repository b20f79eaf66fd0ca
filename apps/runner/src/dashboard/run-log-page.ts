import type { Reader } from '@tidemark/destination'
import { LOG_NAMES, pretty } from '../log.ts'
import { redactDeep } from '../redact-deep.ts'
import { recordOf } from '../show/run-log.ts'
import type { RunLogAnswer } from './list-answers.ts'

const PAGE = 100

/** The newest lines that a run logged, or those before a line. */
export async function runLogPage(
  run: number,
  before: number | undefined,
  { reader, redact }: { readonly reader: Reader; readonly redact: (text: string) => string },
): Promise<RunLogAnswer> {
  const { lines, first } = await reader.runLog(run, { before, limit: PAGE })
  const oldest = lines[0]?.line
  return {
    lines: lines.map((stored) => {
      const record = redactDeep(recordOf(stored), redact, LOG_NAMES)
      const { level, event } = record
      return { line: stored.line, at: Number(stored.at / 1000n), level, event, text: pretty(record, false) }
    }),
    before: oldest === undefined || first === undefined || oldest <= first ? null : oldest,
    dropped: first === undefined ? 0 : first - 1,
  }
}
