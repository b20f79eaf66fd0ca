import {
  type Coverage,
  type Lease,
  type Leases,
  type Range,
  type Refusal,
  type Runner,
  union,
} from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { chunks } from '../chunks.ts'
import { closeRunsOf } from './crashed-runs.ts'
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

/** Takes the tables that are free, inside a transaction. */
export async function takeLeases(
  db: Kysely<StateDatabase>,
  names: readonly string[],
  options: LeaseOptions,
): Promise<Leases> {
  const now = await beat(db, options)
  const leases: Lease[] = []
  const refused: Refusal[] = []
  const dead = new Set<string>()
  for (const chunk of chunks([...new Set(names)])) {
    await addMissing(db, chunk)
    // Where another runner takes one at the same moment, a second look says who it was.
    for (let left: readonly string[] = chunk; left.length > 0; ) {
      const free: { readonly id: bigint; readonly name: string; readonly fence: bigint }[] = []
      for (const row of await holdersOf(db, left)) {
        // The holder knows best how long its own leases last.
        const until = row.heartbeat_at === null ? 0n : BigInt(row.heartbeat_at) + BigInt(row.lease_ms ?? 0) * 1000n
        const holder = row.runner
        if (holder !== null && holder !== options.runner.id) {
          if (until >= now && !dead.has(holder)) {
            const other = {
              id: holder,
              host: row.host ?? '',
              pid: Number(row.pid),
              startedAt: BigInt(row.started_at ?? 0),
            }
            if (other.host !== options.runner.host || options.isAlive?.(other) !== false) {
              refused.push({ table: row.name, host: other.host, pid: other.pid, since: BigInt(row.since ?? 0), until })
              continue
            }
          }
          dead.add(holder)
        }
        free.push({ id: BigInt(row.id), name: row.name, fence: BigInt(row.fence) })
      }
      if (free.length === 0) break
      const taken = await raiseFences(db, free, options.runner, now)
      leases.push(
        ...free
          .filter(({ id }) => taken.has(id))
          .map(({ id, name, fence }) => ({ id: Number(id), table: name, fence: Number(fence) + 1 })),
      )
      left = free.filter(({ id }) => !taken.has(id)).map(({ name }) => name)
    }
  }
  if (dead.size > 0) await closeRunsOf(db, [...dead])
  for (const chunk of chunks(leases))
    await joinCoverage(
      db,
      chunk.map(({ table }) => table),
    )
  const order = new Map(names.map((name, at) => [name, at]))
  leases.sort((a, b) => order.get(a.table)! - order.get(b.table)!)
  return { leases, refused }
}

/** Rows of leases for tables that have none. Looked for first: an insert would wait for the session that locks such a row. */
async function addMissing(db: Kysely<StateDatabase>, names: readonly string[]): Promise<void> {
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

async function holdersOf(db: Kysely<StateDatabase>, names: readonly string[]) {
  return await db
    .selectFrom('_tidemark_leases as l')
    .leftJoin('_tidemark_runners as r', 'r.id', 'l.runner')
    .select([
      'l.id',
      'l.name',
      'l.fence',
      'l.since',
      'l.runner',
      'r.host',
      'r.pid',
      'r.started_at',
      'r.heartbeat_at',
      'r.lease_ms',
    ])
    .where('l.name', 'in', names)
    .execute()
}

/** Takes leases whose fence is still the one that was seen. @returns the ids of those that were taken. */
async function raiseFences(
  db: Kysely<StateDatabase>,
  free: readonly { readonly id: bigint; readonly fence: bigint }[],
  runner: Runner,
  now: bigint,
): Promise<ReadonlySet<bigint>> {
  const rows = await db
    .updateTable('_tidemark_leases')
    .set({ runner: runner.id, fence: sql`fence + 1`, since: now })
    .where(seen(free))
    .returning('id')
    .execute()
  return new Set(rows.map(({ id }) => BigInt(id)))
}

/** Leases that still are what they were. The casts say what a parameter is where a database would take it for a text. */
function seen(leases: readonly { readonly id: number | bigint; readonly fence: number | bigint }[]) {
  const pairs = leases.map(({ id, fence }) => sql`(cast(${id} as bigint), cast(${fence} as bigint))`)
  return sql<boolean>`(id, fence) in (values ${sql.join(pairs)})`
}

export async function releaseLeases(
  db: Kysely<StateDatabase>,
  leases: readonly Lease[],
  runner: Runner,
): Promise<void> {
  for (const chunk of chunks(leases)) {
    await db
      .updateTable('_tidemark_leases')
      .set({ runner: null, since: null })
      .where('runner', '=', runner.id)
      .where(seen(chunk))
      .execute()
  }
}

/** Joins the covered ranges of tables that are held alone now, where that makes them fewer. */
async function joinCoverage(db: Kysely<StateDatabase>, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  const joinable = await sql<{ name: string; partition: string; assumed: bigint | number }>`
    select distinct name, partition, assumed from (
      select name, partition, assumed, from_position, max(to_position) over (
        partition by name, partition, assumed order by coalesce(from_position, -9223372036854775808), to_position
        rows between unbounded preceding and 1 preceding) as reach
      from _tidemark_coverage where name in (${sql.join(names)})
    ) as ranges where reach is not null and (from_position is null or reach >= from_position)`.execute(db)
  for (const { name, partition, assumed } of joinable.rows) {
    const these = db
      .selectFrom('_tidemark_coverage')
      .select(['from_position', 'to_position'])
      .where('name', '=', name)
      .where('partition', '=', partition)
      .where('assumed', '=', assumed)
    const ranges: Range[] = (await these.execute()).map((row) => ({
      from: row.from_position === null ? undefined : BigInt(row.from_position),
      to: BigInt(row.to_position),
    }))
    const joined: Coverage = union(ranges)
    if (joined.length >= ranges.length) continue
    await db
      .deleteFrom('_tidemark_coverage')
      .where('name', '=', name)
      .where('partition', '=', partition)
      .where('assumed', '=', assumed)
      .execute()
    for (const chunk of chunks(joined)) {
      await db
        .insertInto('_tidemark_coverage')
        .values(
          chunk.map(({ from, to }) => ({ name, partition, from_position: from ?? null, to_position: to, assumed })),
        )
        .execute()
    }
  }
}
