import { createHash } from 'node:crypto'
import { SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'

/** Why the destination cannot keep a text that names or identifies something; undefined: it can. */
export type ProblemOf = Destination['problemOf']

/** A text that a source answered with, and that must come back as it was. @throws SyncError `fix-source`. */
export function storableText<T extends string | undefined>(what: string, text: T, problemOf: ProblemOf): T {
  const problem = text === undefined ? undefined : problemOf(text)
  if (problem === undefined) return text
  throw new SyncError(
    `${what} is ${JSON.stringify(text!.slice(0, 60).toWellFormed())}, which ${problem}; give one that can be stored, such as a hash of it`,
    'fix-source',
    { code: 'schema' },
  )
}

/** A partition whose id cannot be kept: what it is called in the state, and why it cannot be read. */
export function unstorablePartition(
  table: string,
  id: string,
  problemOf: ProblemOf,
): { readonly id: string; readonly error: SyncError } | undefined {
  const problem = problemOf(id, 'partition')
  if (problem === undefined) return undefined
  const shown = JSON.stringify(id.length > 60 ? `${id.slice(0, 60)}…` : id)
  const error = new SyncError(
    `table "${table}": the partition ${shown} ${problem}; give its partitions ids that can be stored`,
    'fix-source',
    { code: 'schema' },
  )
  return { id: standIn(id, problemOf), error }
}

/** The same for the same id, and never that of another one. */
function standIn(id: string, problemOf: ProblemOf): string {
  const hash = createHash('sha256').update(JSON.stringify(id)).digest('hex').slice(0, 16)
  const plain = [...id.slice(0, 40)].filter((one) => problemOf(one) === undefined).join('')
  return `${plain} (${hash})`
}
