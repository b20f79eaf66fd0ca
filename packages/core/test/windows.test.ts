import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contains, intersect, union } from '../src/store/coverage.ts'
import { isEmpty } from '../src/values/window.ts'
import { split } from '../src/values/windows.ts'
import { boundedRange, position, range, someRange } from './arbitrary.ts'

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

describe('split', () => {
  it('gives chained windows of at most the size that together are the range', () => {
    fc.assert(
      fc.property(boundedRange, fc.bigInt({ min: 1n, max: 25n }), (whole, size) => {
        const windows = [...split(whole, size)]
        expect(union(windows)).toEqual([whole])
        for (const [at, window] of windows.entries()) {
          expect(isEmpty(window)).toBe(false)
          expect(window.to - window.from! <= size).toBe(true)
          if (at > 0) expect(window.from).toBe(windows[at - 1]!.to)
        }
        // Only the last one may be shorter.
        for (const window of windows.slice(0, -1)) expect(window.to - window.from!).toBe(size)
      }),
    )
  })

  it('says how many there are, and gives them from either end', () => {
    fc.assert(
      fc.property(boundedRange, fc.bigInt({ min: 1n, max: 25n }), (whole, size) => {
        const windows = split(whole, size)
        expect(windows.count).toBe([...windows].length)
        expect([...windows.newestFirst()].reverse()).toEqual([...windows])
        expect(windows.oldest).toEqual([...windows].at(0))
        expect(windows.newest).toEqual([...windows].at(-1))
      }),
    )
  })

  it('gives of windows those within another range, none longer than they were', () => {
    fc.assert(
      fc.property(someRange, someRange, fc.bigInt({ min: 1n, max: 25n }), (whole, other, size) => {
        const within = split(whole, size).within(other)
        expect(union([...within])).toEqual(intersect([whole], [other]))
        for (const { from, to } of within) if (from !== undefined) expect(to - from <= size).toBe(true)
      }),
    )
  })

  it('makes windows as they are asked for, however many there are', () => {
    const windows = split(range(-(2n ** 63n), 2n ** 63n), 1000n)
    expect(windows.count).toBe(Number(2n ** 64n / 1000n))
    const [newest] = windows.newestFirst()
    expect(newest).toEqual(range(2n ** 63n - 616n, 2n ** 63n))
    const [oldest] = windows
    expect(oldest).toEqual(range(-(2n ** 63n), -(2n ** 63n) + 1000n))
  })

  it('reads every row once, wherever the range is split', () => {
    fc.assert(
      fc.property(boundedRange, fc.bigInt({ min: 1n, max: 25n }), fc.array(position), (whole, size, rows) => {
        const inside = rows.filter((row) => contains(whole, row))
        const read = [...split(whole, size)].flatMap((window) => rows.filter((row) => contains(window, row)))
        expect(read.toSorted(ascending)).toEqual(inside.toSorted(ascending))
      }),
    )
  })

  it('does not cut an open start, and gives nothing for nothing', () => {
    expect([...split(range(undefined, 5n), 1n)]).toEqual([range(undefined, 5n)])
    expect([...split(range(0n, 5n), undefined)]).toEqual([range(0n, 5n)])
    expect([...split(range(5n, 5n), 1n)]).toEqual([])
  })
})
