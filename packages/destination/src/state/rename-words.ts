import { type Kysely, sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { Renamed, StateDialect } from './state-dialect.ts'
import type { Int64, StateDatabase } from './state-types.ts'

const COLUMNS: Readonly<Record<string, readonly Renamed[]>> = {
  tables: [
    ['facts', 'schema'],
    ['free', 'reshape_allowed'],
    ['filled', 'ever_filled'],
  ],
  partitions: [
    ['cut', 'backfill_end'],
    ['revision_facts', 'revision_schema_hash'],
    ['seen', 'pending_revision'],
    ['seen_end', 'pending_revision_end'],
    ['gone_at', 'removed_at'],
  ],
  coverage: [['claimed', 'assumed']],
  steps: [['parts', 'batches']],
}
const STATUSES: readonly Renamed[] = [
  ['live', 'complete'],
  ['history', 'backfilling'],
]
const KINDS: readonly Renamed[] = [
  ['live', 'incremental'],
  ['history', 'backfill'],
  ['whole', 'full_refresh'],
  ['reread', 'resync'],
]
const CODES: readonly Renamed[] = [['rail', 'deletion-limit']]

/** Version 4 of the state: its columns, statuses and kinds of steps have the words of the field. */
export async function renameWords(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
  const own = db as unknown as Kysely<never>
  for (const [table, renamed] of Object.entries(COLUMNS))
    await dialect.renameColumns(own, `_tidemark_${table}`, renamed)
  await renameValues(db, '_tidemark_tables', 'status', STATUSES)
  await renameValues(db, '_tidemark_steps', 'kind', KINDS)
  await renameValues(db, '_tidemark_folded_steps', 'kind', KINDS)
  // Inside of a text of JSON a quote has a backslash before it, so that this is a key and nothing else.
  await sql`update _tidemark_tables set ${sql.id('schema')} = replace(${sql.id('schema')}, ${'"late":true'}, ${'"addedLater":true'})`.execute(
    db,
  )
  for (const table of ['_tidemark_tables', '_tidemark_partitions', '_tidemark_failing_sources'])
    await renameValues(db, table, 'error_code', CODES)
  await moveResyncs(db, dialect)
}

async function renameValues(
  db: Kysely<StateDatabase>,
  table: string,
  column: string,
  renamed: readonly Renamed[],
): Promise<void> {
  for (const [from, to] of renamed)
    await sql`update ${sql.id(table)} set ${sql.id(column)} = ${to} where ${sql.id(column)} = ${from}`.execute(db)
}

/** Into a table of another name: where numbers come from differs between databases, so each row gets a new one. */
async function moveResyncs(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
  const { schema } = db
  await dialect
    .counted(schema.createTable('_tidemark_resyncs'), 'id')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('from_position', 'bigint')
    .addColumn('to_position', 'bigint')
    .addColumn('requested_at', 'bigint', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .execute()
  const { rows } =
    await sql<Requested>`select name, ${sql.id('partition')}, from_position, to_position, asked_at as requested_at, reason
    from _tidemark_rereads order by id`.execute(db)
  for (const some of chunks(rows)) await db.insertInto('_tidemark_resyncs').values(some).execute()
  await schema.dropTable('_tidemark_rereads').execute()
  const index = (name: string, columns: string[]) =>
    schema.createIndex(`_tidemark_${name}`).on('_tidemark_resyncs').columns(columns).execute()
  await index('resyncs_of', ['name', 'partition'])
  await index('resyncs_by_end', ['name', 'partition', 'to_position'])
}

interface Requested {
  readonly name: string
  readonly partition: string
  readonly from_position: Int64 | null
  readonly to_position: Int64 | null
  readonly requested_at: Int64
  readonly reason: string
}
