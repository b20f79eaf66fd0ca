import { SyncError } from '@tidemark/core'
import type { Destination, FeedBatch, FeedTableBatch, PartialRow } from '@tidemark/core/engine'
import { testFedRows } from '../../src/destination/fed-row-laws.ts'
import { testFeeds } from '../../src/destination/feed-laws.ts'
import type { Mutation } from './mutation.ts'

const commits =
  (change: (batch: FeedBatch) => FeedBatch) =>
  (right: Destination): Partial<Destination> => ({
    commitFeed: (lease, batch) => right.commitFeed(lease, change(batch)),
  })
const tables = (change: (table: FeedTableBatch) => FeedTableBatch) =>
  commits((batch) => ({ ...batch, tables: batch.tables.map(change) }))
const parts = (change: (part: PartialRow) => PartialRow) =>
  tables((table) => ({ ...table, partial: table.partial.map(change) }))

/** Destinations that break a promise about feeds. */
export const FEED_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a change that tells a part takes the rest away': {
    laws: testFedRows,
    notices: 'keeps what it left out',
    breaks: parts((part) => ({ ...part, untold: [] })),
  },
  'a changed key leaves behind what it had': {
    laws: testFedRows,
    notices: 'of a changed key brings what the old key had',
    breaks: parts((part) => ({ ...part, origin: undefined })),
  },
  'what was told and rejected is sure': {
    laws: testFeeds,
    notices: 'are recorded, and leave their rows where nothing is sure',
    breaks: parts((part) => ({ ...part, doubtful: [] })),
  },
  'rows are committed without their offset': {
    laws: testFeeds,
    notices: 'each take the next number, and only that',
    breaks: commits((batch) => ({ ...batch, checkpoint: undefined })),
  },
  'a number is used again': {
    laws: testFeeds,
    notices: 'each take the next number, and only that',
    breaks: (right) => ({
      async commitFeed(lease, batch) {
        const { feeds } = await right.state()
        const last = feeds?.get(`${batch.source}/${batch.feed}`)?.seq ?? 0n
        return await right.commitFeed(lease, { ...batch, seq: last + 1n })
      },
    }),
  },
  'a table joins with the numbers of another cursor': {
    laws: testFeeds,
    notices: 'goes on above the positions that its rows have',
    breaks: commits((batch) => ({ ...batch, joins: undefined })),
  },
  'what was told before a truncation stays': {
    laws: testFeeds,
    notices: 'go that were told before a number, and those told since stay',
    breaks: tables((table) => ({ ...table, replacedBelow: undefined })),
  },
  'a truncation takes what was told since along': {
    laws: testFeeds,
    notices: 'go that were told before a number, and those told since stay',
    breaks: commits((batch) => ({
      ...batch,
      tables: batch.tables.map((table) =>
        table.replacedBelow === undefined ? table : { ...table, replacedBelow: batch.seq + 1n },
      ),
    })),
  },
  'any number of rows may be truncated': {
    laws: testFeeds,
    notices: 'stay where more would go than the deletion limit lets pass, and nothing else of the batch is written',
    breaks: tables((table) => ({ ...table, deletionLimit: undefined })),
  },
  'rows without a key are shown before they are whole': {
    laws: testFeeds,
    notices: 'is not doubled by a crash before the checkpoint',
    breaks: tables((table) => ({ ...table, staging: undefined })),
  },
  'what a feed told as deleted is not heard': {
    laws: testFedRows,
    notices: 'live again that were deleted in the batch before',
    breaks: tables((table) => ({ ...table, deletions: [] })),
  },
  'rows of a feed are marked as synced whenever they are told': {
    laws: testFedRows,
    notices: 'that come again as they are keep when they were synced',
    breaks: (right) => ({
      async commitFeed(lease, batch) {
        const keys = (table: FeedTableBatch) => table.rows.map((row) => [row[0]])
        const gone = batch.tables.map((table) => ({ ...table, rows: [], partial: [], deletions: keys(table) }))
        const { seq } = await right.commitFeed(lease, { ...batch, tables: gone })
        const tables = batch.tables.map((table) => ({
          ...table,
          step: { ...table.step, step: table.step.step + 10_000 },
          rows: table.rows.map((row) => [...row.slice(0, -1), seq + 1n]),
        }))
        return await right.commitFeed(lease, { ...batch, seq: seq + 1n, tables, begins: undefined, joins: undefined })
      },
    }),
  },
  'a runner whose feed was taken hears that all is well': {
    laws: testFeeds,
    notices: 'the one whose feed another took writes nothing',
    breaks: (right) => ({
      async commitFeed(lease, batch) {
        try {
          return await right.commitFeed(lease, batch)
        } catch (error) {
          if (SyncError.is(error) && error.code === 'fenced') return { seq: batch.seq, tables: new Map() }
          throw error
        }
      },
    }),
  },
  'two runners hold one feed': {
    laws: testFeeds,
    notices: 'one holds it',
    breaks: (right) => ({
      async leaseFeed(feed) {
        const { leases } = await right.leaseFeed(feed)
        return { leases: leases.length > 0 ? leases : [{ id: 1000, table: 'x', fence: 1 }], refused: [] }
      },
    }),
  },
}
