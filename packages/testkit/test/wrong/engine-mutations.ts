import type { Destination, FeedBatch, FeedTableBatch } from '@tidemark/core/engine'
import type { FeedLawName } from '../../src/feed/feed-law-name.ts'

/** What an engine, or its destination, does wrong with a feed, and the law of a feed that must notice. */
export interface EngineMutation {
  readonly law: FeedLawName
  readonly example: RegExp
  /** What is other than in the right destination. */
  readonly breaks: (right: Destination) => Partial<Destination>
}

const commits =
  (change: (batch: FeedBatch) => FeedBatch) =>
  (right: Destination): Partial<Destination> => ({
    commitFeed: (lease, batch) => right.commitFeed(lease, change(batch)),
  })
const tables = (change: (table: FeedTableBatch) => FeedTableBatch) =>
  commits((batch) => ({ ...batch, tables: batch.tables.map(change) }))

export const ENGINE_MUTATIONS: Readonly<Record<string, EngineMutation>> = {
  'an offset is committed before its rows': {
    law: 'kill',
    example: /killed .* and run again, the row .* is missing/,
    breaks: (right) => {
      // From the second commit on the numbers are one more for each that was cut in two.
      let more = 0n
      return {
        async commitFeed(lease, { begins, joins, checkpoint, ...batch }) {
          const seq = batch.seq + more
          const isEmpty = batch.tables.every(
            ({ rows, partial, deletions }) => rows.length + partial.length + deletions.length === 0,
          )
          if (checkpoint === undefined || isEmpty)
            return lower(await right.commitFeed(lease, { ...batch, begins, joins, checkpoint, seq }), more)
          await right.commitFeed(lease, { ...batch, tables: [], checkpoint, completedAt: undefined, seq })
          more++
          return lower(await right.commitFeed(lease, { ...batch, seq: seq + 1n }), more)
        },
      }
      function lower<T extends { readonly seq: bigint }>(committed: T, by: bigint): T {
        return { ...committed, seq: committed.seq - by }
      }
    },
  },
  'a commit is acknowledged before its COMMIT': {
    law: 'acknowledge',
    example: /\{"at":\d+\} is acknowledged, and .* is committed/,
    breaks: (right) => {
      let pending: Promise<unknown> = Promise.resolve()
      return {
        async commitFeed(lease, batch) {
          await pending
          if (batch.joins !== undefined || batch.completedAt !== undefined) return await right.commitFeed(lease, batch)
          pending = new Promise((done) => setTimeout(done, 50)).then(() => right.commitFeed(lease, batch))
          return { seq: batch.seq, tables: new Map() }
        },
      }
    },
  },
  'the offset of the end is not committed, and acknowledged': {
    law: 'acknowledge',
    example: /\{"at":\d+\} is acknowledged, and .* is committed|and \{"at":\d+\} is the last acknowledged/,
    breaks: commits((batch) =>
      batch.checkpoint === undefined || batch.tables.length === 0
        ? batch
        : { ...batch, checkpoint: { ...batch.checkpoint, offset: '{"at":1}' } },
    ),
  },
  'UNCHANGED is written as NULL': {
    law: 'unchanged',
    example: /"orders": after a change that told the key alone, the row .* is missing/,
    breaks: tables((table) => ({
      ...table,
      partial: table.partial.map((part) => ({ ...part, untold: [], doubtful: [] })),
    })),
  },
  'a changed key leaves its columns behind': {
    law: 'rekeys',
    example: /"orders": after the row \{"id":\d+\} got the key \{"id":\d+\}, the row .* is missing/,
    breaks: tables((table) => ({
      ...table,
      partial: table.partial.map((part) => ({ ...part, origin: table.deletions.length > 0 ? undefined : part.origin })),
    })),
  },
  'truncated rows come back': {
    law: 'truncations',
    example: /truncated, killed before change \d, run again, the row .* is duplicated or outdated/,
    breaks: tables((table) => ({ ...table, replacedBelow: undefined })),
  },
  'a rejected change leaves its old value as sure': {
    law: 'rejects',
    example: /"orders": a change of \{"id":\d+\} was rejected, and the old value of ".*" counts as sure/,
    breaks: tables((table) => ({ ...table, partial: table.partial.map((part) => ({ ...part, doubtful: [] })) })),
  },
  'a restart doubles rows without a key': {
    law: 'kill',
    example: /"events": killed .* and run again, the row .* is duplicated or outdated/,
    breaks: tables((table) => ({ ...table, staging: undefined })),
  },
  'tables that are left out are forgotten': {
    law: 'tables',
    example: /"orders" was left out in a first run; after the second, the row .* is missing/,
    breaks: commits((batch) => ({ ...batch, leftOut: batch.leftOut === undefined ? undefined : [] })),
  },
}
