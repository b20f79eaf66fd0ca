import { failpoint, type Lease, type Runner } from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { fenced } from './fenced.ts'
import type { StateDialect } from './state-dialect.ts'
import type { Int64, StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>

/**
 * The first statement of every transaction that writes a table: it stops a runner whose table another one took over.
 *
 * @returns the database's clock, and how many transactions the lease has seen with this one. @throws SyncError code `fenced`.
 */
export async function fence(
  db: Db,
  lease: Lease,
  runner: Runner,
  dialect: StateDialect,
): Promise<{ readonly now: bigint; readonly commits: bigint }> {
  const row = lease.window === undefined ? await table() : await window(lease.window)
  if (row === undefined) throw fenced(lease)
  failpoint('after-fence')
  return { now: BigInt(row.now), commits: BigInt(row.commits) }

  async function table(): Promise<Fenced | undefined> {
    return await db
      .updateTable('_tidemark_leases')
      .set({ commits: sql`commits + 1` })
      .where('id', '=', lease.id)
      .where('runner', '=', runner.id)
      .where('fence', '=', lease.fence)
      .returning([dialect.now.as('now'), 'commits'])
      .executeTakeFirst()
  }

  /** The table's row is only kept from changing hands: commits of other windows hold it at the same time. */
  async function window(id: number): Promise<Fenced | undefined> {
    const held = await db
      .selectFrom('_tidemark_leases')
      .select('id')
      .where('id', '=', lease.id)
      .where('fence', '=', lease.fence)
      .modifyEnd(dialect.lock.keyShare)
      .executeTakeFirst()
    if (held === undefined) return undefined
    return await db
      .updateTable('_tidemark_window_leases')
      .set({ commits: sql`commits + 1` })
      .where('id', '=', id)
      .where('runner', '=', runner.id)
      .returning([dialect.now.as('now'), 'commits'])
      .executeTakeFirst()
  }
}

interface Fenced {
  readonly now: Int64
  readonly commits: Int64
}

/**
 * How many transactions a lease has seen; waits for one that is still on its way. On Postgres, where the answer to COMMIT
 * can be lost. @throws SyncError code `fenced`.
 */
export async function stillHeld(db: Db, lease: Lease, runner: Runner): Promise<bigint> {
  const { window } = lease
  const row =
    window === undefined
      ? await db
          .selectFrom('_tidemark_leases')
          .select('commits')
          .where('id', '=', lease.id)
          .where('runner', '=', runner.id)
          .where('fence', '=', lease.fence)
          .forUpdate()
          .executeTakeFirst()
      : await db
          .selectFrom('_tidemark_window_leases')
          .select('commits')
          .where('id', '=', window)
          .where('runner', '=', runner.id)
          .forUpdate()
          .executeTakeFirst()
  if (row === undefined) throw fenced(lease)
  return BigInt(row.commits)
}
