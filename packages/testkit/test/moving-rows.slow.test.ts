import { openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { MovingKind, Mutation } from './moving/moving-system.ts'
import { type Deed, MovingWorld } from './moving/moving-world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const id = fc.nat(11)
const late = fc.nat(400)
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('update' as const), id, late }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('postpone' as const), id, by: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('insert' as const), id, late }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('delete' as const), id }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('carry' as const), id, to: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 90 }) }),
  },
)
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'sync' as const }) },
  { weight: 3, arbitrary: fc.constant({ type: 'resync' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('resync a part' as const),
      from: fc.integer({ min: 0, max: 32_000 }),
      length: fc.integer({ min: 1, max: 16_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'repair' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'widen' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('ahead' as const), by: fc.integer({ min: 200, max: 5000 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 600 }) }),
  },
)

const kinds: readonly MovingKind[] = [
  { name: 'in one snapshot', paging: 'snapshot' },
  { name: 'by cursor, in windows', paging: 'by cursor', windowed: true },
  { name: 'by key', paging: 'by key' },
  { name: 'newest first', paging: 'newest first' },
  { name: 'by cursor, one key in all partitions', paging: 'by cursor', partitioned: true },
  { name: 'newest first, one key in all partitions', paging: 'newest first', partitioned: true },
  { name: 'by key, asked for keys', paging: 'by key', asked: true },
  { name: 'by cursor, with what is stale', paging: 'by cursor', windowed: true, stale: true },
]

// A few with the slow lane, of which CI does half; more where somebody asks.
const few = Math.ceil(Number(process.env['TIDEMARK_ROUNDS'] ?? 300) / 20)
const asked = Number(process.env['TIDEMARK_MODEL_RUNS'] ?? few)
const runs = { sqlite: asked, postgres: Math.ceil(asked / 5) }
// A change is judged by itself: the same chances each time, unless somebody asks for others.
const seed = Number(process.env['TIDEMARK_SEED'] ?? 1)
let runners = 0

const places = {
  sqlite: async () => ({ url: ':memory:', drop: async () => {} }),
  postgres: async () => {
    const { url, schema } = await server.newSchema()
    return { url, drop: () => server.dropSchema(schema) }
  },
}

describe.each(['sqlite', 'postgres'] as const)('in %s', (database) => {
  describe.each(['soft', 'hard'] as const)('deletes: %s', (deletes) => {
    it.each(kinds)(
      'no row that lives is ever marked or removed, whatever moves while it is read: $name',
      { timeout: 600_000 },
      async (kind) => {
        const property = fc.asyncProperty(
          fc.array(mutation, { minLength: 20, maxLength: 120 }),
          fc.array(mutation, { minLength: 5, maxLength: 20 }),
          fc.array(deed, { minLength: 3, maxLength: 10 }),
          async (mutations, before, deeds) => {
            const { url, drop } = await places[database]()
            const runner = { id: `moving-${++runners}`, host: 'moving', pid: process.pid, startedAt: 0n }
            const destination = await openDestination({ url, runner })
            try {
              const world = new MovingWorld(destination, { kind, deletes, mutations })
              for (const one of before) world.system.mutate(one)
              for (const one of deeds) await world.do(one)
              await world.end()
            } finally {
              await destination.close()
              await drop()
            }
          },
        )
        await fc.assert(property, { numRuns: runs[database], seed, endOnFailure: true })
      },
    )
  })
})
