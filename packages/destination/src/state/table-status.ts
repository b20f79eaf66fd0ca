import type { TableStatus } from '@tidemark/core/engine'
import { type Kysely, sql, type Updateable } from 'kysely'
import type { StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>
type TableRow = Updateable<StateDatabase['_tidemark_tables']>

/**
 * Sets the status of a table, inside the transaction that gives it. A table is failing as long as it, or one of the
 * partitions that its source lists, has a failure that nothing has overcome, whatever else is committed.
 */
export async function setStatus(db: Db, name: string, status: TableStatus, more: TableRow = {}): Promise<void> {
  const own = () => db.updateTable('_tidemark_tables').where('name', '=', name)
  await own()
    .set({ ...more, status })
    .execute()
  // Only once the row is locked: a statement that waits for it sees the partitions as they were before it waited, without what
  // was committed of another window meanwhile.
  await own()
    .set({ status: 'failing' })
    .where(
      sql<boolean>`(failures > 0 or exists (
        select 1 from _tidemark_partitions p where p.name = _tidemark_tables.name and p.failures > 0 and p.removed_at is null
      ))`,
    )
    .execute()
}
