import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { subtract, union } from '../src/store/coverage.ts'
import { coalesceWindows } from '../src/values/coalesce-windows.ts'
import { isEmpty, type Range } from '../src/values/window.ts'
import { someRange } from './arbitrary.ts'

const many = fc.array(someRange, { maxLength: 30 })
const lengthOf = (ranges: readonly Range[]): bigint => ranges.reduce((sum, { from, to }) => sum + (to - from!), 0n)
const gapsOf = (ranges: readonly Range[]): readonly bigint[] =>
  ranges.slice(1).map(({ from }, at) => from! - ranges[at]!.to)

describe('coalesced windows', () => {
  it('are no more than asked for, sorted and apart, and hold all that was given', () => {
    fc.assert(
      fc.property(many, fc.integer({ min: 1, max: 12 }), (windows, most) => {
        const few = coalesceWindows(windows, most)
        expect(few.length).toBeLessThanOrEqual(most)
        expect(few).toEqual(union(few))
        expect(
          subtract(
            windows.filter((one) => !isEmpty(one)),
            few,
          ),
        ).toEqual([])
      }),
    )
  })

  it('are the given ones joined, where these are few enough', () => {
    fc.assert(
      fc.property(many, (windows) => {
        const joined = union(windows)
        expect(coalesceWindows(windows, Math.max(1, joined.length))).toEqual(joined)
      }),
    )
  })

  it('add the least that can be: the smallest gaps are closed, and no more of them than must be', () => {
    fc.assert(
      fc.property(many, fc.integer({ min: 1, max: 12 }), (windows, most) => {
        const joined = union(windows.map(({ from, to }) => ({ from: from ?? -40n, to })))
        const few = coalesceWindows(joined, most)
        const smallest = [...gapsOf(joined)].sort((a, b) => (a < b ? -1 : 1))
        const closed = smallest.slice(0, Math.max(0, joined.length - most))
        expect(lengthOf(few)).toBe(lengthOf(joined) + closed.reduce((sum, gap) => sum + gap, 0n))
        expect(few).toHaveLength(Math.min(most, joined.length))
      }),
    )
  })

  it('may be of numbers, such as seconds', () => {
    const dates = [10, 11, 20, 21, 22, 300, 21]
    expect(
      coalesceWindows(
        dates.map((date) => ({ from: date, to: date + 1 })),
        2,
      ),
    ).toEqual([
      { from: 10, to: 23 },
      { from: 300, to: 301 },
    ])
  })

  it('of equal gaps the lower ones stay open', () => {
    const windows = [0n, 10n, 20n, 30n].map((from) => ({ from, to: from + 1n }))
    expect(coalesceWindows(windows, 3)).toEqual([
      { from: 0n, to: 1n },
      { from: 10n, to: 11n },
      { from: 20n, to: 31n },
    ])
  })
})
