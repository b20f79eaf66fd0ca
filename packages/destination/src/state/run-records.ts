import type { Destination, StepKind } from '@tidemark/core/engine'
import { literal, whole } from '../values/literal.ts'
import { endOf, instant, runnerOf, text } from './run-end.ts'
import type { IsAlive, RecordedRows, RunRecord } from './run-record.ts'

type Asked = Pick<Destination, 'query'>
/** The database's clock decides which runs are still running. */
type Clocked = Pick<Destination, 'query' | 'now'>

/** One step of a run: one table, one partition, one window, one attempt. */
export interface StepRecord {
  readonly run: number
  readonly step: number
  readonly table: string
  readonly partition: string
  readonly kind: StepKind
  /** What was read, as positions; undefined: the whole partition. */
  readonly window: { readonly from: bigint | undefined; readonly to: bigint } | undefined
  readonly attempt: number
  readonly beganAt: bigint
  /** Undefined while it is running, and if it was interrupted. */
  readonly endedAt: bigint | undefined
  readonly batches: number
  readonly rows: RecordedRows
  readonly durationMs: number
  /** Of it, the time that the destination took to write; reading continues meanwhile. */
  readonly writingMs: number
  readonly error: string | undefined
}

/** What one run did to one table. */
export interface TableRunRecord {
  readonly run: number
  readonly table: string
  readonly startedAt: bigint
  readonly steps: number
  readonly failedSteps: number
  readonly rows: RecordedRows
  readonly durationMs: number
  readonly writingMs: number
}

export interface RunFilter {
  /** Of runners that sent a heartbeat recently. */
  readonly isAlive?: IsAlive | undefined
  readonly runs?: readonly number[] | undefined
  /** Only runs of lower numbers. */
  readonly before?: number | undefined
  /** The newest so many. */
  readonly limit?: number | undefined
}

export interface StepFilter {
  readonly run?: number | undefined
  /** Its name in the destination. */
  readonly table?: string | undefined
  /** Only those that ended with an error. */
  readonly failed?: true | undefined
  /** Only running ones, of runs that are running. */
  readonly running?: true | undefined
  /** As of `listRuns`. */
  readonly isAlive?: IsAlive | undefined
  /** The newest so many. */
  readonly limit?: number | undefined
}

const COUNTED = ['read', 'written', 'unchanged', 'deduped', 'trimmed', 'rejected', 'deleted'] as const
const SUMS = COUNTED.map((name) => `coalesce(sum(s.rows_${name}), 0)`).join(', ')
const NAMED_SUMS = COUNTED.map((name) => `coalesce(sum(s.rows_${name}), 0) as rows_${name}`).join(', ')
const FAILED = 'coalesce(sum(case when s.error is null then 0 else 1 end), 0)'

/** Runs, the newest first. */
export async function listRuns(
  destination: Clocked,
  { runs, before, limit, isAlive }: RunFilter = {},
): Promise<readonly RunRecord[]> {
  const conditions = [
    ...(runs === undefined ? [] : [`run in (${runs.map(whole).join(', ') || 'null'})`]),
    ...(before === undefined ? [] : [`run < ${whole(before)}`]),
  ]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  // Bounded before the join, so that a long past is not added up to show its end.
  const chosen = `select * from _tidemark_runs${where} order by run desc${most(limit)}`
  // The columns of a run by their names: an earlier version of the state has fewer.
  const answer = await destination.query(
    `select r.*, n.id as runner_id, n.started_at as runner_started_at, n.heartbeat_at, n.lease_ms, t.last_step,
        coalesce(t.tables, 0) as tables, coalesce(t.steps, 0) as steps, coalesce(t.failed, 0) as failed,
        ${COUNTED.map((name) => `coalesce(t.rows_${name}, 0) as rows_${name}`).join(', ')}
      from (${chosen}) r left join _tidemark_runners n on n.id = r.runner left join (
        select s.run as run_number, count(distinct s.name) as tables, count(*) as steps, ${FAILED} as failed,
          max(coalesce(s.ended_at, s.began_at)) as last_step, ${NAMED_SUMS}
        from _tidemark_steps s where s.run in (select run from (${chosen}) those) group by s.run
      ) t on t.run_number = r.run order by r.run desc`,
  )
  const now = await destination.now()
  return answer.rows.map((values) => {
    const row = Object.fromEntries(answer.columns.map((name, at) => [name, values[at]]))
    return {
      run: Number(row['run']),
      host: String(row['host']),
      pid: Number(row['pid']),
      startedAt: instant(row['started_at'])!,
      ...endOf(row, now, isAlive),
      tables: Number(row['tables']) + Number(row['folded_tables'] ?? 0),
      steps: Number(row['steps']) + Number(row['folded_steps'] ?? 0),
      failedSteps: Number(row['failed']),
      foldedSteps: Number(row['folded_steps'] ?? 0),
      rows: rowsOf(COUNTED.map((name) => Number(row[`rows_${name}`]) + Number(row[`folded_${name}`] ?? 0))),
      runner: runnerOf(row),
    }
  })
}

