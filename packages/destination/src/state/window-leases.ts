import type { Lease, LeasedWindow, Leases, Refusal } from '@tidemark/core/engine'
import { type Insertable, type Kysely, sql } from 'kysely'
import { fenced } from './fenced.ts'
import { type HeldBy, HOLDER_COLUMNS, LeaseJudge } from './lease-judge.ts'
import type { LeaseOptions } from './lease-options.ts'
import { addMissing, beat } from './runner-record.ts'
import type { Int64, StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>

/**
 * Takes windows that are free, inside a transaction. Who takes one locks the row of its table against others who do, and not
 * against commits, which hold it for KEY SHARE: only who takes the whole table waits for those.
 */
export async function takeWindows(
  db: Db,
  windows: readonly LeasedWindow[],
  options: LeaseOptions,
): Promise<Leases & { readonly abandoned: readonly Lease[] }> {
  const judge = new LeaseJudge(await beat(db, options), options)
  const leases: Lease[] = []
  const refused: Refusal[] = []
  const abandoned: Lease[] = []
  for (const [table, wanted] of [...Map.groupBy(windows, (one) => one.table)].sort(byName)) {
    await addMissing(db, [table])
    const { id, fence, holder } = await lockTable(db, table, judge, options)
    if (holder !== undefined) {
      refused.push(...wanted.map(() => ({ table, ...holder })))
      continue
    }
    for (const { partition, range } of wanted) {
      const { live, dead } = await overlapping(db, { id, partition, range }, judge)
      abandoned.push(...dead.map((window) => ({ id, table, fence, window })))
      await deleteWindows(db, id, dead)
      if (live !== undefined) {
        refused.push({ table, ...live })
        continue
      }
      const bounds = { from_position: range?.from ?? null, to_position: range?.to ?? null }
      const window = { table_lease: id, fence, partition, ...bounds, runner: options.runner.id, since: judge.now }
      leases.push({ id, table, fence, window: await insertWindow(db, window) })
    }
  }
  return { leases, refused, abandoned }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

/** Locks the row of a table, so that its windows are taken one after another. @returns who holds the whole table. */
async function lockTable(db: Db, name: string, judge: LeaseJudge, { flavor }: LeaseOptions) {
  const found = db.selectFrom('_tidemark_leases').select('id').where('name', '=', name)
  await found.modifyEnd(flavor.lock.noKeyUpdate).execute()
  const row = await db
    .selectFrom('_tidemark_leases as l')
    .leftJoin('_tidemark_runners as r', 'r.id', 'l.runner')
    .select(['l.id as lease', 'l.fence', 'l.since', 'l.runner as id'])
    .select(HOLDER_COLUMNS)
    .where('l.name', '=', name)
    .executeTakeFirstOrThrow()
  const id = Number(row.lease)
  const holder = judge.held(row, row.since)
  if (row.id === null || holder !== undefined) return { id, fence: Number(row.fence), holder }
  // Who held it is no more, and must not write again: it waits for a commit that is on its way.
  await db.selectFrom('_tidemark_leases').select('id').where('id', '=', id).modifyEnd(flavor.lock.update).execute()
  const raised = await db
    .updateTable('_tidemark_leases')
    .set({ runner: null, since: null, fence: sql`fence + 1` })
    .where('id', '=', id)
    .returning('fence')
    .executeTakeFirstOrThrow()
  return { id, fence: Number(raised.fence), holder: undefined }
}

interface Wanted extends Pick<LeasedWindow, 'partition' | 'range'> {
  /** Of the table's lease. */
  readonly id: number
}

/** Leases of windows that overlap a wanted one: who holds the first, and those whose runners are no more. */
async function overlapping(db: Db, { id, partition, range }: Wanted, judge: LeaseJudge) {
  let query = db
    .selectFrom('_tidemark_window_leases as w')
    .leftJoin('_tidemark_runners as r', 'r.id', 'w.runner')
    .select(['w.id as window', 'w.since', 'w.runner as id'])
    .select(HOLDER_COLUMNS)
    .where('w.table_lease', '=', id)
    .where('w.partition', '=', partition)
  if (range !== undefined)
    query = query.where((where) =>
      where.or([where('w.from_position', 'is', null), where('w.from_position', '<', range.to)]),
    )
  const { from } = range ?? {}
  if (from !== undefined)
    query = query.where((where) => where.or([where('w.to_position', 'is', null), where('w.to_position', '>', from)]))
  const rows = await query.execute()
  const dead: number[] = []
  let live: HeldBy | undefined
  for (const row of rows) {
    const verdict = judge.held(row, row.since)
    if (verdict === undefined) dead.push(Number(row.window))
    else live ??= verdict
  }
  return { live, dead }
}

/**
 * Who holds windows of tables that nobody else holds as a whole: the first for each table's lease. Those of runners that are no
 * more, or that end with an earlier lease of the whole table, are deleted.
 */
export async function windowHolders(
  db: Db,
  leases: readonly Int64[],
  judge: LeaseJudge,
): Promise<ReadonlyMap<number, HeldBy>> {
  if (leases.length === 0) return new Map()
  const rows = await db
    .selectFrom('_tidemark_window_leases as w')
    .innerJoin('_tidemark_leases as l', 'l.id', 'w.table_lease')
    .leftJoin('_tidemark_runners as r', 'r.id', 'w.runner')
    .select(['w.id as window', 'w.table_lease', 'w.since', 'w.runner as id', 'w.fence'])
    .select(['l.fence as current', 'l.runner as whole'])
    .select(HOLDER_COLUMNS)
    .where('w.table_lease', 'in', leases)
    .execute()
  const holders = new Map<number, HeldBy>()
  for (const [lease, windows] of Map.groupBy(rows, (row) => Number(row.table_lease))) {
    const over: number[] = []
    for (const row of windows) {
      // One of an earlier fence writes nothing any more, and those beside a lease of the whole table end with it.
      const isOver = row.fence !== row.current || row.id === row.whole
      const verdict = isOver ? undefined : judge.held(row, row.since)
      if (verdict === undefined) over.push(Number(row.window))
      else if (!holders.has(lease)) holders.set(lease, verdict)
    }
    await deleteWindows(db, lease, over)
  }
  return holders
}

/** A window's lease beside the lease of its whole table, which this runner holds. @throws SyncError code `fenced`. */
export async function takeBeside(db: Db, lease: Lease, { runner, flavor }: LeaseOptions): Promise<Lease> {
  const held = await db
    .selectFrom('_tidemark_leases')
    .select(flavor.now.as('now'))
    .where('id', '=', lease.id)
    .where('runner', '=', runner.id)
    .where('fence', '=', lease.fence)
    .modifyEnd(flavor.lock.keyShare)
    .executeTakeFirst()
  if (held === undefined) throw fenced(lease)
  const values = { table_lease: lease.id, fence: lease.fence, partition: '', from_position: null, to_position: null }
  return { ...lease, window: await insertWindow(db, { ...values, runner: runner.id, since: held.now }) }
}

async function insertWindow(db: Db, values: Omit<Insertable<StateDatabase['_tidemark_window_leases']>, 'commits'>) {
  const row = await db
    .insertInto('_tidemark_window_leases')
    .values({ ...values, commits: 0 })
    .returning('id')
    .executeTakeFirstOrThrow()
  return Number(row.id)
}

/** Ends leases of windows. What they committed is counted on with the table, by which a change of the state is seen. */
export async function deleteWindows(
  db: Db,
  tableLease: number,
  windows: readonly number[],
  runner?: string,
): Promise<void> {
  if (windows.length === 0) return
  let gone = db.deleteFrom('_tidemark_window_leases').where('id', 'in', windows)
  if (runner !== undefined) gone = gone.where('runner', '=', runner)
  await countOn(db, tableLease, await gone.returning('commits').execute())
}

/** Ends all leases of windows that a runner has of a table. */
export async function deleteWindowsOf(db: Db, tableLeases: readonly number[], runner: string): Promise<void> {
  const gone = await db
    .deleteFrom('_tidemark_window_leases')
    .where('table_lease', 'in', tableLeases)
    .where('runner', '=', runner)
    .returning(['commits', 'table_lease'])
    .execute()
  for (const [lease, rows] of Map.groupBy(gone, (row) => Number(row.table_lease))) await countOn(db, lease, rows)
}

async function countOn(db: Db, lease: number, gone: readonly { readonly commits: Int64 }[]): Promise<void> {
  const commits = gone.reduce((sum, row) => sum + BigInt(row.commits), 0n)
  if (commits === 0n) return
  await db
    .updateTable('_tidemark_leases')
    .set({ commits: sql`commits + ${commits}` })
    .where('id', '=', lease)
    .execute()
}
