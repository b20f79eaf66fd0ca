import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lowestStart } from '../src/contract/cursor.ts'
import { gaps, union } from '../src/store/coverage.ts'
import { INT64_MIN } from '../src/values/int64.ts'
import { OpenWindows } from '../src/values/open-windows.ts'
import type { Range } from '../src/values/window.ts'
import { position, range } from './arbitrary.ts'

const size = fc.bigInt({ min: 1n, max: 25n })
const open = (to: bigint): Range => range(undefined, to)

describe('the windows of a range without a start', () => {
  it('follow one another down from its end, and together are all of it', () => {
    fc.assert(
      fc.property(position, size, position, (to, length, floor) => {
        const windows = [...new OpenWindows(open(to), length, floor).newestFirst()]
        expect(union(windows)).toEqual([open(to)])
        expect(windows[0]?.to).toBe(to)
        for (const [at, window] of windows.entries()) {
          const next = windows[at + 1]
          expect(window.from).toBe(next?.to)
          if (window.from === undefined) continue
          expect(window.from >= floor).toBe(true)
          // Only the one that meets the floor may be shorter.
          const length_ = window.to - window.from
          expect(window.from === floor ? length_ <= length : length_ === length).toBe(true)
        }
      }),
    )
  })

  it('are the same for a run that continues behind any of them', () => {
    fc.assert(
      fc.property(position, size, position, fc.nat(10), (to, length, floor, done) => {
        const windows = [...new OpenWindows(open(to), length, floor).newestFirst()]
        const [left] = gaps(open(to), windows.slice(0, Math.min(done, windows.length - 1)))
        const again = [...new OpenWindows(left!, length, floor).newestFirst()]
        expect(again).toEqual(windows.slice(Math.min(done, windows.length - 1)))
      }),
    )
  })

  it('are made as they are asked for', () => {
    const windows = new OpenWindows(open(2n ** 63n), 1000n, INT64_MIN).newestFirst()
    expect(windows.next().value).toEqual(range(2n ** 63n - 1000n, 2n ** 63n))
    expect(windows.next().value).toEqual(range(2n ** 63n - 2000n, 2n ** 63n - 1000n))
  })
})

describe('how low a window may start', () => {
  it('is zero for integers above it, else the lowest that the cursor can hold', () => {
    expect(lowestStart({ type: 'integer', form: 'bigint' }, 1n)).toBe(0n)
    expect(lowestStart({ type: 'integer', form: 'bigint' }, 0n)).toBe(INT64_MIN)
    expect(lowestStart({ type: 'integer', form: 'number' }, -1n)).toBe(BigInt(Number.MIN_SAFE_INTEGER))
  })

  it('is the year 1 for times', () => {
    const year1 = BigInt(Date.parse('0001-01-01T00:00:00Z')) * 1000n
    for (const type of ['timestamp', 'date'] as const) expect(lowestStart({ type, form: 'text' }, 0n)).toBe(year1)
  })
})
