import type { Kysely } from 'kysely'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

/** Version 5: what several runners write at once, what of a full refresh is read, and feeds. */
export async function extendState(db: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
  await addWindowLeases(db, dialect)
  await addRefreshedRanges(db)
  await addFeeds(db)
}

/** Of version 5: the key ranges of full refreshes that are not complete. */
async function addRefreshedRanges({ schema }: Kysely<StateDatabase>): Promise<void> {
  await schema
    .createTable('_tidemark_refreshed_ranges')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('from_key', 'bigint')
    .addColumn('to_key', 'bigint')
    .addColumn('read_at', 'bigint', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('revision', 'text')
    .addColumn('rows_deleted', 'bigint', (c) => c.notNull())
    .addColumn('deletions_unknown', 'bigint', (c) => c.notNull())
    .execute()
  await schema
    .createIndex('_tidemark_refreshed_ranges_of')
    .on('_tidemark_refreshed_ranges')
    .columns(['name', 'partition'])
    .execute()
}

/** Of version 5: feeds, and what a table has of its feed. */
async function addFeeds({ schema }: Kysely<StateDatabase>): Promise<void> {
  await schema
    .createTable('_tidemark_feeds')
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('feed', 'text', (c) => c.notNull())
    .addColumn('committed_offset', 'text')
    .addColumn('seq', 'bigint', (c) => c.notNull())
    .addColumn('offset_seq', 'bigint')
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('identity', 'text')
    .addColumn('opaque', 'bigint', (c) => c.notNull())
    .addColumn('committed_at', 'bigint')
    .addColumn('told_at', 'bigint')
    .addColumn('completed_at', 'bigint')
    .addColumn('left_out', 'text')
    .addColumn('lost_for', 'text')
    .addColumn('project', 'text')
    .addPrimaryKeyConstraint('_tidemark_feeds_key', ['source', 'feed'])
    .execute()
  await schema
    .createTable('_tidemark_chunks')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('ordinal', 'bigint', (c) => c.notNull())
    .addColumn('label', 'text', (c) => c.notNull())
    .addColumn('epoch_seq', 'bigint', (c) => c.notNull())
    .addColumn('is_read', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('_tidemark_chunks_key', ['name', 'ordinal'])
    .execute()
  for (const [column, type] of [
    ['feed', 'text'],
    ['since_seq', 'bigint'],
    ['epoch_seq', 'bigint'],
    ['backfilled_seq', 'bigint'],
    ['has_missing', 'bigint'],
  ] as const)
    await schema.alterTable('_tidemark_tables').addColumn(column, type).execute()
}

/** Of version 5: leases of windows, so that several runners write one table. */
async function addWindowLeases({ schema }: Kysely<StateDatabase>, dialect: StateDialect): Promise<void> {
  await dialect
    .counted(schema.createTable('_tidemark_window_leases'), 'id')
    .addColumn('table_lease', 'bigint', (c) => c.notNull())
    .addColumn('fence', 'bigint', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('from_position', 'bigint')
    .addColumn('to_position', 'bigint')
    .addColumn('runner', 'text', (c) => c.notNull())
    .addColumn('commits', 'bigint', (c) => c.notNull())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .execute()
  await schema
    .createIndex('_tidemark_window_leases_of')
    .on('_tidemark_window_leases')
    .columns(['table_lease', 'partition'])
    .execute()
}
