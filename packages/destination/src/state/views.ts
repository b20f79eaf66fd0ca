import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

// Views for people; nothing of Tidemark reads them.

/** The views as version 1 of the state has them. */
export async function createViews(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
  const { time, position } = textsOf(dialect)
  await sql`create view tidemark_status as ${selectStatus({ time, position, removed: 'gone_at', error: sql`p.last_error`, more: sql`` })}`.execute(
    db,
  )
  await sql`create view tidemark_coverage as ${selectCoverage(position, 'claimed')}`.execute(db)
  await sql`create view tidemark_runs as
    select r.run as run, r.host as host, r.pid as pid, ${time('r.started_at')} as started_at, ${time('r.ended_at')} as ended_at,
      case when r.ended_at is not null then 'ended'
        when n.heartbeat_at is null or n.heartbeat_at < ${dialect.now} - n.lease_ms * 1000 then 'crashed' else 'running' end as state,
      r.exit_code as exit_code, coalesce(s.steps, 0) as steps, coalesce(s.written, 0) as written,
      coalesce(s.rejected, 0) as rejected, coalesce(s.deleted, 0) as deleted, r.error as error
    from _tidemark_runs r left join _tidemark_runners n on n.id = r.runner
    left join (select run, count(*) as steps, sum(rows_written) as written, sum(rows_rejected) as rejected, sum(rows_deleted) as deleted
      from _tidemark_steps group by run) s on s.run = r.run`.execute(db)
}

/** Version 3: when a table was last asked for, its own failure, and what ended a run. */
export async function extendViews(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
  const own = db as unknown as Kysely<never>
  const { time, position } = textsOf(dialect)
  await dialect.replaceView(
    own,
    'tidemark_status',
    selectStatus({
      time,
      position,
      removed: 'gone_at',
      error: sql`coalesce(t.last_error, p.last_error)`,
      more: sql`, ${time('t.last_checked_at')} as last_check`,
    }),
  )
  const dead = sql`(n.heartbeat_at is null or n.heartbeat_at < ${dialect.now} - n.lease_ms * 1000)`
  await dialect.replaceView(
    own,
    'tidemark_runs',
    sql`select r.run as run, r.host as host, r.pid as pid, ${time('r.started_at')} as started_at,
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
      from _tidemark_steps group by run) s on s.run = r.run`,
  )
}

/** Version 4: the words of the field. */
export async function renameViews(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
  const own = db as unknown as Kysely<never>
  const { time, position } = textsOf(dialect)
  const status = {
    time,
    position,
    removed: 'removed_at' as const,
    error: sql`coalesce(t.last_error, p.last_error)`,
    more: sql`, ${time('t.last_checked_at')} as last_check`,
  }
  await dialect.replaceView(own, 'tidemark_status', selectStatus(status))
  await dialect.replaceView(own, 'tidemark_coverage', selectCoverage(position, 'assumed'), ['claimed', 'assumed'])
}

function selectCoverage(position: Texts['position'], assumed: 'claimed' | 'assumed'): RawBuilder<unknown> {
  return sql`select c.name as name, c.partition as partition,
      case when c.from_position is null then 'start' else ${position('c.from_position')} end as covered_from,
      ${position('c.to_position')} as covered_to, ${sql.ref(`c.${assumed}`)} as ${sql.id(assumed)}
    from _tidemark_coverage c join _tidemark_tables t on t.name = c.name`
}

interface Texts {
  time(column: string): RawBuilder<string>
  position(column: string): RawBuilder<string>
}

function textsOf(dialect: StateDialect): Texts {
  const time = (column: string) => dialect.instant(sql.ref(column))
  return {
    time,
    position: (column) =>
      sql`case when t.cursor_type is null or t.cursor_type = 'integer' then cast(${sql.ref(column)} as text) else ${time(column)} end`,
  }
}

interface StatusParts extends Texts {
  /** The column that says when a partition was listed last, where it is not any more. */
  readonly removed: 'gone_at' | 'removed_at'
  readonly error: RawBuilder<unknown>
  /** Columns behind the others. */
  readonly more: RawBuilder<unknown>
}

function selectStatus({ time, position, removed, error, more }: StatusParts): RawBuilder<unknown> {
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
      from _tidemark_partitions where ${sql.ref(removed)} is null group by name
    )
    select t.name as name, t.source as source, t.table_name as table_name, t.status as status, t.paused_for as paused_for,
      case when c.open_start = 1 then 'start' else ${position('c.covered_from')} end as covered_from,
      ${position('c.covered_to')} as covered_to, coalesce(c.gaps, 0) as gaps, coalesce(p.partitions, 0) as partitions,
      coalesce(p.failing, 0) as failing, ${time('t.last_synced_at')} as last_success, ${error} as last_error${more}
    from _tidemark_tables t left join covered c on c.name = t.name left join parts p on p.name = t.name`
}
