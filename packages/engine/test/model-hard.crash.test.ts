import fc from 'fast-check'
import { it } from 'vitest'
import { kinds } from './hard-kinds.ts'
import { HardWorld, type Turn } from './hard-world.ts'

const PARTITION = fc.nat(2)
const turn: fc.Arbitrary<Turn> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      id: fc.nat(12),
      late: fc.nat(60),
      in: PARTITION,
      bad: fc.nat(7).map((one) => one === 0),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete' as const), id: fc.nat(12), in: PARTITION }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 200 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('run' as const),
      failAt: fc.option(fc.nat(6), { nil: undefined }),
      isShort: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('range' as const),
      back: fc.integer({ min: -50, max: 400 }),
      length: fc.integer({ min: 1, max: 400 }),
      in: PARTITION,
      isAlone: fc.boolean(),
      failAt: fc.option(fc.nat(6), { nil: undefined, freq: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('ahead' as const), by: fc.integer({ min: 1, max: 400 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('list' as const), in: PARTITION }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('start' as const), earlier: fc.integer({ min: 1, max: 300 }) }),
  },
)

// A fifth of what the other model does, for each of more kinds.
const asked = process.env['TIDEMARK_MODEL_RUNS']
const numRuns = Math.ceil(Number(asked ?? 50) / 5)
const [minLength, maxLength] = asked === undefined ? [1, 25] : [20, 40]
const seed = Number(process.env['TIDEMARK_SEED'] ?? Math.floor(Math.random() * 1_000_000))

it.each(kinds)(
  'whatever happens, the rows are those of the source, and the bad ones are rejects: $name',
  { timeout: 600_000 },
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength, maxLength }), async (turns) => {
        const world = await HardWorld.of(kind)
        try {
          for (const one of turns) await world.take(one)
          await world.check()
        } finally {
          await world.close()
        }
      }),
      { numRuns, seed },
    )
    console.log(`${kind.name}: ${numRuns} runs of ${minLength} to ${maxLength} turns, seed ${seed}, 0 violations`)
  },
)
