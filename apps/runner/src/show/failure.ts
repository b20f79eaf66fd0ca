import type { CommandText } from '@tidemark/core/engine'
import type { Failure } from '@tidemark/engine'
import { type Failed, fixOf } from './fix.ts'
import { fixText } from './fix-text.ts'
import { oneLine } from './plain.ts'

export interface FailedThing extends Pick<Failed, 'table' | 'source'> {
  /** `table git_commits, partition acme/shop`. */
  readonly thing: string
  readonly failure: Failure
}

/** One failure on one line: what, why, how to fix it, and the command. */
export function failureLine({ thing, failure, ...of }: FailedThing, command: CommandText): string {
  const { remedy, message, code } = failure
  const fix = fixOf({ ...of, message, remedy, code }, command)
  // Nothing is broken here: the user has to decide whether the deletions are intended.
  if (code === 'deletion-limit')
    return `held back: ${thing}: ${oneLine(message)}; ${fix.when}: ${fix.command}; see ${fix.see}`
  // The message says what to correct: a type in the config, the schema of a source, or the rows themselves.
  if (code === 'reject-limit')
    return `failed: ${thing}: ${oneLine(message)} (${fix.when}: ${fix.command}; see ${fix.see})`
  return `failed: ${thing}: ${oneLine(message)} (${remedy}: ${fixText(fix)})`
}