/** Steps, the newest first. */
export async function listSteps(
  destination: Clocked,
  { run, table, failed, running, limit, isAlive }: StepFilter = {},
): Promise<readonly StepRecord[]> {
  const conditions = [
    ...(run === undefined ? [] : [`s.run = ${whole(run)}`]),
    ...(table === undefined ? [] : [`s.name = ${literal(table)}`]),
    ...(failed === undefined ? [] : ['s.error is not null']),
    ...(running === undefined
      ? []
      : [`s.ended_at is null and s.run in (${(await runningRuns(destination, isAlive)).join(', ') || 'null'})`]),
  ]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const { rows } = await destination.query(
    `select s.run, s.step, s.name, s.partition, s.kind, s.from_position, s.to_position, s.attempt, s.began_at, s.ended_at, s.batches,
      s.duration_ms, s.writing_ms, s.error, ${COUNTED.map((name) => `s.rows_${name}`).join(', ')}
      from _tidemark_steps s${where} order by s.run desc, s.step desc${most(limit)}`,
  )
  return rows.map(
    ([
      run,
      step,
      table,
      partition,
      kind,
      from,
      to,
      attempt,
      beganAt,
      endedAt,
      batches,
      took,
      wrote,
      error,
      ...counts
    ]) => ({
      run: Number(run),
      step: Number(step),
      table: String(table),
      partition: String(partition),
      kind: kind as StepKind,
      window: to === null ? undefined : { from: instant(from), to: instant(to)! },
      attempt: Number(attempt),
      beganAt: instant(beganAt)!,
      endedAt: instant(endedAt),
      batches: Number(batches),
      durationMs: Number(took),
      writingMs: Number(wrote),
      error: text(error),
      rows: rowsOf(counts),
    }),
  )
}

/** Numbers of the running runs. */
async function runningRuns(destination: Clocked, isAlive: IsAlive | undefined): Promise<readonly number[]> {
  const { columns, rows } = await destination.query(
    `select r.*, n.id as runner_id, n.started_at as runner_started_at, n.heartbeat_at, n.lease_ms
      from _tidemark_runs r left join _tidemark_runners n on n.id = r.runner where r.ended_at is null`,
  )
  const now = await destination.now()
  const open = rows.map((values) => Object.fromEntries(columns.map((name, at) => [name, values[at]])))
  return open.filter((row) => endOf(row, now, isAlive).state === 'running').map((row) => Number(row['run']))
}

/** What the newest runs, or one of them, did to each table, the newest run first. */
export async function listTableRuns(
  destination: Asked,
  { table, runs }: { readonly table?: string | undefined; readonly runs: number | { readonly run: number } },
): Promise<readonly TableRunRecord[]> {
  const own = table === undefined ? '' : ` and s.name = ${literal(table)}`
  const among =
    typeof runs === 'object'
      ? `select ${whole(runs.run)} as run`
      : table === undefined
        ? `select run from _tidemark_runs order by run desc${most(runs)}`
        : `select distinct run from _tidemark_steps where name = ${literal(table)} order by run desc${most(runs)}`
  const { rows } = await destination.query(
    `select s.run, s.name, min(s.began_at), count(*), ${FAILED}, coalesce(sum(s.duration_ms), 0), coalesce(sum(s.writing_ms), 0), ${SUMS}
      from _tidemark_steps s where s.run in (select run from (${among}) newest)${own} group by s.run, s.name order by s.run desc, s.name`,
  )
  return rows.map(([run, name, startedAt, steps, failed, took, wrote, ...counts]) => ({
    run: Number(run),
    table: String(name),
    startedAt: instant(startedAt)!,
    steps: Number(steps),
    failedSteps: Number(failed),
    durationMs: Number(took),
    writingMs: Number(wrote),
    rows: rowsOf(counts),
  }))
}

/** Runs of one day that ended well and changed nothing, as one record. Instants are microseconds since 1970. */
export interface FoldedRuns {
  readonly runs: number
  readonly firstRun: number
  readonly lastRun: number
  readonly startedAt: bigint
  readonly endedAt: bigint
  readonly steps: number
  readonly rowsRead: number
}

/** Runs whose records are folded, the newest day first; none in a state of an earlier version. */
export async function listFoldedRuns(destination: Asked): Promise<readonly FoldedRuns[]> {
  if ((await destination.query('select * from _tidemark_runs limit 0')).columns.includes('folded_steps') === false)
    return []
  const { rows } = await destination.query(
    'select runs, first_run, last_run, started_at, ended_at, steps, rows_read from _tidemark_folded_runs order by day desc',
  )
  return rows.map(([runs, first, last, startedAt, endedAt, steps, read]) => ({
    runs: Number(runs),
    firstRun: Number(first),
    lastRun: Number(last),
    startedAt: instant(startedAt)!,
    endedAt: instant(endedAt)!,
    steps: Number(steps),
    rowsRead: Number(read),
  }))
}

function most(limit: number | undefined): string {
  return limit === undefined ? '' : ` limit ${whole(limit)}`
}

function rowsOf(counts: readonly unknown[]): RecordedRows {
  return Object.fromEntries(COUNTED.map((name, at) => [name, Number(counts[at])])) as unknown as RecordedRows
}
