import { SyncError } from '@tidemark/core'
import { STATE_VERSION } from '@tidemark/core/engine'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Flavor } from './flavor.ts'
import type { StateDatabase } from './state-tables.ts'

/** Steps from one version of the state tables to the next; the first makes version 1. Never changed once released. */
const MIGRATIONS: readonly ((db: Kysely<StateDatabase>, flavor: Flavor) => Promise<void>)[] = [
  createAll,
  addChanges,
  addChecks,
]

/**
 * Brings the state tables to this version. Call it inside a transaction that holds the write lock from its start, so
 * that two processes that open a new database together do it one after the other.
 */
export async function migrate(db: Kysely<StateDatabase>, flavor: Flavor, place: string): Promise<void> {
  const version = await stateVersion(db, flavor)
  refuseNewer(version, place)
  for (const step of MIGRATIONS.slice(version)) await step(db, flavor)
  if (version === 0) await db.insertInto('_tidemark_meta').values({ version: STATE_VERSION }).execute()
  else if (version < STATE_VERSION) await db.updateTable('_tidemark_meta').set({ version: STATE_VERSION }).execute()
}

/** The version of the state tables there are; 0 where there are none. */
export async function stateVersion(db: Kysely<StateDatabase>, flavor: Flavor): Promise<number> {
  if (!(await flavor.hasTable(db as unknown as Kysely<never>, '_tidemark_meta'))) return 0
  const row = await db.selectFrom('_tidemark_meta').select('version').executeTakeFirst()
  return Number(row?.version ?? 0)
}

/** @throws SyncError `upgrade` where a newer Tidemark has been at work. */
export function refuseNewer(version: number, place: string): void {
  if (version <= STATE_VERSION) return
  throw new SyncError(
    `the state in ${place} is of version ${version}, and this Tidemark knows versions up to ${STATE_VERSION}; install the newer Tidemark that wrote it`,
    'upgrade',
    { code: 'destination-newer' },
  )
}

