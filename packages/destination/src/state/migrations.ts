import { SyncError } from '@tidemark/core'
import { STATE_VERSION } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { addBacklog } from './add-backlog.ts'
import { extendState } from './extend-state.ts'
import { renameWords } from './rename-words.ts'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'
import { createViews, replaceViews, VIEWS_VERSION } from './views.ts'

/** Steps from one version of the state tables to the next; the first makes version 1. Never changed once released. */
const MIGRATIONS: readonly ((db: Kysely<StateDatabase>, dialect: StateDialect) => Promise<void>)[] = [
  createAll,
  addChanges,
  addChecks,
  renameWords,
  extendState,
  addBacklog,
]

/**
 * Brings the state tables to this version. Call it inside a transaction that holds the write lock from its start, so
 * that two processes that open a new database together do it one after the other.
 */
export async function migrate(db: Kysely<StateDatabase>, dialect: StateDialect, place: string): Promise<void> {
  const version = await stateVersion(db, dialect)
  refuseNewer(version, place)
  for (const step of MIGRATIONS.slice(version)) await step(db, dialect)
  if (version === 0) await createViews(db, dialect)
  else if (version < VIEWS_VERSION) await replaceViews(db, dialect)
  if (version === 0) await db.insertInto('_tidemark_meta').values({ version: STATE_VERSION }).execute()
  else if (version < STATE_VERSION) await db.updateTable('_tidemark_meta').set({ version: STATE_VERSION }).execute()
}

/** The version of the state tables; 0 where there are no state tables. */
export async function stateVersion(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<number> {
  if (!(await dialect.hasTable(db as unknown as Kysely<never>, '_tidemark_meta'))) return 0
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

async function createAll(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
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
  await dialect
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
  await dialect
    .counted(schema.createTable('_tidemark_leases'), 'id')
    .addColumn('name', 'text', (c) => c.notNull().unique())
    .addColumn('runner', 'text')
    .addColumn('fence', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('commits', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('since', 'bigint')
    .execute()
  await dialect
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
  await dialect
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
async function addChanges({ schema }: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
  await schema
    .alterTable('_tidemark_steps')
    .addColumn('attempt', 'bigint', (c) => c.notNull().defaultTo(1))
    .execute()
  await schema
    .alterTable('_tidemark_steps')
    .addColumn('writing_ms', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute()
  await dialect
    .counted(schema.createTable('_tidemark_changes'), 'id')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('change', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'bigint', (c) => c.notNull())
    .execute()
  await schema.createIndex('_tidemark_changes_of').on('_tidemark_changes').columns(['name', 'id']).execute()
}

/** Version 3: what was checked, what failed and how to fix it, what no window holds, whose a table is, what ended a run, and how often a rejected row came. */
async function addChecks(db: Kysely<StateDatabase>): Promise<void> {
  const add = (table: string, column: string, type: 'text' | 'bigint') =>
    db.schema.alterTable(`_tidemark_${table}`).addColumn(column, type).execute()
  await add('tables', 'last_checked_at', 'bigint')
  await add('tables', 'undeclared', 'text')
  await add('tables', 'project', 'text')
  await add('partitions', 'generation', 'text')
  await add('partitions', 'too_young', 'bigint')
  await add('partitions', 'without_cursor', 'bigint')
  await add('tables', 'reports_deletions', 'bigint')
  await add('tables', 'failures', 'bigint')
  await add('tables', 'last_error', 'text')
  await add('tables', 'error_code', 'text')
  await add('tables', 'error_remedy', 'text')
  await add('tables', 'next_try_at', 'bigint')
  await add('partitions', 'error_code', 'text')
  await add('partitions', 'error_remedy', 'text')
  await add('partitions', 'failed_from', 'bigint')
  await add('partitions', 'failed_to', 'bigint')
  await add('partitions', 'checked_at', 'bigint')
  await add('runs', 'ended_by', 'text')
  await add('runners', 'every_ms', 'bigint')
  await add('runners', 'due_at', 'bigint')
  await db.schema
    .alterTable('_tidemark_rejects')
    .addColumn('times', 'bigint', (c) => c.notNull().defaultTo(1))
    .execute()
  await db.schema
    .createTable('_tidemark_failing_sources')
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('project', 'text', (c) => c.notNull())
    .addColumn('failures', 'bigint', (c) => c.notNull())
    .addColumn('failed_at', 'bigint', (c) => c.notNull())
    .addColumn('error', 'text', (c) => c.notNull())
    .addColumn('error_code', 'text')
    .addColumn('error_remedy', 'text')
    .addPrimaryKeyConstraint('_tidemark_failing_sources_key', ['source', 'project'])
    .execute()
  const index = (name: string, table: string, columns: string[]) =>
    db.schema.createIndex(`_tidemark_${name}`).on(`_tidemark_${table}`).columns(columns)
  for (const name of ['steps', 'tables', 'read', 'unchanged', 'deduped', 'trimmed'])
    await add('runs', `folded_${name}`, 'bigint')
  await createFolded(db)
  // Each commit asks for both, and neither may cost more for what it does not concern.
  await index('rereads_by_end', 'rereads', ['name', 'partition', 'to_position']).execute()
  await index('runs_unfolded', 'runs', ['run']).where('folded_steps', 'is', null).execute()
  await index('partitions_failing', 'partitions', ['name']).where('failures', '>', 0).execute()
}

/** Of version 3, too: steps and runs that changed nothing, as one record each a day. */
async function createFolded({ schema }: Kysely<StateDatabase>): Promise<void> {
  const numbers = ['steps', 'first_run', 'last_run', 'began_at', 'ended_at', 'rows_read', 'rows_unchanged']
  let steps = schema
    .createTable('_tidemark_folded_steps')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('day', 'bigint', (c) => c.notNull())
    .addColumn('from_position', 'bigint')
    .addColumn('to_position', 'bigint')
  for (const number of [...numbers, 'rows_deduped', 'rows_trimmed', 'duration_ms', 'writing_ms'])
    steps = steps.addColumn(number as 'steps', 'bigint', (c) => c.notNull())
  await steps.addPrimaryKeyConstraint('_tidemark_folded_steps_key', ['name', 'partition', 'kind', 'day']).execute()
  let runs = schema.createTable('_tidemark_folded_runs').addColumn('day', 'bigint', (c) => c.primaryKey().notNull())
  for (const number of ['runs', 'first_run', 'last_run', 'started_at', 'ended_at', 'steps', 'rows_read'])
    runs = runs.addColumn(number as 'day', 'bigint', (c) => c.notNull())
  await runs.execute()
}
