import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Renamed, StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

// Views for people; nothing of Tidemark reads them.

type View = readonly [name: string, select: RawBuilder<unknown>]

/** The version of the state since which the views are what they are here. */
export const VIEWS_VERSION = 4

/**
 * Makes the views of a new database. Call it when the tables of the state are made: SQLite checks every view again for each
 * `alter table`.
 */
export async function createViews(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
  for (const [name, select] of viewsOf(dialect)) await sql`create view ${sql.id(name)} as ${select}`.execute(db)
}

/** Makes the views of a version before `VIEWS_VERSION` what they are here. */
export async function replaceViews(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
  const own = db as unknown as Kysely<never>
  for (const [name, select] of viewsOf(dialect)) await dialect.replaceView(own, name, select, RENAMED[name])
}

const RENAMED: Readonly<Record<string, Renamed>> = { tidemark_coverage: ['claimed', 'assumed'] }

function viewsOf(dialect: StateDialect): readonly View[] {
  const time = (column: string) => dialect.instant(sql.ref(column))
  const position = (column: string) =>
    sql<string>`case when t.cursor_type is null or t.cursor_type = 'integer' then cast(${sql.ref(column)} as text) else ${time(column)} end`
  return [
    ['tidemark_status', selectStatus({ time, position })],
    ['tidemark_coverage', selectCoverage(position)],
    ['tidemark_runs', selectRuns(dialect, time)],
  ]
}

interface Texts {
  time(column: string): RawBuilder<string>
  position(column: string): RawBuilder<string>
}

function selectCoverage(position: Texts['position']): RawBuilder<unknown> {
  return sql`select c.name as name, c.partition as partition,
      case when c.from_position is null then 'start' else ${position('c.from_position')} end as covered_from,
      ${position('c.to_position')} as covered_to, c.assumed as assumed
    from _tidemark_coverage c join _tidemark_tables t on t.name = c.name`
}

function selectRuns(dialect: StateDialect, time: Texts['time']): RawBuilder<unknown> {
  const dead = sql`(n.heartbeat_at is null or n.heartbeat_at < ${dialect.now} - n.lease_ms * 1000)`
  return sql`select r.run as run, r.host as host, r.pid as pid, ${time('r.started_at')} as started_at,
      ${dialect.instant(sql`coalesce(r.ended_at, case when ${dead} then n.heartbeat_at end)`)} as ended_at,
      case when r.ended_by = 'crash' then 'crashed' when r.ended_at is not null then 'ended' when not ${dead} then 'running'
        when r.ended_by is null then 'crashed' else 'ended' end as state,
      coalesce(r.exit_code, case when r.ended_at is null and not ${dead} then null when r.ended_by = 'SIGINT' then 130
        when r.ended_by = 'SIGTERM' then 143 end) as exit_code,
      coalesce(s.steps, 0) + coalesce(r.folded_steps, 0) as steps, coalesce(s.written, 0) as written,
      coalesce(s.rejected, 0) as rejected, coalesce(s.deleted, 0) as deleted, r.error as error,
      case when r.ended_by = 'SIGINT' then 'interrupted' when r.ended_by = 'SIGTERM' then 'terminated'
        when r.ended_by = 'max-time' then 'time limit' when r.ended_by = 'abort' then 'stopped'
        when r.ended_by = 'crash' or (r.ended_at is null and ${dead}) then 'crashed' end as ended_by
    from _tidemark_runs r left join _tidemark_runners n on n.id = r.runner
    left join (select run, count(*) as steps, sum(rows_written) as written, sum(rows_rejected) as rejected, sum(rows_deleted) as deleted
      from _tidemark_steps group by run) s on s.run = r.run`
}

function selectStatus({ time, position }: Texts): RawBuilder<unknown> {
  // A range starts a gap where nothing before it in its partition reaches so far.
  return sql`with marked as (
      select name, partition, from_position, to_position,
        max(to_position) over (partition by name, partition order by coalesce(from_position, -9223372036854775808), to_position
          rows between unbounded preceding and 1 preceding) as reach
      from _tidemark_coverage
    ), per_partition as (
      select name, partition, max(case when from_position is null then 1 else 0 end) as open_start, min(from_position) as covered_from,
        max(to_position) as covered_to, sum(case when from_position > reach then 1 else 0 end) as gaps
      from marked group by name, partition
    ), covered as (
      select name, max(open_start) as open_start, min(covered_from) as covered_from, min(covered_to) as covered_to, sum(gaps) as gaps
      from per_partition group by name
    ), parts as (
      select name, count(*) as partitions, sum(case when failures > 0 then 1 else 0 end) as failing, max(last_error) as last_error
      from _tidemark_partitions where removed_at is null group by name
    )
    select t.name as name, t.source as source, t.table_name as table_name, t.status as status, t.paused_for as paused_for,
      case when c.open_start = 1 then 'start' else ${position('c.covered_from')} end as covered_from,
      ${position('c.covered_to')} as covered_to, coalesce(c.gaps, 0) as gaps, coalesce(p.partitions, 0) as partitions,
      coalesce(p.failing, 0) as failing, ${time('t.last_synced_at')} as last_success, coalesce(t.last_error, p.last_error) as last_error,
      ${time('t.last_checked_at')} as last_check
    from _tidemark_tables t left join covered c on c.name = t.name left join parts p on p.name = t.name`
}
