import { describe, expect, it } from 'vitest'
import { estimateOf, estimateText } from '../src/show/plan-estimate.ts'

type Planned = Parameters<typeof estimateOf>[0][number]
type Kind = Planned['ranges'][number]['kind']

const LIMITS = { concurrency: 4, perSource: 2 }

function table(name: string, source: string, ...ranges: readonly (readonly [Kind, number])[]): Planned {
  return {
    ...{ name, source, pausedFor: undefined },
    windows: ranges.reduce((sum, [kind, windows]) => sum + (kind === 'unchanged' ? 0 : windows), 0),
    ranges: ranges.map(([kind, windows]) => ({
      ...{ kind, windows, lane: 'backfill', window: undefined, readFrom: undefined },
      ...{ untilEmpty: false, partitions: 1 },
    })),
  }
}

const times = (...all: readonly (readonly [string, Kind, number])[]) =>
  new Map(
    [...Map.groupBy(all, ([name]) => name)].map(([name, own]) => [
      name,
      new Map(own.map(([, kind, ms]) => [kind, ms])),
    ]),
  )

describe('an estimate', () => {
  it('is the time of the windows, as many at once as the config allows', () => {
    const known = times(['a', 'backfill', 1000], ['b', 'incremental', 500], ['c', 'backfill', 1000])
    // One source reads two windows at once.
    expect(estimateOf([table('a', 's', ['backfill', 100])], known, LIMITS)).toEqual({
      ...{ ms: 50_000, windows: 100, unknownWindows: 0 },
    })
    // Two sources share the four of the run.
    const two = [
      table('a', 's', ['backfill', 100]),
      table('b', 's', ['incremental', 1]),
      table('c', 't', ['backfill', 100]),
    ]
    expect(estimateOf(two, known, LIMITS)?.ms).toBe(50_250)
    expect(estimateOf(two, known, { concurrency: 1, perSource: 2 })?.ms).toBe(200_500)
  })

  it('is never shorter than the longest window', () => {
    expect(estimateOf([table('a', 's', ['full_refresh', 1])], times(['a', 'full_refresh', 9000]), LIMITS)?.ms).toBe(
      9000,
    )
  })

  it('says how many windows it knows nothing of', () => {
    const known = times(['a', 'incremental', 500])
    const found = estimateOf([table('a', 's', ['incremental', 1], ['backfill', 30], ['unchanged', 7])], known, LIMITS)
    expect(found).toEqual({ ms: 500, windows: 1, unknownWindows: 30 })
    expect(estimateText(found!)).toBe(
      'Estimate: about 1 s, by the time that earlier windows took; 30 windows of a kind that was never read before not included.',
    )
  })

  it('is not given where nothing is known, or nothing is to be read', () => {
    expect(estimateOf([table('a', 's', ['backfill', 30])], times(), LIMITS)).toBeUndefined()
    expect(estimateOf([], times(['a', 'backfill', 500]), LIMITS)).toBeUndefined()
    const paused = { ...table('a', 's', ['backfill', 30]), pausedFor: 'another key' }
    expect(estimateOf([paused], times(['a', 'backfill', 500]), LIMITS)).toBeUndefined()
  })
})
