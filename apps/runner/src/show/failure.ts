import type { Remedy } from '@tidemark/core'
import type { Failure } from '@tidemark/engine'
import { errorAddress } from './error-address.ts'
import { oneLine } from './plain.ts'

const WORDS: Readonly<Record<Remedy, string>> = {
  retry: 'will be tried again at the next run',
  'fix-config': 'correct the config',
  'fix-source': 'a bug in the source: tell its author',
  upgrade: 'install a newer version',
}

export interface FailedThing {
  /** `table git_commits, partition acme/shop`. */
  readonly thing: string
  readonly failure: Failure
  /** The command that goes on. */
  readonly command: string
}

/** One failure on one line: what, why, what to do, and the command that goes on. */
export function failureLine({ thing, failure, command }: FailedThing): string {
  // Nothing is broken here: someone has to say whether it is meant.
  const see = errorAddress(failure)
  if (failure.code === 'rail')
    return `held back: ${thing}: ${oneLine(failure.message)}; if it is right: ${command}; see ${see}`
  // What to correct is in the message: a type in the config, the schema of a source, or the rows themselves.
  if (failure.code === 'reject-limit')
    return `failed: ${thing}: ${oneLine(failure.message)} (when they fit: ${command}; see ${see})`
  const verb = failure.remedy === 'retry' ? 'at once' : 'then'
  return `failed: ${thing}: ${oneLine(failure.message)} (${failure.remedy}: ${WORDS[failure.remedy]}; ${verb}: ${command}; see ${see})`
}
