import { SyncError } from '@tidemark/core'
import type { Repertoire } from '../values/repertoire.ts'

/** The longest partition in bytes: it is part of keys, and those of Postgres take 2,704. */
const LONGEST = 2000

/** Why a text cannot be stored, so that it comes back as it was; undefined: it can. A partition's id has a length. */
export function textProblem(repertoire: Repertoire, text: string, use?: 'partition'): string | undefined {
  const isTooLong = use === 'partition' && Buffer.byteLength(text) > LONGEST
  return repertoire.problemOf(text) ?? (isTooLong ? `is longer than ${LONGEST} bytes` : undefined)
}

/** @throws SyncError `fix-source` where a partition's id cannot be stored. */
export function checkPartition(table: string, partition: string, repertoire: Repertoire): void {
  const problem = textProblem(repertoire, partition, 'partition')
  if (problem === undefined) return
  const shown = JSON.stringify(partition.length > 60 ? `${partition.slice(0, 60)}…` : partition)
  throw new SyncError(
    `table "${table}": the partition ${shown} ${problem}; give its partitions ids that can be stored`,
    'fix-source',
    { code: 'schema' },
  )
}
