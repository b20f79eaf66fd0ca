import type { Kysely } from 'kysely'
import type { LeaseOptions } from './lease-options.ts'
import type { StateDatabase } from './state-types.ts'

/** Tells the others that this runner lives; its first statement, so that a transaction starts with a write. */
export async function beat(
  db: Kysely<StateDatabase>,
  { runner, flavor: dialect, leaseMs }: LeaseOptions,
): Promise<bigint> {
  const row = await db
    .insertInto('_tidemark_runners')
    .values({
      id: runner.id,
      host: runner.host,
      pid: runner.pid,
      started_at: runner.startedAt,
      heartbeat_at: dialect.now,
      lease_ms: leaseMs,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ heartbeat_at: dialect.now, lease_ms: leaseMs }))
    .returning('heartbeat_at')
    .executeTakeFirstOrThrow()
  return BigInt(row.heartbeat_at)
}

/** Rows of leases for tables that have none. Looked for first: an insert would wait for the session that locks such a row. */
export async function addMissing(db: Kysely<StateDatabase>, names: readonly string[]): Promise<void> {
  const there = await db.selectFrom('_tidemark_leases').select('name').where('name', 'in', names).execute()
  const known = new Set(there.map(({ name }) => name))
  const missing = names.filter((name) => !known.has(name))
  if (missing.length === 0) return
  await db
    .insertInto('_tidemark_leases')
    .values(missing.map((name) => ({ name, fence: 0, commits: 0 })))
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
}
