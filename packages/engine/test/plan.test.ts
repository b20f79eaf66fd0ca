import { days, minutes } from '@tidemark/core'
import {
  gaps,
  newPartition,
  type PartitionState,
  type Range,
  type State,
  type TableState,
  union,
} from '@tidemark/core/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PlanConfig, planRun } from '../src/plan/plan.ts'
import type { Step } from '../src/plan/step.ts'
import { catalogOf, EVERYTHING, type Surveyed, tableOf } from './catalog-of.ts'

const SECOND = 1_000_000n
const at = (n: number): bigint => BigInt(n) * SECOND
const range = (from: number | undefined, to: number): Range => ({
  from: from === undefined ? undefined : at(from),
  to: at(to),
})

function stateOf(partition: Partial<PartitionState>, table: Partial<TableState> = {}): State {
  const known: TableState = {
    name: 'memory_events',
    source: 'memory',
    table: 'events',
    status: 'complete',
    schema: null,
    identity: null,
    everFilled: true,
    present: 'rows',
    pausedFor: null,
    firstSeenAt: 0n,
    lastSyncedAt: null,
    lastCheckedAt: null,
    undeclared: [],
    project: null,
    removedAt: null,
    partitions: new Map([['', { ...newPartition(''), ...partition }]]),
    ...table,
  }
  return { tables: new Map([[known.name, known]]) }
}

const NOTHING: State = { tables: new Map() }
const covered = (...ranges: readonly Range[]) => ranges.map((one) => ({ ...one, assumed: false }))

function planned(discovered: Surveyed, state: State = NOTHING, config: PlanConfig = EVERYTHING) {
  const [table] = planRun(catalogOf(discovered), state, config).tables
  if (table === undefined) throw new Error('nothing was planned')
  return { table, partition: table.partitions[0], steps: table.partitions.flatMap((one) => [...one.steps]) }
}

const brief = (steps: readonly Step[]) =>
  steps.map(({ kind, read, window }) => [kind, window === undefined ? undefined : [window.from, window.to], read?.from])

