import type { Lease } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { unlessLocked } from './locks.ts'
import type { Reserved } from './sessions.ts'

// A step's rows gather in a table of the schema without a log, because its batches are transactions of their own and may go
// over different connections. A server that crashed gives it back empty, which is noticed.

const PREFIX = '_tidemark_staging_'

/** By whose lease it is: other processes have other windows of the same table. */
export function stagingName({ lease, slot }: { readonly lease: Lease; readonly slot: number }): string {
  const { id, fence, window = 0 } = lease
  return `${PREFIX}${id}_${fence}_${window}_${slot}`
}

/** Where somebody reads it, as a dump does, it stays until its lease is taken the next time. */
export async function dropStaging(session: Reserved, table: RawBuilder<unknown>): Promise<void> {
  await unlessLocked(session, sql`drop table if exists ${table}`.compile(session.db).sql)
}

/** Drops staging tables that a runner left behind which is no more. */
export async function dropLeftovers(session: Reserved, schema: string, leases: readonly Lease[]): Promise<void> {
  const { db } = session
  const { rows } = await sql<{ name: string }>`select relname as name from pg_catalog.pg_class
    where relkind = 'r' and starts_with(relname, ${PREFIX})
    and relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema})`.execute(db)
  for (const { name } of rows) {
    const [table, , window] = name.slice(PREFIX.length).split('_')
    const isOf = (lease: Lease) =>
      String(lease.id) === table && (lease.window === undefined || String(lease.window) === window)
    if (leases.some(isOf)) await dropStaging(session, sql.id(schema, name))
  }
}
