import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { floorTo } from '../src/contract/cursor.ts'
import { completeTo, contains, cutAt, gaps, hull, intersect, readFrom, subtract, union } from '../src/store/coverage.ts'
import { isEmpty, type Range } from '../src/values/window.ts'
import { split } from '../src/values/windows.ts'
import { boundedRange, position, range, someRange, someRanges } from './arbitrary.ts'

// The model: the set of integers in the ranges, with one number that stands for everything below them all.
const BELOW_ALL = -40
const WORLD = Array.from({ length: 81 }, (_, at) => at - 40)
function model(ranges: readonly Range[]): ReadonlySet<number> {
  return new Set(WORLD.filter((at) => ranges.some(({ from, to }) => (from === undefined || at >= from) && at < to)))
}

/** Sorted, disjoint, joined, nothing empty: the only way to write this set. */
function expectNormal(ranges: readonly Range[]): void {
  for (const [at, one] of ranges.entries()) {
    expect(isEmpty(one)).toBe(false)
    if (at === 0) continue
    expect(one.from).toBeDefined()
    expect(one.from! > ranges[at - 1]!.to).toBe(true)
  }
}

describe('a set of ranges', () => {
  it('unites, subtracts and intersects as sets of integers do, open starts too', () => {
    fc.assert(
      fc.property(someRanges, someRanges, (a, b) => {
        const [left, right] = [model(a), model(b)]
        for (const [result, wanted] of [
          [union(a, b), [...left, ...right]],
          [subtract(a, b), [...left].filter((at) => !right.has(at))],
          [intersect(a, b), [...left].filter((at) => right.has(at))],
        ] as const) {
          expect(model(result)).toEqual(new Set(wanted))
          expectNormal(result)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('is written in one way only: union is idempotent, commutative and associative', () => {
    fc.assert(
      fc.property(someRanges, someRanges, someRanges, (a, b, c) => {
        expect(union(union(a))).toEqual(union(a))
        expect(union(a, a)).toEqual(union(a))
        expect(union(a, b)).toEqual(union(b, a))
        expect(union(union(a, b), c)).toEqual(union(a, union(b, c)))
      }),
    )
  })

  it('leaves what it is given as it was', () => {
    fc.assert(
      fc.property(someRanges, someRanges, (a, b) => {
        const before = structuredClone([a, b])
        const united = union(a)
        const kept = structuredClone(united)
        union(united, b)
        subtract(united, b)
        intersect(a, united)
        expect([a, b]).toEqual(before)
        expect(united).toEqual(kept)
      }),
    )
  })

  it('holds 64-bit integers exactly', () => {
    const [min, max] = [-(2n ** 63n), 2n ** 63n - 1n]
    expect(gaps(range(min, max), [range(min + 1n, max - 1n)])).toEqual([range(min, min + 1n), range(max - 1n, max)])
    expect(union([range(2n ** 53n, 2n ** 53n + 1n)], [range(2n ** 53n + 1n, 2n ** 53n + 2n)])).toHaveLength(1)
    expect(union([range(2n ** 53n, 2n ** 53n + 1n)], [range(2n ** 53n + 2n, 2n ** 53n + 3n)])).toHaveLength(2)
  })

  it('knows what lies in it, whether asked with a number or a bigint', () => {
    fc.assert(
      fc.property(someRange, position, (one, at) => {
        expect(contains(one, at)).toBe(model([one]).has(Number(at)))
        expect(contains(one, Number(at))).toBe(contains(one, at))
      }),
    )
  })

  it('takes ten thousand commits in any order', () => {
    const committed = Array.from({ length: 10_000 }, (_, at) => range(BigInt((at * 7919) % 10_000), 0n)).map(
      ({ from }) => range(from, from! + 1n),
    )
    expect(union(committed)).toEqual([range(0n, 10_000n)])
    expect(gaps(range(0n, 20_000n), committed)).toEqual([range(10_000n, 20_000n)])
  })
})

describe('gaps', () => {
  it('and coverage never overlap, and together they are what is wanted', () => {
    fc.assert(
      fc.property(someRange, someRanges, (wanted, covered) => {
        const open = gaps(wanted, covered)
        expectNormal(open)
        expect(intersect(open, covered)).toEqual([])
        expect(union(open, intersect([wanted], covered))).toEqual(union([wanted]))
      }),
    )
  })

  it('are closed by commits, whatever their order', () => {
    const run = fc.tuple(boundedRange, someRanges, fc.bigInt({ min: 1n, max: 5n })).chain(([wanted, covered, size]) => {
      const windows = gaps(wanted, covered).flatMap((gap) => [...split(gap, size)])
      const inAnyOrder = fc.shuffledSubarray(windows, { minLength: windows.length, maxLength: windows.length })
      return fc.record({ wanted: fc.constant(wanted), covered: fc.constant(covered), windows: inAnyOrder })
    })
    fc.assert(
      fc.property(run, ({ wanted, covered, windows }) => {
        let now = union(covered)
        for (const window of windows) {
          const next = union(now, [window])
          expect(subtract(now, next)).toEqual([]) // coverage never shrinks
          expect(intersect([window], now)).toEqual([]) // no window is read twice
          now = next
        }
        expect(gaps(wanted, now)).toEqual([])
        expect(now).toEqual(union(covered, [wanted]))
      }),
    )
  })

  it('are the same after any crash: what did not commit is wanted again, nothing else', () => {
    fc.assert(
      fc.property(boundedRange, fc.bigInt({ min: 1n, max: 5n }), fc.array(fc.boolean()), (wanted, size, committed) => {
        const windows = [...split(wanted, size)]
        const covered = windows.filter((_, at) => committed[at] === true)
        const lost = windows.filter((_, at) => committed[at] !== true)
        expect(gaps(wanted, covered)).toEqual(union(lost))
      }),
    )
  })

  it('are exactly the missing early range when the start moves down', () => {
    const covered = [range(10n, 50n)]
    expect(gaps(range(10n, 50n), covered)).toEqual([])
    expect(gaps(range(3n, 50n), covered)).toEqual([range(3n, 10n)])
    expect(gaps(range(undefined, 60n), covered)).toEqual([range(undefined, 10n), range(50n, 60n)])
    expect(gaps(range(20n, 60n), covered)).toEqual([range(50n, 60n)])
  })

  it('are none where the end lies below what is covered', () => {
    expect(gaps(range(0n, 5n), [range(0n, 50n)])).toEqual([])
    expect(gaps(range(9n, 5n), [])).toEqual([])
  })
})

describe('hull', () => {
  it('holds both ranges and starts and ends with one of them', () => {
    fc.assert(
      fc.property(someRange, someRange, (a, b) => {
        const { from, to } = hull(a, b)
        expect([a.to, b.to]).toContain(to)
        expect([a.from, b.from]).toContain(from)
        for (const one of [a, b]) {
          expect(one.to <= to).toBe(true)
          expect(from === undefined || (one.from !== undefined && from <= one.from)).toBe(true)
        }
      }),
    )
    expect(hull(range(1n, 2n), undefined)).toEqual(range(1n, 2n))
  })
})

describe('cutAt', () => {
  it('parts a range in two that lose nothing, at any position', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          boundedRange,
          position.map((to) => range(undefined, to)),
        ),
        position,
        (whole, at) => {
          const { below, above } = cutAt(whole, at)
          const parts = [below, above].filter((part) => part !== undefined)
          expect(union(parts)).toEqual([whole])
          expect(parts.some(isEmpty)).toBe(false)
          expect(intersect(below === undefined ? [] : [below], above === undefined ? [] : [above])).toEqual([])
          if (below !== undefined) expect(below.to <= at).toBe(true)
          if (above !== undefined) expect(above.from! >= at).toBe(true)
        },
      ),
    )
  })
})

describe('readFrom', () => {
  const lookedBack = fc.record({
    gap: boundedRange,
    covered: someRanges,
    lookback: fc.bigInt({ min: 0n, max: 15n }),
    tick: fc.bigInt({ min: 1n, max: 7n }),
    floor: fc.option(position, { nil: undefined }),
  })

  it('looks back under a covered end that borders the gap, and nowhere else', () => {
    fc.assert(
      fc.property(lookedBack, ({ gap, ...options }) => {
        const from = readFrom(gap, options)!
        expect(from <= gap.from!).toBe(true)
        const borders =
          model(options.covered).has(Number(gap.from! - 1n)) && !model(options.covered).has(Number(gap.from))
        if (!borders) expect(from).toBe(gap.from)
      }),
      { numRuns: 1000 },
    )
  })

  it('reads nothing again that is not covered, and nothing below the floor', () => {
    fc.assert(
      fc.property(lookedBack, ({ gap, ...options }) => {
        const from = readFrom(gap, options)!
        if (from === gap.from) return
        expect(subtract([range(from, gap.from!)], options.covered)).toEqual([])
        if (options.floor !== undefined) expect(from >= options.floor).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('reaches at least as far as asked, down to the tick, where nothing stops it', () => {
    fc.assert(
      fc.property(lookedBack, ({ gap, lookback, tick }) => {
        const covered = [range(undefined, gap.from!)]
        const from = readFrom(gap, { covered, lookback, tick })!
        expect(from).toBe(lookback === 0n ? gap.from : floorTo(gap.from! - lookback, tick))
        expect(gap.from! - from >= lookback).toBe(true)
      }),
    )
  })

  it('stops at the start of the covered window, and at the floor', () => {
    const gap = range(100n, 200n)
    const looking = { lookback: 30n, tick: 1n }
    expect(readFrom(gap, { ...looking, covered: [range(90n, 100n)] })).toBe(90n)
    expect(readFrom(gap, { ...looking, covered: [range(0n, 100n)] })).toBe(70n)
    expect(readFrom(gap, { ...looking, covered: [range(0n, 100n)], floor: 80n })).toBe(80n)
    expect(readFrom(gap, { ...looking, covered: [range(0n, 100n)], floor: 150n })).toBe(100n)
    expect(readFrom(gap, { ...looking, covered: [range(0n, 50n), range(50n, 100n)] })).toBe(70n) // neighbours are one
    expect(readFrom(gap, { ...looking, covered: [range(0n, 99n)] })).toBe(100n)
    expect(readFrom(range(undefined, 200n), { ...looking, covered: [] })).toBe(undefined)
    expect(readFrom(gap, { covered: [range(0n, 100n)], lookback: 30n, tick: 24n })).toBe(48n)
  })
})

describe('completeTo', () => {
  it('is the end up to which nothing is missing', () => {
    fc.assert(
      fc.property(boundedRange, someRanges, (wanted, covered) => {
        const to = completeTo(wanted, covered)
        const open = gaps(wanted, covered)
        if (to === undefined) expect(open[0]!.from).toBe(wanted.from)
        else {
          expect(gaps(range(wanted.from, to), covered)).toEqual([])
          expect(open.length === 0 ? to === wanted.to : open[0]!.from === to).toBe(true)
        }
      }),
    )
  })

  it('knows nothing where an open start is not covered from below', () => {
    expect(completeTo(range(undefined, 9n), [range(0n, 9n)])).toBe(undefined)
    expect(completeTo(range(undefined, 9n), [range(undefined, 5n)])).toBe(5n)
    expect(completeTo(range(undefined, 9n), [range(undefined, 9n)])).toBe(9n)
  })
})

it('the model has room below every range for what an open start reaches', () => {
  expect(model([range(undefined, -12n)]).has(BELOW_ALL)).toBe(true)
  expect(model([range(-12n, 12n)]).has(BELOW_ALL)).toBe(false)
})

describe('the work for many ranges', () => {
  let looks = 0
  /** A range that counts how often its end is looked at. */
  const counted = (from: bigint, to: bigint): Range => ({
    from,
    get to() {
      looks++
      return to
    },
  })
  const looksAt = (work: () => unknown): number => {
    looks = 0
    work()
    return looks
  }
  const every = (count: number, size: bigint): Range[] =>
    Array.from({ length: count }, (_, at) => counted(BigInt(at) * 10n, BigInt(at) * 10n + size))

  it.each([
    ['subtract', subtract],
    ['intersect', intersect],
  ] as const)('grows as they do: %s', (_, work) => {
    const of = (count: number): number => looksAt(() => work(every(count, 8n), every(count, 3n)))
    expect(of(4000)).toBeLessThan(2.2 * of(2000))
  })

  it('is small where one window comes to many', () => {
    const many = union(every(4000, 3n))
    expect(looksAt(() => union(many, [range(20_003n, 20_010n)]))).toBeLessThan(50)
  })
})