describe('a plan', () => {
  it('gives a new table its whole history, newest window first, and nothing live', () => {
    const { steps, partition } = planned({ table: tableOf({ window: minutes(1) }), partitions: [{ end: at(150) }] })
    expect(brief(steps)).toEqual([
      ['backfill', [at(120), at(150)], at(120)],
      ['backfill', [at(60), at(120)], at(60)],
      ['backfill', [at(0), at(60)], at(0)],
    ])
    expect(partition?.backfillEnd).toBe(at(150))
  })

  it('gives a known table what is missing up to now, with the lookback under its covered end', () => {
    const { steps } = planned(
      { table: tableOf({ lookback: minutes(1) }), partitions: [{ end: at(900) }] },
      stateOf({ backfillEnd: at(600), start: 0n, covered: covered(range(0, 600)) }),
    )
    expect(brief(steps)).toEqual([['incremental', [at(600), at(900)], at(540)]])
  })

  it('keeps at most one window live, and makes history of what was missed before it', () => {
    const { steps } = planned(
      { table: tableOf({ window: minutes(1) }), partitions: [{ end: at(210) }] },
      stateOf({ backfillEnd: at(60), start: 0n, covered: covered(range(0, 60)) }),
    )
    expect(steps.map((step) => [step.lane, step.window?.from])).toEqual([
      ['current', at(180)],
      ['backfill', at(120)],
      ['backfill', at(60)],
    ])
  })

  it('reads exactly the missing early range when the start moves earlier', () => {
    const { steps, partition } = planned(
      { settings: { start: -at(100) }, partitions: [{ end: at(50) }] },
      stateOf({ backfillEnd: at(50), start: 0n, covered: covered(range(0, 50)) }),
    )
    expect(brief(steps)).toEqual([['backfill', [-at(100), 0n], -at(100)]])
    expect(partition?.start).toBe(-at(100))
  })

  it('reads only the hole of a table that was away, and says that it is back', () => {
    const { table, steps } = planned(
      { partitions: [{ end: at(90) }] },
      stateOf({ backfillEnd: at(50), start: 0n, covered: covered(range(0, 50)) }, { status: 'removed' }),
    )
    expect(table.tracking).toBe('returned')
    expect(brief(steps)).toEqual([['incremental', [at(50), at(90)], at(50)]])
  })

  it('wants nothing below what the system keeps, and says what can no longer be had', () => {
    const { steps, partition } = planned(
      { table: tableOf({ retention: days(1) }), partitions: [{ end: at(200_000) }] },
      stateOf({ backfillEnd: at(50), start: 0n, covered: covered(range(0, 50_000)) }),
    )
    expect(steps.map((step) => step.window)).toEqual([range(200_000 - 86_400, 200_000)])
    expect(partition?.notKept).toEqual([range(50_000, 200_000 - 86_400)])
  })

  it('reads nothing when the revision is the committed one, but covers what passed', () => {
    const revision = { text: 'r1', schemaHash: 'f' }
    const { steps } = planned(
      { partitions: [{ end: at(90), revision: { ...revision, stale: [] } }] },
      stateOf({ backfillEnd: at(50), start: 0n, revision, covered: covered(range(0, 50)) }),
    )
    expect(brief(steps)).toEqual([['unchanged', [at(50), at(90)], at(50)]])
  })

  it('reads when the revision was committed under another contract', () => {
    const { steps } = planned(
      { partitions: [{ end: at(90), revision: { text: 'r1', schemaHash: 'new', stale: [] } }] },
      stateOf({
        backfillEnd: at(50),
        start: 0n,
        revision: { text: 'r1', schemaHash: 'old' },
        covered: covered(range(0, 50)),
      }),
    )
    expect(brief(steps)).toEqual([['incremental', [at(50), at(90)], at(50)]])
  })

  it('plans stale windows as resyncs where they are covered', () => {
    const revision = { text: 'r2', schemaHash: 'f', stale: [range(10, 20), range(45, 60)] }
    const { steps, partition } = planned(
      { partitions: [{ end: at(90), revision }] },
      stateOf({
        backfillEnd: at(50),
        start: 0n,
        revision: { text: 'r1', schemaHash: 'f' },
        covered: covered(range(0, 50)),
      }),
    )
    expect(steps.map((step) => [step.kind, step.window?.from, step.window?.to])).toEqual([
      ['incremental', at(50), at(90)],
      ['resync', at(45), at(50)],
      ['resync', at(10), at(20)],
    ])
    expect(partition?.stale).toEqual([range(10, 20), range(45, 50)])
  })

  it('commits a revision only with an end that is not below the one at which it was first seen', () => {
    const revision = { text: 'r2', schemaHash: 'f', stale: [] }
    const young = planned(
      { partitions: [{ end: at(90), unsettledEnd: at(100), revision }] },
      stateOf({ backfillEnd: at(50), start: 0n, covered: covered(range(0, 50)) }),
    )
    expect(young.partition?.revision).toBeUndefined()
    expect(young.partition?.pendingRevision).toEqual({ text: 'r2', end: at(100) })
    const known = {
      backfillEnd: at(50),
      start: 0n,
      pendingRevision: { text: 'r2', end: at(100) },
      covered: covered(range(0, 90)),
    }
    const settled = planned({ partitions: [{ end: at(150), unsettledEnd: at(160), revision }] }, stateOf(known))
    expect(settled.partition?.revision).toEqual({ text: 'r2', schemaHash: 'f' })
    expect(settled.partition?.pendingRevision).toBeUndefined()
  })

  it.each([
    ['another source system', { identity: 'b' }, { identity: 'a' }, /another system now: b instead of a/],
    ['a table dropped by hand', {}, { present: 'missing' as const }, /is missing, although it was filled/],
    ['a table emptied by hand', {}, { present: 'empty' as const }, /is empty, although it was filled/],
  ])('pauses a table for %s', (_, discovered, table, why) => {
    const { table: found, steps } = planned(
      { ...discovered, partitions: [{ end: at(90) }] },
      stateOf({ backfillEnd: at(50), covered: covered(range(0, 50)) }, table),
    )
    expect(found.pausedFor).toMatch(why)
    expect(steps).toEqual([])
  })

  it.each([
    ['its key', { primaryKey: ['at'] }, /primary key changed from at to id/],
    [
      'its cursor',
      { cursor: { column: 'id', type: 'integer' as const, precision: null } },
      /cursor changed from id to at/,
    ],
  ])('pauses a table that changed %s', (_, change, why) => {
    const recorded = {
      columns: [],
      primaryKey: ['id'],
      globalKey: false,
      partitioned: false,
      cursor: { column: 'at', type: 'timestamp' as const, precision: null },
      ...change,
    }
    const { table } = planned({ partitions: [{ end: at(90) }] }, stateOf({ backfillEnd: at(50) }, { schema: recorded }))
    expect(table.pausedFor).toMatch(why)
  })

  it('pauses a table whose own end went back by more than a lookback, and only then', () => {
    const known = stateOf({ backfillEnd: at(50), start: 0n, covered: covered(range(0, 100)) })
    expect(
      planned(
        { settings: {}, table: tableOf({ lookback: minutes(1) }), partitions: [{ end: at(39), ownEnd: true }] },
        known,
      ).table.pausedFor,
    ).toMatch(/moved back/)
    expect(
      planned({ table: tableOf({ lookback: minutes(1) }), partitions: [{ end: at(41), ownEnd: true }] }, known).table
        .pausedFor,
    ).toBeUndefined()
    expect(planned({ partitions: [{ end: at(10) }] }, known).table.pausedFor).toBeUndefined()
  })

  it('takes what another system has synced as covered, on a first run only', () => {
    const config = { ...EVERYTHING, synced: { tables: ['events'], to: at(40) } }
    const first = planned({ partitions: [{ end: at(90) }] }, NOTHING, config)
    expect(first.partition?.assumed).toEqual(range(0, 40))
    expect(first.steps.map((step) => step.window)).toEqual([range(40, 90)])
    const later = planned(
      { partitions: [{ end: at(90) }] },
      stateOf({ backfillEnd: at(50), start: 0n, covered: covered(range(40, 50)) }),
      config,
    )
    expect(later.partition?.assumed).toBeUndefined()
    expect(later.steps.map((step) => step.window)).toEqual([range(50, 90), range(0, 40)])
  })

  it('plans an integer cursor only as far as its own end, and nothing where there is none', () => {
    expect(planned({ partitions: [{ end: undefined }] }).steps).toEqual([])
  })

  it('keeps stale windows apart up to a bound, and joins those beyond it that lie closest', () => {
    const count = 25_000
    const stale = Array.from({ length: count }, (_, n) => range(n * 10, n * 10 + 1 + (n % 3)))
    const known = stateOf({ backfillEnd: at(1), start: 0n, covered: covered(range(0, count * 10)) })
    const revision = { text: 'r', schemaHash: 'f', stale }
    const windows = planned({ partitions: [{ end: at(count * 10), revision }] }, known).partition!.stale
    expect(windows.length).toBeGreaterThan(1000)
    expect(windows.length).toBeLessThanOrEqual(10_000)
    expect(gaps(range(0, count * 10), windows).length).toBeGreaterThan(1000)
    expect(gaps(range(0, count * 10), [...windows, ...stale])).toEqual(gaps(range(0, count * 10), windows))
  })

  it('calls a table removed only where its source answered', () => {
    const state = stateOf({}, { name: 'gone_x', source: 'gone' })
    expect(planRun({ sources: [] }, state, EVERYTHING).removed).toEqual(['gone_x'])
    expect(planRun({ sources: [] }, state, { ...EVERYTHING, unavailable: ['gone'] }).removed).toEqual([])
  })

  it('a whole table is read again each run, unless its revision is the committed one', () => {
    const table = tableOf({ cursor: undefined, minAge: undefined, lookback: undefined })
    const revision = { text: 'r', schemaHash: 'f' }
    expect(planned({ table }).steps.map((step) => [step.kind, step.lane])).toEqual([['full_refresh', 'backfill']])
    expect(planned({ table }, stateOf({ completedAt: 1n })).steps.map((step) => [step.kind, step.lane])).toEqual([
      ['full_refresh', 'current'],
    ])
    expect(
      planned({ table, partitions: [{ revision: { ...revision, stale: [] } }] }, stateOf({ completedAt: 1n, revision }))
        .steps,
    ).toEqual([])
  })
})

