import { SyncError } from '@tidemark/core'
import { isText } from './value-text.ts'

/** The longest partition in bytes: it is part of keys, and those of Postgres take 2,704. */
const LONGEST = 2000

/** A partition's id is stored as text, and must come back as it was. @throws SyncError `fix-source`. */
export function checkPartition(table: string, partition: string): void {
  const refuse = (problem: string, way: string): never => {
    throw new SyncError(
      `table "${table}": the partition ${problem}; give its partitions ids that are ${way}`,
      'fix-source',
      {
        code: 'schema',
      },
    )
  }
  if (!isText(partition))
    refuse(`${JSON.stringify(partition)} holds a NUL character or half a surrogate pair`, 'plain text')
  if (Buffer.byteLength(partition) > LONGEST)
    refuse(`${JSON.stringify(`${partition.slice(0, 60)}…`)} is longer than ${LONGEST} bytes`, 'shorter')
}