async function createAll(db: Kysely<StateDatabase>, flavor: Flavor): Promise<void> {
  const { schema } = db
  await schema
    .createTable('_tidemark_meta')
    .addColumn('version', 'bigint', (c) => c.notNull())
    .execute()
  await schema
    .createTable('_tidemark_tables')
    .addColumn('name', 'text', (c) => c.primaryKey().notNull())
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('table_name', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('facts', 'text')
    .addColumn('cursor_type', 'text')
    .addColumn('free', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('identity', 'text')
    .addColumn('filled', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('paused_for', 'text')
    .addColumn('first_seen_at', 'bigint', (c) => c.notNull())
    .addColumn('last_synced_at', 'bigint')
    .addColumn('removed_at', 'bigint')
    .execute()
  await schema
    .createTable('_tidemark_partitions')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('cut', 'bigint')
    .addColumn('start_position', 'bigint')
    .addColumn('completed_at', 'bigint')
    .addColumn('revision', 'text')
    .addColumn('revision_facts', 'text')
    .addColumn('seen', 'text')
    .addColumn('seen_end', 'bigint')
    .addColumn('failures', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('next_try_at', 'bigint')
    .addColumn('last_error', 'text')
    .addColumn('gone_at', 'bigint')
    .addPrimaryKeyConstraint('_tidemark_partitions_key', ['name', 'partition'])
    .execute()
  await schema
    .createTable('_tidemark_coverage')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('from_position', 'bigint')
    .addColumn('to_position', 'bigint', (c) => c.notNull())
    .addColumn('claimed', 'bigint', (c) => c.notNull())
    .execute()
  await flavor
    .counted(schema.createTable('_tidemark_rereads'), 'id')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('from_position', 'bigint')
    .addColumn('to_position', 'bigint')
    .addColumn('asked_at', 'bigint', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .execute()
  await schema
    .createTable('_tidemark_runners')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('pid', 'bigint', (c) => c.notNull())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('heartbeat_at', 'bigint', (c) => c.notNull())
    .addColumn('lease_ms', 'bigint', (c) => c.notNull())
    .execute()
  await flavor
    .counted(schema.createTable('_tidemark_leases'), 'id')
    .addColumn('name', 'text', (c) => c.notNull().unique())
    .addColumn('runner', 'text')
    .addColumn('fence', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('commits', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('since', 'bigint')
    .execute()
  await flavor
    .counted(schema.createTable('_tidemark_runs'), 'run')
    .addColumn('runner', 'text', (c) => c.notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('pid', 'bigint', (c) => c.notNull())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('exit_code', 'bigint')
    .addColumn('error', 'text')
    .execute()
  await createSteps(db)
  await flavor
    .counted(schema.createTable('_tidemark_rejects'), 'id')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('run', 'bigint', (c) => c.notNull())
    .addColumn('step', 'bigint', (c) => c.notNull())
    .addColumn('key', 'text')
    .addColumn('position', 'bigint')
    .addColumn('code', 'text', (c) => c.notNull())
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('rejected_at', 'bigint', (c) => c.notNull())
    .execute()
  const index = (name: string, table: string, columns: string[]) =>
    schema.createIndex(`_tidemark_${name}`).on(`_tidemark_${table}`).columns(columns).execute()
  await index('coverage_of', 'coverage', ['name', 'partition'])
  await index('rereads_of', 'rereads', ['name', 'partition'])
  await index('rejects_by_hash', 'rejects', ['name', 'partition', 'hash'])
  await index('rejects_by_key', 'rejects', ['name', 'partition', 'key'])
  await index('leases_of', 'leases', ['runner'])
  await index('steps_of', 'steps', ['name', 'began_at'])
  await createViews(db, flavor)
}

async function createSteps({ schema }: Kysely<StateDatabase>): Promise<void> {
  let table = schema
    .createTable('_tidemark_steps')
    .addColumn('run', 'bigint', (c) => c.notNull())
    .addColumn('step', 'bigint', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('from_position', 'bigint')
    .addColumn('to_position', 'bigint')
    .addColumn('began_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('parts', 'bigint', (c) => c.notNull())
  for (const count of ['read', 'written', 'unchanged', 'deduped', 'trimmed', 'rejected', 'deleted']) {
    table = table.addColumn(`rows_${count}`, 'bigint', (c) => c.notNull().defaultTo(0))
  }
  await table
    .addColumn('duration_ms', 'bigint', (c) => c.notNull())
    .addColumn('error', 'text')
    .addPrimaryKeyConstraint('_tidemark_steps_key', ['run', 'step'])
    .execute()
}

/** Version 2: how often a step was tried and how long its writing took, and what was done to the tables' shapes. */
async function addChanges({ schema }: Kysely<StateDatabase>, flavor: Flavor): Promise<void> {
  await schema
    .alterTable('_tidemark_steps')
    .addColumn('attempt', 'bigint', (c) => c.notNull().defaultTo(1))
    .execute()
  await schema
    .alterTable('_tidemark_steps')
    .addColumn('writing_ms', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute()
  await flavor
    .counted(schema.createTable('_tidemark_changes'), 'id')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('change', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'bigint', (c) => c.notNull())
    .execute()
  await schema.createIndex('_tidemark_changes_of').on('_tidemark_changes').columns(['name', 'id']).execute()
}

/** Version 3: what was checked, what no window holds, whose a table is, what ended a run, and how often a rejected row came. */
async function addChecks({ schema }: Kysely<StateDatabase>): Promise<void> {
  const add = (table: string, column: string, type: 'text' | 'bigint') =>
    schema.alterTable(`_tidemark_${table}`).addColumn(column, type).execute()
  await add('tables', 'last_checked_at', 'bigint')
  await add('tables', 'undeclared', 'text')
  await add('tables', 'project', 'text')
  await add('partitions', 'generation', 'text')
  await add('partitions', 'too_young', 'bigint')
  await add('partitions', 'without_cursor', 'bigint')
  await add('runs', 'ended_by', 'text')
  await schema
    .alterTable('_tidemark_rejects')
    .addColumn('times', 'bigint', (c) => c.notNull().defaultTo(1))
    .execute()
}

/** Views for people; nothing of Tidemark reads them. */
async function createViews(db: Kysely<StateDatabase>, flavor: Flavor): Promise<void> {
  const time = (column: string) => flavor.instant(sql.ref(column))
  const position = (column: string): RawBuilder<string> =>
    sql`case when t.cursor_type is null or t.cursor_type = 'integer' then cast(${sql.ref(column)} as text) else ${time(column)} end`
  // A range starts a gap where nothing before it in its partition reaches so far.
  await sql`create view tidemark_status as
    with marked as (
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
      from _tidemark_partitions where gone_at is null group by name
    )
    select t.name as name, t.source as source, t.table_name as table_name, t.status as status, t.paused_for as paused_for,
      case when c.open_start = 1 then 'start' else ${position('c.covered_from')} end as covered_from,
      ${position('c.covered_to')} as covered_to, coalesce(c.gaps, 0) as gaps, coalesce(p.partitions, 0) as partitions,
      coalesce(p.failing, 0) as failing, ${time('t.last_synced_at')} as last_success, p.last_error as last_error
    from _tidemark_tables t left join covered c on c.name = t.name left join parts p on p.name = t.name`.execute(db)
  await sql`create view tidemark_coverage as
    select c.name as name, c.partition as partition,
      case when c.from_position is null then 'start' else ${position('c.from_position')} end as covered_from,
      ${position('c.to_position')} as covered_to, c.claimed as claimed
    from _tidemark_coverage c join _tidemark_tables t on t.name = c.name`.execute(db)
  await sql`create view tidemark_runs as
    select r.run as run, r.host as host, r.pid as pid, ${time('r.started_at')} as started_at, ${time('r.ended_at')} as ended_at,
      case when r.ended_at is not null then 'ended'
        when n.heartbeat_at is null or n.heartbeat_at < ${flavor.now} - n.lease_ms * 1000 then 'crashed' else 'running' end as state,
      r.exit_code as exit_code, coalesce(s.steps, 0) as steps, coalesce(s.written, 0) as written,
      coalesce(s.rejected, 0) as rejected, coalesce(s.deleted, 0) as deleted, r.error as error
    from _tidemark_runs r left join _tidemark_runners n on n.id = r.runner
    left join (select run, count(*) as steps, sum(rows_written) as written, sum(rows_rejected) as rejected, sum(rows_deleted) as deleted
      from _tidemark_steps group by run) s on s.run = r.run`.execute(db)
}