describe('plan and commit, over any number of runs', () => {
  const run = fc.record({
    forward: fc.integer({ min: 0, max: 400 }),
    start: fc.integer({ min: -300, max: 100 }),
    commits: fc.infiniteStream(fc.boolean()),
  })

  it('covers what is wanted, reads nothing twice but the lookback, and never loses coverage', () => {
    fc.assert(
      fc.property(
        fc.array(run, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 10, max: 200 }),
        fc.integer({ min: 0, max: 50 }),
        (runs, window, lookback) => {
          const table = tableOf({ window: minutes(window / 60), lookback: minutes(lookback / 60) })
          let now = 100
          let partition = newPartition('')
          for (const { forward, start, commits } of [...runs, { forward: 0, start: -300, commits: undefined }]) {
            now += forward
            const known = partition.backfillEnd === null ? NOTHING : stateOf(partition)
            const { steps, partition: done } = planned(
              { table, settings: { start: at(start) }, partitions: [{ end: at(now) }] },
              known,
            )
            const before = partition.covered
            expect(steps.filter((step) => step.lane === 'current').length).toBeLessThanOrEqual(1)
            for (const step of steps) {
              const isDone = commits === undefined || commits.next().value === true
              if (!isDone || step.window === undefined) continue
              // A window that is planned was not covered, and what is read below it is no more than the lookback.
              expect(gaps(step.window, partition.covered)).toEqual([step.window])
              expect(step.window.from! - step.read!.from!).toBeLessThanOrEqual(at(lookback))
              partition = {
                ...partition,
                covered: union(partition.covered, [step.window]).map((one) => ({ ...one, assumed: false })),
              }
            }
            partition = {
              ...partition,
              backfillEnd: partition.backfillEnd ?? done?.backfillEnd ?? null,
              start: done?.start ?? partition.start,
            }
            for (const range of before) expect(gaps(range, partition.covered)).toEqual([])
          }
          expect(gaps({ from: at(-300), to: at(now) }, partition.covered)).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })
})
