import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { StateDatabase } from './state-tables.ts'

type Db = Kysely<StateDatabase>

/** The records of so many newest runs stay as they were written. */
const WHOLE_RUNS = 500
/** So many runs are folded at once: whoever starts one does not wait for long. */
const AT_ONCE = 20
const DAY = 86_400_000_000n

/** A step that changed nothing: nothing of it is missed but that it was. */
const QUIET = sql<boolean>`s.ended_at is not null and s.error is null and s.rows_written = 0 and s.rows_deleted = 0 and s.rows_rejected = 0`
const dayOf = (column: string): RawBuilder<number> => sql`${sql.ref(column)} / ${sql.lit(DAY)}`

/**
 * Folds what older runs left of steps that changed nothing. A run keeps their sums; of each table, partition and kind of
 * step a record of the day stays, and of runs in which nothing else was done one of the day. So a table that is asked for
 * every minute leaves 90 records and not 129,600.
 */
export async function foldRecords(db: Db): Promise<void> {
  const last = await db
    .selectFrom('_tidemark_runs')
    .select('run')
    .orderBy('run', 'desc')
    .offset(WHOLE_RUNS)
    .limit(1)
    .executeTakeFirst()
  if (last === undefined) return
  const due = await db
    .selectFrom('_tidemark_runs')
    .select('run')
    .where('run', '<=', last.run)
    .where('folded_steps', 'is', null)
    .where('ended_at', 'is not', null)
    .orderBy('run')
    .limit(AT_ONCE)
    .execute()
  if (due.length === 0) return
  const runs = sql.join(due.map(({ run }) => run))
  await foldSteps(db, runs)
  await sumUp(db, runs)
  await sql`delete from _tidemark_steps as s where s.run in (${runs}) and ${QUIET}`.execute(db)
  await foldRuns(db, runs)
}

/** Forgets what was folded before a day. */
export async function pruneFolded(db: Db, before: bigint): Promise<void> {
  const day = before / DAY
  await db.deleteFrom('_tidemark_folded_steps').where('day', '<', day).execute()
  await db.deleteFrom('_tidemark_folded_runs').where('day', '<', day).execute()
}

async function foldSteps(db: Db, runs: RawBuilder<unknown>): Promise<void> {
  const sums = ['rows_read', 'rows_unchanged', 'rows_deduped', 'rows_trimmed', 'duration_ms', 'writing_ms']
  // An open start is below all others.
  const start = sql`case when count(from_position) < count(*) then null else min(from_position) end`
  await sql`insert into _tidemark_folded_steps (name, partition, kind, day, steps, first_run, last_run, from_position, to_position,
      began_at, ended_at, ${names(sums)})
    select name, partition, kind, ${dayOf('began_at')}, count(*), min(run), max(run), ${start}, max(to_position),
      min(began_at), max(ended_at), ${sql.join(sums.map((name) => sql`sum(${sql.ref(name)})`))}
    from _tidemark_steps s where s.run in (${runs}) and ${QUIET} group by name, partition, kind, ${dayOf('began_at')}
    on conflict (name, partition, kind, day) do update set ${sql.join([
      ...['steps', ...sums].map((name) => added('_tidemark_folded_steps', name)),
      ...['first_run', 'began_at'].map((name) => kept('_tidemark_folded_steps', name, '<')),
      ...['last_run', 'ended_at', 'to_position'].map((name) => kept('_tidemark_folded_steps', name, '>')),
      sql`from_position = case when excluded.from_position is null or excluded.from_position < _tidemark_folded_steps.from_position
        then excluded.from_position else _tidemark_folded_steps.from_position end`,
    ])}`.execute(db)
}

/** What a run did in steps that are folded stays with it. */
async function sumUp(db: Db, runs: RawBuilder<unknown>): Promise<void> {
  const own = sql`from _tidemark_steps s where s.run = _tidemark_runs.run`
  const sum = (name: string): RawBuilder<unknown> =>
    sql`${sql.ref(`folded_${name}`)} = (select coalesce(sum(${sql.ref(`rows_${name}`)}), 0) ${own} and ${QUIET})`
  await sql`update _tidemark_runs set
    folded_steps = (select count(*) ${own} and ${QUIET}),
    folded_tables = (select count(distinct s.name) ${own}) - (select count(distinct s.name) ${own} and not (${QUIET})),
    ${sql.join(['read', 'unchanged', 'deduped', 'trimmed'].map(sum))}
    where run in (${runs})`.execute(db)
}

/** A run that ended well, and of which no step is left, did nothing that is not folded. */
async function foldRuns(db: Db, runs: RawBuilder<unknown>): Promise<void> {
  const quiet = sql`run in (${runs}) and exit_code = 0 and error is null and ended_by is null
    and not exists (select 1 from _tidemark_steps s where s.run = _tidemark_runs.run)`
  await sql`insert into _tidemark_folded_runs (day, runs, first_run, last_run, started_at, ended_at, steps, rows_read)
    select ${dayOf('started_at')}, count(*), min(run), max(run), min(started_at), max(ended_at), sum(folded_steps), sum(folded_read)
    from _tidemark_runs where ${quiet} group by ${dayOf('started_at')}
    on conflict (day) do update set ${sql.join([
      ...['runs', 'steps', 'rows_read'].map((name) => added('_tidemark_folded_runs', name)),
      ...['first_run', 'started_at'].map((name) => kept('_tidemark_folded_runs', name, '<')),
      ...['last_run', 'ended_at'].map((name) => kept('_tidemark_folded_runs', name, '>')),
    ])}`.execute(db)
  await sql`delete from _tidemark_runs where ${quiet}`.execute(db)
}

const names = (all: readonly string[]): RawBuilder<unknown> => sql.join(all.map((name) => sql.ref(name)))

function added(table: string, name: string): RawBuilder<unknown> {
  return sql`${sql.ref(name)} = ${sql.ref(`${table}.${name}`)} + ${sql.ref(`excluded.${name}`)}`
}

function kept(table: string, name: string, which: '<' | '>'): RawBuilder<unknown> {
  const [own, come] = [sql.ref(`${table}.${name}`), sql.ref(`excluded.${name}`)]
  return sql`${sql.ref(name)} = case when ${come} ${sql.raw(which)} ${own} then ${come} else ${own} end`
}
