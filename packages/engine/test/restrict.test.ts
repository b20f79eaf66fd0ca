import { days, seconds } from '@tidemark/core'
import {
  intersect,
  newPartition,
  type PartitionState,
  type Range,
  type State,
  subtract,
  union,
} from '@tidemark/core/engine'
import { INT64_MAX } from '@tidemark/core/values'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planRun } from '../src/plan/plan.ts'
import type { PlannedTable } from '../src/plan/planned-table.ts'
import { restrict } from '../src/plan/restrict.ts'
import type { StepList } from '../src/plan/step-list.ts'
import { catalogOf, EVERYTHING, tableOf } from './catalog-of.ts'

const at = (n: number): bigint => BigInt(n) * 1_000_000n
const END = 100

function stateOf(partition: Partial<PartitionState>): State {
  const known = {
    name: 'memory_events',
    source: 'memory',
    table: 'events',
    status: 'backfilling' as const,
    schema: null,
    identity: null,
    everFilled: true,
    present: 'rows' as const,
    pausedFor: null,
    firstSeenAt: 0n,
    lastSyncedAt: 0n,
    lastCheckedAt: null,
    undeclared: [],
    project: null,
    removedAt: null,
    partitions: new Map([['', { ...newPartition(''), ...partition }]]),
  }
  return { tables: new Map([[known.name, known]]) }
}

interface World {
  readonly start: number | undefined
  readonly window: number | undefined
  readonly backfillEnd: number
  readonly covered: readonly number[]
  readonly asked: readonly [number, number][]
}

function plannedOf({ start, window, backfillEnd, covered, asked }: World): PlannedTable {
  const ranges: Range[] = []
  for (let n = 0; n + 1 < covered.length; n += 2) ranges.push({ from: at(covered[n]!), to: at(covered[n + 1]!) })
  const resyncs = asked.map(([from, length], id) => ({
    id,
    from: at(from),
    to: at(from + length),
    reason: 'resync',
    askedAt: 0n,
  }))
  const known = {
    backfillEnd: at(backfillEnd),
    covered: union(ranges).map((one) => ({ ...one, assumed: false })),
    resyncs,
  }
  const table = tableOf({ window: window === undefined ? undefined : seconds(window) } as never)
  const settings = { start: start === undefined ? undefined : at(start) }
  const catalog = catalogOf({ table, settings, partitions: [{ end: at(END) }] })
  return planRun(catalog, stateOf(known), EVERYTHING).tables[0]!
}

const place = fc.integer({ min: 0, max: END })
const world: fc.Arbitrary<World> = fc.record({
  start: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
  window: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
  backfillEnd: place,
  covered: fc.uniqueArray(place, { maxLength: 8 }).map((all) => all.toSorted((a, b) => a - b)),
  asked: fc.array(fc.tuple(place, fc.integer({ min: 1, max: 30 })), { maxLength: 3 }),
})

/** The whole line, cut at some positions. */
const cuts = fc.uniqueArray(fc.integer({ min: -5, max: END + 5 }), { maxLength: 6 }).map((all): readonly Range[] => {
  const bounds = [undefined, ...all.toSorted((a, b) => a - b).map(at), INT64_MAX]
  return bounds.slice(1).map((to, n) => ({ from: bounds[n], to: to! }))
})

const stepsOf = (table: PlannedTable, list: 'steps' | 'outside' = 'steps'): StepList => table.partitions[0]![list]
const only = (window: Range | undefined, partition?: string) => ({ window, partition })

