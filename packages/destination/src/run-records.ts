import type { Destination, StepKind } from '@tidemark/core/engine'
import { literal, whole } from './literal.ts'
import type { StepCounts } from './step-record.ts'

type Asked = Pick<Destination, 'query'>
/** Which runs go on is told by the database's clock. */
type Clocked = Pick<Destination, 'query' | 'now'>

/** Rows of a run or a step, as they were counted when they were committed. */
export type RecordedRows = StepCounts

/** A run, as it stands in the state. Instants are microseconds since 1970. */
export interface RunRecord {
  readonly run: number
  readonly host: string
  readonly pid: number
  readonly startedAt: bigint
  readonly endedAt: bigint | undefined
  /** `crashed`: it has no end, and its runner gives no sign of life. */
  readonly state: 'running' | 'ended' | 'crashed'
  readonly exitCode: number | undefined
  readonly error: string | undefined
  readonly tables: number
  readonly steps: number
  readonly failedSteps: number
  readonly rows: RecordedRows
}

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
  /** Undefined while it goes on, and where it was interrupted. */
  readonly endedAt: bigint | undefined
  readonly parts: number
  readonly rows: RecordedRows
  readonly durationMs: number
  /** Of it, what the destination took to write; reading goes on meanwhile. */
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
  readonly runs?: readonly number[] | undefined
  /** The newest so many. */
  readonly limit?: number | undefined
}

export interface StepFilter {
  readonly run?: number | undefined
  /** Its name in the destination. */
  readonly table?: string | undefined
  /** Only those that ended with an error. */
  readonly failed?: true | undefined
  /** Only those that go on, of runs that go on. */
  readonly running?: true | undefined
  /** The newest so many. */
  readonly limit?: number | undefined
}

const COUNTED = ['read', 'written', 'unchanged', 'deduped', 'trimmed', 'rejected', 'deleted'] as const
const SUMS = COUNTED.map((name) => `coalesce(sum(s.rows_${name}), 0)`).join(', ')
const NAMED_SUMS = COUNTED.map((name) => `coalesce(sum(s.rows_${name}), 0) as ${name}`).join(', ')
const FAILED = 'coalesce(sum(case when s.error is null then 0 else 1 end), 0)'

/** Runs, the newest first. */
export async function listRuns(destination: Clocked, { runs, limit }: RunFilter = {}): Promise<readonly RunRecord[]> {
  const where = runs === undefined ? '' : ` where run in (${runs.map(whole).join(', ') || 'null'})`
  // Bounded before the join, so that a long past is not added up to show its end.
  const chosen = `select * from _tidemark_runs${where} order by run desc${most(limit)}`
  const { rows } = await destination.query(
    `select r.run, r.host, r.pid, r.started_at, r.ended_at, ${stateAt(await destination.now())}, r.exit_code, r.error,
        coalesce(t.tables, 0), coalesce(t.steps, 0), coalesce(t.failed, 0), ${COUNTED.map((name) => `coalesce(t.${name}, 0)`).join(', ')}
      from (${chosen}) r left join _tidemark_runners n on n.id = r.runner left join (
        select s.run as run, count(distinct s.name) as tables, count(*) as steps, ${FAILED} as failed, ${NAMED_SUMS}
        from _tidemark_steps s where s.run in (select run from (${chosen}) those) group by s.run
      ) t on t.run = r.run order by r.run desc`,
  )
  return rows.map(([run, host, pid, startedAt, endedAt, state, exitCode, error, tables, steps, failed, ...counts]) => ({
    run: Number(run),
    host: String(host),
    pid: Number(pid),
    startedAt: instant(startedAt)!,
    endedAt: instant(endedAt),
    state: state as RunRecord['state'],
    exitCode: exitCode === null ? undefined : Number(exitCode),
    error: text(error),
    tables: Number(tables),
    steps: Number(steps),
    failedSteps: Number(failed),
    rows: rowsOf(counts),
  }))
}

/** Steps, the newest first. */
export async function listSteps(
  destination: Clocked,
  { run, table, failed, running, limit }: StepFilter = {},
): Promise<readonly StepRecord[]> {
  const conditions = [
    ...(run === undefined ? [] : [`s.run = ${whole(run)}`]),
    ...(table === undefined ? [] : [`s.name = ${literal(table)}`]),
    ...(failed === undefined ? [] : ['s.error is not null']),
    ...(running === undefined
      ? []
      : [
          `s.ended_at is null and s.run in (select r.run from _tidemark_runs r left join _tidemark_runners n on n.id = r.runner
            where ${stateAt(await destination.now())} = 'running')`,
        ]),
  ]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const { rows } = await destination.query(
    `select s.run, s.step, s.name, s.partition, s.kind, s.from_position, s.to_position, s.attempt, s.began_at, s.ended_at, s.parts,
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
      parts,
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
      parts: Number(parts),
      durationMs: Number(took),
      writingMs: Number(wrote),
      error: text(error),
      rows: rowsOf(counts),
    }),
  )
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

/** As the view `tidemark_runs` says it, which adds up all steps that there ever were. */
function stateAt(now: bigint): string {
  return `case when r.ended_at is not null then 'ended'
    when n.heartbeat_at is null or n.heartbeat_at < ${now} - n.lease_ms * 1000 then 'crashed' else 'running' end`
}

function most(limit: number | undefined): string {
  return limit === undefined ? '' : ` limit ${whole(limit)}`
}

function rowsOf(counts: readonly unknown[]): RecordedRows {
  return Object.fromEntries(COUNTED.map((name, at) => [name, Number(counts[at])])) as unknown as RecordedRows
}

function instant(value: unknown): bigint | undefined {
  return value === null || value === undefined ? undefined : BigInt(value as bigint)
}

function text(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value)
}
