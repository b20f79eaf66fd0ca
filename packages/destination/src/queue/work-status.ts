import { SyncError } from '@tidemark/core'
import type { Destination, Project } from '@tidemark/core/engine'
import { literal, whole } from '../values/literal.ts'
import { DEAD, WINDOWS } from './boss.ts'
import { ProjectGroups, projectNumber } from './project-groups.ts'
import { type firstRow, type QueueDatabase, rowsOf } from './queue-database.ts'
import { type QueueTables, queueTables } from './queue-tables.ts'
import { type WindowJob, windowOf } from './window-job.ts'
import { deadRunner } from './worker-records.ts'

/** The queue of one source. Times are in milliseconds since 1970. */
export interface SourceQueue {
  readonly source: string
  readonly queued: number
  readonly running: number
  readonly dead: number
  /** No worker takes its windows before; undefined: they do. */
  readonly pausedUntil: number | undefined
  readonly plannedAt: number | undefined
}

/** A process that shares the windows, and what it reads. */
export interface WorkerStatus {
  readonly host: string
  readonly pid: number
  readonly since: number
  readonly concurrency: number
  /** Whether it sends heartbeats. What a dead one held is returned to the queue in a moment. */
  readonly isAlive: boolean
  readonly reads: readonly (WindowJob & { readonly since: number })[]
}

/** A window that failed, and needs somebody. */
export interface DeadLetter {
  readonly window: WindowJob
  readonly failedAt: number
  readonly message: string
  readonly remedy: string
  readonly code: string | undefined
}

export interface WorkStatus {
  readonly sources: readonly SourceQueue[]
  readonly workers: readonly WorkerStatus[]
  /** The newest of them. */
  readonly deadLetters: readonly DeadLetter[]
}

const MAX_DEAD_LETTERS_SHOWN = 20

/** Asks one statement. @returns its rows by the names of their columns. */
type Ask = (statement: string) => Promise<readonly ReturnType<typeof firstRow>[]>

/**
 * What is queued, what runs where, and what failed. Changes nothing.
 *
 * @param project whose sources and workers; absent: there is one project.
 * @returns undefined where none of its workers shared a queue.
 */
export async function workStatus(
  { execute, explain, stateSchema }: QueueDatabase,
  project?: Project,
): Promise<WorkStatus | undefined> {
  try {
    return await statusOf(async (statement) => rowsOf(await execute(statement)), stateSchema, project)
  } catch (error) {
    throw explain(error)
  }
}

/**
 * The same through a destination that is open for reading. Only of one that workers can share.
 *
 * @returns undefined, too, where the role may not read the queue: what it may read is shown without.
 */
export async function readWorkStatus(
  destination: Pick<Destination, 'query'>,
  project?: Project,
): Promise<WorkStatus | undefined> {
  const ask: Ask = async (statement) => {
    const { columns, rows } = await destination.query(statement)
    return rows.map((values) => Object.fromEntries(columns.map((name, at) => [name, values[at]])))
  }
  try {
    const [row] = await ask('select current_schema()::text as schema')
    return await statusOf(ask, String(row?.['schema']), project)
  } catch (error) {
    if (SyncError.is(error) && error.code === 'query') return undefined
    throw error
  }
}

async function statusOf(ask: Ask, stateSchema: string, project: Project | undefined): Promise<WorkStatus | undefined> {
  const tables = queueTables(stateSchema)
  const exists = [tables.jobs, tables.sources, tables.running, tables.projects].map(
    (name) => `to_regclass(${literal(name)}) is not null`,
  )
  const [row] = await ask(`select (${exists.join(' and ')})::integer as exists`)
  if (Number(row?.['exists']) !== 1) return undefined
  const number =
    project === undefined
      ? 1
      : projectNumber(await ask(`select number, record from ${tables.projects} order by number`), project)
  if (number === undefined) return undefined
  const groups = new ProjectGroups(number)
  return {
    sources: await sourcesOf(ask, tables, groups),
    workers: await workersOf(ask, tables, number),
    deadLetters: await deadLettersOf(ask, tables, groups),
  }
}

