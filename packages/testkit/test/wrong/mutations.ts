import { SyncError } from '@tidemark/core'
import type { Batch, Destination, Encoder, Lease } from '@tidemark/core/engine'
import { testCommit } from '../../src/destination/commit-laws.ts'
import { testLater } from '../../src/destination/later-laws.ts'
import { testLeases } from '../../src/destination/lease-laws.ts'
import { testResyncs } from '../../src/destination/resync-laws.ts'
import { testSchema } from '../../src/destination/schema-laws.ts'
import { testStaging } from '../../src/destination/staging-laws.ts'
import { testState } from '../../src/destination/state-laws.ts'
import { testValues } from '../../src/destination/value-laws.ts'
import { FEED_MUTATIONS } from './feed-mutations.ts'
import type { Mutation } from './mutation.ts'

const commits =
  (change: (batch: Batch) => Batch) =>
  (right: Destination): Partial<Destination> => ({ commit: (lease, batch) => right.commit(lease, change(batch)) })

const NOTHING = { written: 0, unchanged: 0, deduped: 0, rejected: 0, deleted: 0 }

/** Encodes texts otherwise. */
function encodes(right: Destination, change: (value: unknown) => unknown): Partial<Destination> {
  return {
    async prepare(lease, shape) {
      const prepared = await right.prepare(lease, shape)
      const encoder: Encoder = {
        key: prepared.encoder.key,
        encodeKey: (key) => prepared.encoder.encodeKey(key),
        plain: (row, position) => prepared.encoder.plain(row, position)?.map(change),
        output(row, position) {
          const encoded = prepared.encoder.output(row, position)
          return Array.isArray(encoded) ? encoded.map(change) : encoded
        },
        part(row, position) {
          const encoded = prepared.encoder.part(row, position)
          return 'untold' in encoded ? { ...encoded, row: encoded.row.map(change) } : encoded
        },
      }
      return { ...prepared, encoder }
    },
  }
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'an older version covers a newer one': {
    laws: testCommit,
    notices: 'never covers a newer version with an older one',
    breaks: commits((batch) => ({ ...batch, rows: batch.rows.map((row) => [...row.slice(0, -1), null]) })),
  },
  'the last row of a part is lost': {
    laws: testCommit,
    notices: 'of 1 rows lands whole',
    breaks: commits((batch) => ({ ...batch, rows: batch.rows.slice(0, -1) })),
  },
  'rows land twice': {
    laws: testCommit,
    notices: 'of a table without a key is added, however often its rows are there',
    breaks: commits((batch) => ({ ...batch, rows: [...batch.rows, ...batch.rows] })),
  },
  'rows land without their coverage': {
    laws: testCommit,
    notices: 'lands with its coverage, or without any where it completes nothing',
    breaks: commits((batch) => ({
      ...batch,
      completes: batch.completes === undefined ? undefined : { ...batch.completes, cover: undefined },
    })),
  },
  'coverage reaches further than what was read': {
    laws: testState,
    notices: 'holds positions of 64 bits exactly',
    breaks: commits((batch) => {
      const cover = batch.completes?.cover
      if (batch.completes === undefined || cover === undefined) return batch
      return { ...batch, completes: { ...batch.completes, cover: { from: cover.from, to: cover.to + 1n } } }
    }),
  },
  'deletions are not heard': {
    laws: testCommit,
    notices: 'with a deletion marks the row at or below its position, not above it',
    breaks: commits((batch) => ({ ...batch, deletions: [] })),
  },
  'a deletion takes newer versions along': {
    laws: testCommit,
    notices: 'with a deletion marks the row at or below its position, not above it',
    breaks: commits((batch) => ({
      ...batch,
      deletions: batch.deletions.map((one) => ({ ...one, position: 9_000_000_000n })),
    })),
  },
  'what is read later is not the truth': {
    laws: testLater,
    notices: 'takes an older stamp for the truth where that lies in what is read',
    breaks: commits((batch) => ({ ...batch, step: { ...batch.step, beganAt: 0n } })),
  },
  'what comes is the truth about what came since': {
    laws: testLater,
    notices: 'lets alone what was synced since it began',
    breaks: commits((batch) => ({ ...batch, step: { ...batch.step, beganAt: 9_000_000_000_000_000n } })),
  },
  'what comes is the truth beyond what was read': {
    laws: testLater,
    notices: 'takes an older stamp for the truth where that lies in what is read',
    breaks: commits((batch) =>
      batch.step.window === undefined ? batch : { ...batch, truth: { from: undefined, to: 99n } },
    ),
  },
  'a late deletion is not heard': {
    laws: testLater,
    notices: 'marks a row above a late deletion below what it only looked back for, and says which beforehand',
    breaks: commits((batch) => ({ ...batch, lateDeletions: [] })),
  },
  'what did not come back is gone at once': {
    laws: testResyncs,
    notices: 'that asks first moves nothing where rows did not come back, and says which',
    breaks: commits((batch) =>
      batch.deletionGuard === undefined
        ? batch
        : { ...batch, deletionGuard: { ...batch.deletionGuard, ask: undefined } },
    ),
  },
  'rows that moved are taken for gone': {
    laws: testResyncs,
    notices: 'that asks first moves nothing where rows did not come back, and says which',
    breaks: commits((batch) => ({ ...batch, alive: undefined })),
  },
  'what is rejected is not recorded': {
    laws: testState,
    notices: 'of the same key or the same payload take the place of each other',
    breaks: commits((batch) => ({ ...batch, rejects: [] })),
  },
  'a runner that was replaced hears that all is well': {
    laws: testLeases,
    notices: 'passes on when its runner was silent for too long; that one then writes nothing',
    breaks: (right) => ({
      async commit(lease, batch) {
        try {
          return await right.commit(lease, batch)
        } catch (error) {
          if (SyncError.is(error) && error.code === 'fenced') return NOTHING
          throw error
        }
      },
    }),
  },
  'two runners hold one table': {
    laws: testLeases,
    notices: 'is refused while another runner holds it, and says who',
    breaks: (right) => ({
      async lease(tables) {
        const { leases, refused } = await right.lease(tables)
        const more = refused.map(({ table }, at): Lease => ({ id: 1000 + at, table, fence: 1 }))
        return { leases: [...leases, ...more], refused: [] }
      },
    }),
  },
  'leases are never given back': {
    laws: testLeases,
    notices: 'passes on when it is released, under the same id and a higher fence',
    breaks: () => ({ release: async () => {} }),
  },
  'a staged read is seen before it is whole': {
    laws: testStaging,
    notices: 'shows nothing before it moves, and moves many parts at once',
    breaks: commits((batch) => (batch.staging === 'fill' ? { ...batch, staging: undefined } : batch)),
  },
  'a mass of deletions is let through': {
    laws: testStaging,
    notices: 'holds a whole read back that would mark most rows: it writes, marks nothing and completes nothing',
    breaks: commits((batch) =>
      batch.deletionGuard === undefined
        ? batch
        : { ...batch, deletionGuard: { ...batch.deletionGuard, limit: undefined } },
    ),
  },
  'what vanished is never marked': {
    laws: testResyncs,
    notices: 'marks what did not come back in its window, and nothing outside it',
    breaks: commits((batch) =>
      batch.deletionGuard === undefined
        ? batch
        : { ...batch, deletionGuard: { ...batch.deletionGuard, markDeleted: false } },
    ),
  },
  'partitions are one': {
    laws: testStaging,
    notices: 'of one partition leaves the others alone',
    breaks: commits((batch) => ({ ...batch, step: { ...batch.step, partition: '' } })),
  },
  'resyncs are forgotten': {
    laws: testState,
    notices: 'is struck out by a step that began later, and by no other',
    breaks: (right) => ({
      record: (lease, changes) =>
        right.record(
          lease,
          changes.filter(({ kind }) => kind !== 'resync'),
        ),
    }),
  },
  'the clock goes backwards': {
    laws: testState,
    notices: 'has a clock that only moves on',
    breaks: (right) => {
      let back = 0n
      return {
        async now() {
          back += 1_000_000n
          return (await right.now()) - back
        },
      }
    },
  },
  'long texts are cut': {
    laws: testValues,
    notices: 'read back equal, one by one and as zod gives them',
    breaks: (right) => encodes(right, (value) => (typeof value === 'string' ? value.slice(0, 20) : value)),
  },
  'integers are rounded as they are read': {
    laws: testValues,
    notices: 'read back equal, one by one and as zod gives them',
    breaks: (right) => ({
      async *read(table, options) {
        for await (const row of right.read(table, options))
          yield Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
          )
      },
    }),
  },
  'a table changes though its columns are frozen': {
    laws: testSchema,
    notices:
      'in mode discard-row keeps the table as it is: unknown columns are dropped, values that do not fit are refused',
    breaks: (right) => ({ prepare: (lease, shape) => right.prepare(lease, { ...shape, mode: 'evolve' }) }),
  },
  ...FEED_MUTATIONS,
}
