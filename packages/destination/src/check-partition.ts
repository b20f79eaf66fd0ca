import { SyncError } from '@tidemark/core'
import { isText } from './value-text.ts'

/** A partition's id is stored as text, and must come back as it was. @throws SyncError `fix-source`. */
export function checkPartition(table: string, partition: string): void {
  if (isText(partition)) return
  const problem = `table "${table}": the partition ${JSON.stringify(partition)} holds a NUL character or half a surrogate pair`
  throw new SyncError(`${problem}; give its partitions ids that are plain text`, 'fix-source', { code: 'schema' })
}