async function sourcesOf(
  ask: Ask,
  { jobs, sources }: QueueTables,
  groups: ProjectGroups,
): Promise<readonly SourceQueue[]> {
  const rows = await ask(
    `select source, coalesce(queued, 0) as queued, coalesce(running, 0) as running, coalesce(dead, 0) as dead,
      ${milliseconds('case when paused_until > clock_timestamp() then paused_until end')} as paused,
      ${milliseconds('planned_at')} as planned
    from ${sources} full join (
      select group_id as source, count(*) filter (where name = '${WINDOWS}' and state < 'active')::integer as queued,
        count(*) filter (where name = '${WINDOWS}' and state = 'active')::integer as running,
        count(*) filter (where name = '${DEAD}')::integer as dead
      from ${jobs} where name in ('${WINDOWS}', '${DEAD}') and state <= 'active' group by group_id
    ) as counts using (source) where ${groups.isOwn('source')} order by source`,
  )
  return rows.map((row) => ({
    source: groups.sourceOf(String(row['source'])),
    queued: Number(row['queued']),
    running: Number(row['running']),
    dead: Number(row['dead']),
    pausedUntil: momentOf(row['paused']),
    plannedAt: momentOf(row['planned']),
  }))
}

async function workersOf(ask: Ask, tables: QueueTables, project: number): Promise<readonly WorkerStatus[]> {
  const { workers, running } = tables
  const rows = await ask(
    `select w.host, w.pid::integer as pid, w.started_at::float8 / 1000 as since, w.concurrency,
      (not ${deadRunner(tables, 'w.id')})::integer as alive,
      coalesce((select jsonb_agg(jsonb_build_object('data', r.data, 'since', ${milliseconds('r.since')}) order by r.since)
        from ${running} r where r.worker = w.id), '[]')::text as reads
    from ${workers} w where w.project = ${whole(project)} order by w.started_at, w.id`,
  )
  return rows.map((row) => ({
    host: String(row['host']),
    pid: Number(row['pid']),
    since: Number(row['since']),
    concurrency: Number(row['concurrency']),
    isAlive: Number(row['alive']) === 1,
    reads: (JSON.parse(String(row['reads'])) as readonly Reading[]).flatMap(({ data, since }) => {
      const window = windowOf(data)
      return window === undefined ? [] : [{ ...window, since }]
    }),
  }))
}

interface Reading {
  readonly data: unknown
  readonly since: number
}

async function deadLettersOf(ask: Ask, { jobs }: QueueTables, groups: ProjectGroups): Promise<readonly DeadLetter[]> {
  const rows = await ask(
    `select data::text as data, ${milliseconds('created_on')} as failed, source_output::text as reason from ${jobs}
    where name = '${DEAD}' and state <= 'active' and ${groups.isOwn('group_id')} order by created_on desc limit ${MAX_DEAD_LETTERS_SHOWN}`,
  )
  return rows.flatMap((row) => {
    const window = windowOf(JSON.parse(String(row['data'])))
    if (window === undefined) return []
    const reason = JSON.parse(String(row['reason'] ?? '{}')) as Readonly<Record<string, unknown>>
    // What pg-boss says of its own accord is in a value of its own.
    const { message = '' } = { ...reason, ...(reason['value'] as object | undefined) } as { readonly message?: unknown }
    const failure = {
      message: String(message),
      remedy: String(reason['remedy'] ?? 'retry'),
      code: typeof reason['code'] === 'string' ? reason['code'] : undefined,
    }
    return [{ window, failedAt: Number(row['failed']), ...failure }]
  })
}

const milliseconds = (moment: string): string => `(extract(epoch from ${moment}) * 1000)::float8`
const momentOf = (value: unknown): number | undefined => (value === null ? undefined : Number(value))
