import type { LogLevel, RunChange, RunLog, RunLogFilter, RunLogLine } from '@tidemark/core/engine'
import type { Kysely, Selectable } from 'kysely'
import { chunks } from '../chunks.ts'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

const TABLE = '_tidemark_run_log'
const DAY = 86_400_000_000n
/** Lines of runs are kept so long, */
const KEPT_FOR = 30n * DAY
/** and of all runs together so many, of the newest. */
const MAX_LINES = 100_000

type Db = Kysely<StateDatabase>
type Logged = Extract<RunChange, { readonly kind: 'logged' }>

const exists = (db: Db, flavor: StateDialect): Promise<boolean> =>
  flavor.hasTable(db as unknown as Kysely<never>, TABLE)

/** Stores what a run logged, and drops its lines that are too many by now. */
export async function recordLog(db: Db, flavor: StateDialect, run: number, { lines, from }: Logged): Promise<void> {
  if (!(await exists(db, flavor))) {
    // Of two runs that begin, one creates it.
    await db.selectFrom('_tidemark_meta').select('version').modifyEnd(flavor.lock.update).execute()
    if (!(await exists(db, flavor))) await createLog(db)
  }
  const rows = lines.map(({ table, ...line }) => ({ run, ...line, name: table }))
  for (const some of chunks(rows, 50))
    await db
      .insertInto(TABLE)
      .values(some)
      // A transaction whose answer was lost is tried again.
      .onConflict((conflict) => conflict.columns(['run', 'line']).doNothing())
      .execute()
  if (from > 1) await db.deleteFrom(TABLE).where('run', '=', run).where('line', '<', from).execute()
}

/** What is stored of a run; of a state without logs nothing. */
export async function readLog(
  db: Db,
  flavor: StateDialect,
  run: number,
  { before, after, levels, limit }: RunLogFilter,
): Promise<RunLog> {
  if (!(await exists(db, flavor))) return { lines: [], first: undefined }
  const own = db.selectFrom(TABLE).where('run', '=', run)
  const [edge] = await own.select((eb) => eb.fn.min('line').as('first')).execute()
  const isForward = after !== undefined
  const rows = await own
    .selectAll()
    .$if(before !== undefined, (query) => query.where('line', '<', before!))
    .$if(isForward, (query) => query.where('line', '>', after!))
    .$if(levels !== undefined, (query) => query.where('level', 'in', [...levels!]))
    .orderBy('line', isForward ? 'asc' : 'desc')
    .$if(limit !== undefined, (query) => query.limit(limit!))
    .execute()
  const lines = rows.map(lineOf)
  return { lines: isForward ? lines : lines.reverse(), first: edge?.first == null ? undefined : Number(edge.first) }
}

/** Drops the lines of runs that are too old, too many, or no longer recorded one by one. */
export async function pruneLogs(db: Db, flavor: StateDialect, now: bigint): Promise<void> {
  if (!(await exists(db, flavor))) return
  const old = await db
    .selectFrom('_tidemark_runs')
    .select((eb) => eb.fn.max('run').as('run'))
    .where('started_at', '<', now - KEPT_FOR)
    .executeTakeFirst()
  const excess = await db
    .selectFrom(TABLE)
    .select('run')
    .orderBy('run', 'desc')
    .orderBy('line', 'desc')
    .offset(MAX_LINES)
    .limit(1)
    .executeTakeFirst()
  const last = [old?.run, excess?.run].reduce<number>((most, run) => Math.max(most, Number(run ?? 0)), 0)
  if (last > 0) await db.deleteFrom(TABLE).where('run', '<=', last).execute()
}

/** Drops the lines of those of these runs whose records were folded into those of their day. */
export async function dropLogs(db: Db, flavor: StateDialect, runs: readonly number[]): Promise<void> {
  if (runs.length === 0 || !(await exists(db, flavor))) return
  const kept = db.selectFrom('_tidemark_runs').select('run').where('run', 'in', runs)
  await db.deleteFrom(TABLE).where('run', 'in', runs).where('run', 'not in', kept).execute()
}

/** Not part of a version of the state: older builds have no use for it, and leave it alone. */
async function createLog({ schema }: Db): Promise<void> {
  await schema
    .createTable(TABLE)
    .addColumn('run', 'bigint', (c) => c.notNull())
    .addColumn('line', 'bigint', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('level', 'text', (c) => c.notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .addColumn('source', 'text')
    .addColumn('name', 'text')
    .addColumn('partition', 'text')
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('fields', 'text')
    .addPrimaryKeyConstraint('_tidemark_run_log_key', ['run', 'line'])
    .execute()
}

function lineOf(row: Selectable<StateDatabase[typeof TABLE]>): RunLogLine {
  const { line, at, level, event, source, name, partition, message, fields } = row
  return {
    ...{ line: Number(line), at: BigInt(at), level: level as LogLevel, event },
    ...{ source, table: name, partition, message, fields },
  }
}
