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
import { HOLDER_COLUMNS, LeaseJudge } from './lease-judge.ts'
import type { LeaseOptions } from './lease-options.ts'
import { addMissing, beat } from './runner-record.ts'
import type { StateDatabase } from './state-types.ts'
import { deleteWindows, deleteWindowsOf, windowHolders } from './window-leases.ts'

/** Takes the tables that are free, inside a transaction. */
export async function takeLeases(
  db: Kysely<StateDatabase>,
  names: readonly string[],
  options: LeaseOptions,
): Promise<Leases> {
  const judge = new LeaseJudge(await beat(db, options), options)
  const leases: Lease[] = []
  const refused: Refusal[] = []
  for (const chunk of chunks([...new Set(names)])) {
    await addMissing(db, chunk)
    // Where another runner takes one at the same moment, a second look says who it was.
    for (let left: readonly string[] = chunk; left.length > 0; ) {
      const holders = await holdersOf(db, left)
      const whole = new Map(
        holders.map((row) => [row, row.id === options.runner.id ? undefined : judge.held(row, row.since)]),
      )
      // Of a table that somebody holds as a whole they are not looked at: those beside its lease are the holder's.
      const windows = await windowHolders(
        db,
        holders.filter((row) => whole.get(row) === undefined).map(({ lease }) => lease),
        judge,
      )
      const free: { readonly id: bigint; readonly name: string; readonly fence: bigint }[] = []
      for (const row of holders) {
        const holder = whole.get(row) ?? windows.get(Number(row.lease))
        if (holder === undefined) free.push({ id: BigInt(row.lease), name: row.name, fence: BigInt(row.fence) })
        else refused.push({ table: row.name, ...holder })
      }
      if (free.length === 0) break
      const taken = await raiseFences(db, free, options, judge.now)
      leases.push(
        ...free
          .filter(({ id }) => taken.has(id))
          .map(({ id, name, fence }) => ({ id: Number(id), table: name, fence: Number(fence) + 1 })),
      )
      left = free.filter(({ id }) => !taken.has(id)).map(({ name }) => name)
    }
  }
  if (judge.dead.size > 0) await closeRunsOf(db, [...judge.dead])
  for (const chunk of chunks(leases))
    await joinCoverage(
      db,
      chunk.map(({ table }) => table),
    )
  const order = new Map(names.map((name, at) => [name, at]))
  leases.sort((a, b) => order.get(a.table)! - order.get(b.table)!)
  return { leases, refused }
}

async function holdersOf(db: Kysely<StateDatabase>, names: readonly string[]) {
  return await db
    .selectFrom('_tidemark_leases as l')
    .leftJoin('_tidemark_runners as r', 'r.id', 'l.runner')
    .select(['l.id as lease', 'l.name', 'l.fence', 'l.since', 'l.runner as id'])
    .select(HOLDER_COLUMNS)
    .where('l.name', 'in', names)
    .execute()
}

/**
 * Takes leases whose fence is still the one that was seen, and of which no window was taken since. Waits for commits that are
 * on their way. @returns the ids of those that were taken.
 */
async function raiseFences(
  db: Kysely<StateDatabase>,
  free: readonly { readonly id: bigint; readonly fence: bigint }[],
  { runner, flavor }: LeaseOptions,
  now: bigint,
): Promise<ReadonlySet<bigint>> {
  await db
    .selectFrom('_tidemark_leases')
    .select('id')
    .where(seen(free))
    .orderBy('id')
    .modifyEnd(flavor.lock.update)
    .execute()
  const rows = await db
    .updateTable('_tidemark_leases')
    .set({ runner: runner.id, fence: sql`fence + 1`, since: now })
    .where(seen(free))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('_tidemark_window_leases as w')
            .select('w.id')
            .whereRef('w.table_lease', '=', '_tidemark_leases.id')
            .whereRef('w.fence', '=', '_tidemark_leases.fence'),
        ),
      ),
    )
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
  for (const chunk of chunks(leases.filter(({ window }) => window === undefined))) {
    await deleteWindowsOf(
      db,
      chunk.map(({ id }) => id),
      runner.id,
    )
    await db
      .updateTable('_tidemark_leases')
      .set({ runner: null, since: null })
      .where('runner', '=', runner.id)
      .where(seen(chunk))
      .execute()
  }
  const windows = leases.flatMap(({ id, window }) => (window === undefined ? [] : [{ id, window }]))
  for (const [id, own] of Map.groupBy(windows, (one) => one.id))
    await deleteWindows(
      db,
      id,
      own.map(({ window }) => window),
      runner.id,
    )
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
