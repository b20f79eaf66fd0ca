import type { StepKind, StepRate } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { estimate } from '../src/report/estimate.ts'
import type { Work } from '../src/report/work.ts'

const CONCURRENCY = { overall: 4, perSource: 2 }

const work = (name: string, source: string, ...steps: readonly (readonly [StepKind, number])[]): Work => ({
  ...{ name, source, isLeast: false },
  steps: steps.map(([kind, windows]) => ({ kind, windows })),
})

const rates = (...all: readonly (readonly [string, StepKind, Partial<StepRate>])[]) =>
  new Map(
    [...Map.groupBy(all, ([name]) => name)].map(([name, own]) => [
      name,
      new Map(own.map(([, kind, rate]) => [kind, { ms: 1000, rows: 100, pages: 2, ...rate }])),
    ]),
  )

const all = (tables: readonly Work[], known: ReturnType<typeof rates>, concurrency = CONCURRENCY) =>
  estimate(tables, { rates: known, concurrency }).all

describe('an estimate', () => {
  it('is the time of the windows, as many at once as the config allows', () => {
    const known = rates(['a', 'backfill', {}], ['b', 'incremental', { ms: 500 }], ['c', 'backfill', {}])
    // One source reads two windows at once.
    expect(all([work('a', 's', ['backfill', 100])], known)).toEqual({
      ...{ windows: 100, atLeast: false, unknownWindows: 0, ms: 50_000, requests: 200, rowsPerSecond: 100 },
    })
    // Two sources share the four of the run.
    const two = [
      work('a', 's', ['backfill', 100]),
      work('b', 's', ['incremental', 1]),
      work('c', 't', ['backfill', 100]),
    ]
    expect(all(two, known).ms).toBe(50_250)
    expect(all(two, known, { overall: 1, perSource: 2 }).ms).toBe(200_500)
    expect(estimate([two[0]!], { rates: known, concurrency: { ...CONCURRENCY, perTable: 1 } }).all.ms).toBe(100_000)
  })

  it('says of each table and each source what it says of them alone', () => {
    const known = rates(['a', 'backfill', {}], ['b', 'backfill', { pages: 5 }], ['c', 'backfill', {}])
    const tables = [work('a', 's', ['backfill', 3]), work('b', 's', ['backfill', 4]), work('c', 't', ['backfill', 1])]
    const found = estimate(tables, { rates: known, concurrency: CONCURRENCY })
    for (const one of tables) expect(found.tables.get(one.name)).toEqual(all([one], known))
    expect(found.sources.get('s')).toEqual(all(tables.slice(0, 2), known))
    expect(found.all.requests).toBe(28)
  })

  it('is never shorter than the longest window', () => {
    expect(all([work('a', 's', ['full_refresh', 1])], rates(['a', 'full_refresh', { ms: 9000 }])).ms).toBe(9000)
  })

  it('reads a resync as long as a backfill, where only one of them was ever read', () => {
    expect(all([work('a', 's', ['resync', 3])], rates(['a', 'backfill', {}]))).toMatchObject({ ms: 1500, requests: 6 })
    expect(all([work('a', 's', ['backfill', 3])], rates(['a', 'resync', {}]))).toMatchObject({ ms: 1500, requests: 6 })
  })

  it('says how many windows it knows nothing of', () => {
    const known = rates(['a', 'incremental', { ms: 500 }])
    expect(all([work('a', 's', ['incremental', 1], ['backfill', 30])], known)).toMatchObject({
      ...{ ms: 500, requests: 2, windows: 31, unknownWindows: 30 },
    })
  })

  it('is unknown where nothing is known, and nothing where nothing is to be read', () => {
    expect(all([work('a', 's', ['backfill', 30])], rates())).toEqual({
      ...{ windows: 30, atLeast: false, unknownWindows: 30, ms: null, requests: null, rowsPerSecond: null },
    })
    expect(all([], rates(['a', 'backfill', {}]))).toMatchObject({ windows: 0, ms: 0, requests: 0 })
  })

  it('does not know the requests where the pages of some windows were never counted', () => {
    const known = rates(['a', 'backfill', {}], ['b', 'backfill', { pages: undefined }])
    const found = all([work('a', 's', ['backfill', 1]), work('b', 's', ['backfill', 1])], known)
    expect(found).toMatchObject({ ms: 1000, requests: null })
  })
})
