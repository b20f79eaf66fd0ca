import { type Kysely, type RawBuilder, sql } from 'kysely'
import { dropLogs } from './run-log.ts'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>

/** The records of so many newest runs stay as they were written. */
const WHOLE_RUNS = 500
/** The most runs that are folded at once, so that a starting run does not wait for long. */
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
export async function foldRecords(db: Db, flavor: StateDialect): Promise<void> {
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
  await dropLogs(
    db,
    flavor,
    due.map(({ run }) => Number(run)),
  )
}

/** Forgets what was folded before a day. */
export async function pruneFolded(db: Db, before: bigint): Promise<void> {
  const day = before / DAY
  await db.deleteFrom('_tidemark_folded_steps').where('day', '<', day).execute()
  await db.deleteFrom('_tidemark_folded_runs').where('day', '<', day).execute()
}

async function foldSteps(db: Db, runs: RawBuilder<unknown>): Promise<void> {
  const sums = ['rows_read', 'rows_unchanged', 'rows_deduped', 'rows_trimmed', 'duration_ms', 'writing_ms'] as const
  // An open start is below all others.
  const start = sql`case when count(from_position) < count(*) then null else min(from_position) end`
  const group = ['name', 'partition', 'kind'] as const
  const less = (name: string) => kept('_tidemark_folded_steps', name, '<')
  const more = (name: string) => kept('_tidemark_folded_steps', name, '>')
  await db
    .insertInto('_tidemark_folded_steps')
    .columns([
      ...group,
      'day',
      'steps',
      'first_run',
      'last_run',
      'from_position',
      'to_position',
      'began_at',
      'ended_at',
      ...sums,
    ])
    .expression(sql<never>`select name, partition, kind, ${dayOf('began_at')}, count(*), min(run), max(run), ${start}, max(to_position),
      min(began_at), max(ended_at), ${sql.join(sums.map((name) => sql`sum(${sql.ref(name)})`))}
      from _tidemark_steps s where s.run in (${runs}) and ${QUIET} group by name, partition, kind, ${dayOf('began_at')}`)
    .onConflict((conflict) =>
      conflict.columns([...group, 'day']).doUpdateSet({
        ...added('_tidemark_folded_steps', ['steps', ...sums]),
        first_run: less('first_run'),
        began_at: less('began_at'),
        last_run: more('last_run'),
        ended_at: more('ended_at'),
        to_position: more('to_position'),
        from_position: sql`case when excluded.from_position is null or excluded.from_position < _tidemark_folded_steps.from_position
          then excluded.from_position else _tidemark_folded_steps.from_position end`,
      }),
    )
    .execute()
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
  const sums = ['runs', 'steps', 'rows_read'] as const
  const less = (name: string) => kept('_tidemark_folded_runs', name, '<')
  const more = (name: string) => kept('_tidemark_folded_runs', name, '>')
  await db
    .insertInto('_tidemark_folded_runs')
    .columns(['day', 'runs', 'first_run', 'last_run', 'started_at', 'ended_at', 'steps', 'rows_read'])
    .expression(sql<never>`select ${dayOf('started_at')}, count(*), min(run), max(run), min(started_at), max(ended_at), sum(folded_steps), sum(folded_read)
      from _tidemark_runs where ${quiet} group by ${dayOf('started_at')}`)
    .onConflict((conflict) =>
      conflict.column('day').doUpdateSet({
        ...added('_tidemark_folded_runs', sums),
        first_run: less('first_run'),
        started_at: less('started_at'),
        last_run: more('last_run'),
        ended_at: more('ended_at'),
      }),
    )
    .execute()
  await sql`delete from _tidemark_runs where ${quiet}`.execute(db)
}

/** Sums of the stored and the incoming. */
function added<N extends string>(table: string, names: readonly N[]): Readonly<Record<N, RawBuilder<bigint>>> {
  const sums = names.map((name) => [name, sql`${sql.ref(`${table}.${name}`)} + ${sql.ref(`excluded.${name}`)}`])
  return Object.fromEntries(sums) as Record<N, RawBuilder<bigint>>
}

/** The lesser or the greater of the stored and the incoming. */
function kept(table: string, name: string, which: '<' | '>'): RawBuilder<bigint> {
  const [own, come] = [sql.ref(`${table}.${name}`), sql.ref(`excluded.${name}`)]
  return sql`case when ${come} ${sql.raw(which)} ${own} then ${come} else ${own} end`
}