describe('a plan that is restricted to a range', () => {
  it('has of each kind what is planned inside, whatever the line is cut into, and never anything outside', () => {
    fc.assert(
      fc.property(world, cuts, (given, ranges) => {
        const whole = plannedOf(given)
        const parts = ranges.map((range) => restrict(whole, only(range)))
        for (const kind of ['incremental', 'backfill', 'resync'] as const) {
          const of = (table: PlannedTable, list?: 'steps' | 'outside') =>
            union(stepsOf(table, list).ranges((span) => span.kind === kind))
          expect(union(parts.flatMap((one) => of(one)))).toEqual(of(whole))
          for (const [n, range] of ranges.entries()) {
            expect(of(parts[n]!)).toEqual(intersect(of(whole), [range]))
            expect(of(parts[n]!, 'outside')).toEqual(subtract(of(whole), [range]))
          }
        }
      }),
    )
  })

  it('has no window longer than the table says, and the windows of a step do not overlap', () => {
    fc.assert(
      fc.property(world, cuts, (given, ranges) => {
        const whole = plannedOf(given)
        for (const range of ranges)
          for (const list of ['steps', 'outside'] as const) {
            const steps = stepsOf(restrict(whole, only(range)), list)
            for (const { window } of steps)
              if (given.window !== undefined && window?.from !== undefined)
                expect(window.to - window.from <= at(given.window)).toBe(true)
            const windows = [...steps].flatMap(({ window }) => window ?? []).toSorted((a, b) => (a.to < b.to ? -1 : 1))
            for (const [n, { from }] of windows.entries()) {
              const below = windows[n - 1]
              if (below !== undefined) expect(from !== undefined && from >= below.to).toBe(true)
            }
            expect(windows).toHaveLength(steps.count)
          }
      }),
    )
  })

  it('cuts an open start into windows once a range gives it a start', () => {
    const whole = plannedOf({ start: undefined, window: 10, backfillEnd: 100, covered: [], asked: [] })
    expect(stepsOf(whole).count).toBe(1)
    const part = restrict(whole, only({ from: at(5), to: at(30) }))
    expect([...stepsOf(part)].map(({ window }) => [window?.from, window?.to])).toEqual([
      [at(25), at(30)],
      [at(15), at(25)],
      [at(5), at(15)],
    ])
  })

  it('looks back only where its start borders what is covered', () => {
    const known = { backfillEnd: at(100), covered: [{ from: at(0), to: at(40), assumed: false }] }
    const catalog = catalogOf({ settings: { lookback: at(5) }, partitions: [{ end: at(END) }] })
    const [whole] = planRun(catalog, stateOf(known), EVERYTHING).tables
    const readFrom = (from: number) =>
      [...stepsOf(restrict(whole!, only({ from: at(from), to: at(60) })))][0]?.read?.from
    expect(readFrom(40)).toBe(at(35))
    expect(readFrom(20)).toBe(at(35))
    expect(readFrom(50)).toBe(at(50))
  })

  it('is for one partition where one is named, also of a table without a cursor', () => {
    const table = tableOf({ cursor: undefined, minAge: undefined, lookback: undefined } as never)
    const catalog = catalogOf({ table, partitions: [{ id: 'a' }, { id: 'b' }] })
    const part = restrict(planRun(catalog, { tables: new Map() }, EVERYTHING).tables[0]!, only(undefined, 'b'))
    expect(part.partitions.map(({ steps, outside }) => [steps.count, outside.count])).toEqual([
      [0, 1],
      [1, 0],
    ])
  })

  it('commits no revision and marks nothing as no longer listed', () => {
    const catalog = catalogOf({
      partitions: [{ end: at(END), revision: { text: 'r2', schemaHash: 'h', stale: [] } }],
    })
    const [whole] = planRun(catalog, { tables: new Map() }, EVERYTHING).tables
    expect(whole?.partitions[0]?.revision).toEqual({ text: 'r2', schemaHash: 'h' })
    const part = restrict(
      { ...whole!, removedPartitions: ['x'], missingPartitions: ['y'] },
      only({ from: 0n, to: at(END) }),
    )
    expect(part.partitions[0]?.revision).toBeUndefined()
    expect(part.removedPartitions).toEqual([])
    expect(part.missingPartitions).toEqual([])
    // What stands for a pass that began is still recorded.
    expect(part.partitions[0]?.pendingRevision).toEqual({ text: 'r2', end: at(END) })
  })

  it('is found at once, however many windows there are', () => {
    const table = tableOf({ window: days(1) } as never)
    const end = 10n ** 18n
    const catalog = catalogOf({ table, settings: { start: 0n }, partitions: [{ end }] })
    const [whole] = planRun(catalog, { tables: new Map() }, EVERYTHING).tables
    const day = 86_400_000_000n
    const part = restrict(whole!, only({ from: 5n * day, to: 7n * day }))
    expect(stepsOf(part).count).toBe(2)
    expect(stepsOf(part, 'outside').count).toBe(Number((end - 1n) / day + 1n) - 2)
  })
})
