import { createHash } from 'node:crypto'
import { quotedName } from '../values/literal.ts'
import type { Execute } from './queue-database.ts'

/** What pg-boss takes as a schema's name: it writes it into its functions. */
const MAX_NAME_BYTES = 50
const UNFIT = /["'%$.\\\p{Cc}]/u

/** The names of the queue's own tables, in the schema that pg-boss has its tables in. */
export interface QueueTables {
  /** The schema's name, as it is. */
  readonly schema: string
  readonly jobs: string
  readonly sources: string
  readonly workers: string
  readonly running: string
  /** The projects that share the queue. */
  readonly projects: string
  /** The heartbeats of the destination's runners: they alone say who is dead. */
  readonly runners: string
}

/** Where the queue of a destination is: beside it, so that two destinations in one database have two queues. */
export function queueTables(stateSchema: string): QueueTables {
  const schema = queueSchema(stateSchema)
  const table = (name: string): string => `${quotedName(schema)}.${name}`
  return {
    schema,
    jobs: table('job'),
    sources: table('tidemark_sources'),
    workers: table('tidemark_workers'),
    running: table('tidemark_running'),
    projects: table('tidemark_projects'),
    runners: `${quotedName(stateSchema)}._tidemark_runners`,
  }
}

function queueSchema(stateSchema: string): string {
  const name = `${stateSchema}_jobs`
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES && !UNFIT.test(name)) return name
  return `tidemark_jobs_${createHash('sha256').update(stateSchema).digest('hex').slice(0, 12)}`
}

/** Whether the schema of the queue exists. */
export async function hasQueue(execute: Execute, { schema }: QueueTables): Promise<boolean> {
  const { rows } = await execute('select from pg_catalog.pg_namespace where nspname = $1', [schema])
  return rows.length > 0
}

/** Makes the queue's own tables where they are missing. Nothing in them outlives the queue: it is planned again from the coverage. */
export async function createTables(execute: Execute, tables: QueueTables): Promise<void> {
  const { sources, workers, running, projects } = tables
  await execute(`create table if not exists ${sources} (
    source text primary key,
    paused_until timestamptz,
    planner text,
    planned_at timestamptz,
    buckets bigint[] not null default '{}',
    counts integer[] not null default '{}'
  )`)
  await execute(`create table if not exists ${workers} (
    id text primary key,
    host text not null,
    pid bigint not null,
    started_at bigint not null,
    concurrency integer not null
  )`)
  // Workers of a build that knew of no projects are of the first one.
  await execute(`alter table ${workers} add column if not exists project integer not null default 1`)
  await execute(`create table if not exists ${running} (
    job uuid primary key,
    claim uuid not null,
    worker text not null,
    data jsonb not null,
    since timestamptz not null default now()
  )`)
  await execute(`create table if not exists ${projects} (number integer primary key, record text not null)`)
}
