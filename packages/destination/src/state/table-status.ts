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
  await db
    .updateTable('_tidemark_tables')
    .set({
      ...more,
      status: sql<string>`case when failures > 0 or exists (
        select 1 from _tidemark_partitions p where p.name = _tidemark_tables.name and p.failures > 0 and p.removed_at is null
      ) then 'failing' else ${status} end`,
    })
    .where('name', '=', name)
    .execute()
}
