import { type Segment, shareBetween } from '@tidemark/engine'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { coverageBar } from '../src/show/coverage-bar.ts'

const cuts = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom(0, 1),
    fc.integer({ min: 0, max: 48 }).map((at) => at / 48),
    fc.double({ min: 0, max: 1, noNaN: true }),
  ),
  { maxLength: 12 },
)
/** Pieces of an axis in order, each covered by some of its partitions. */
const pieces = fc
  .tuple(cuts, fc.array(fc.constantFrom(0, 0.25, 0.5, 0.9, 1), { minLength: 12, maxLength: 12 }))
  .map(([at, shares]) => {
    const sorted = at.toSorted((a, b) => a - b)
    return sorted
      .slice(1)
      .flatMap((to, nth): Segment[] => (shares[nth] === 0 ? [] : [{ from: sorted[nth]!, to, share: shares[nth]! }]))
  })

it('a column of a bar shows the share of its own piece of the axis', () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 30 }), (segments, width) => {
      const bar = coverageBar(segments, width)
      expect(bar).toHaveLength(width)
      for (const [column, drawn] of [...bar].entries()) {
        const share = shareBetween(segments, column / width, (column + 1) / width)
        const least = { '█': column === width - 1 ? 0.5 : 0.999_998, '▓': 0.499_999, '░': 0, '·': 0 }[drawn]!
        const most = { '█': 1, '▓': column === width - 1 ? 0.500_001 : 1, '░': 0.500_001, '·': 1e-9 }[drawn]!
        expect(share).toBeGreaterThanOrEqual(least)
        expect(share).toBeLessThanOrEqual(most)
      }
    }),
  )
})

it.each([
  [[], '····'],
  [[{ from: 0, to: 1, share: 1 }], '████'],
  [[{ from: 0, to: 0.9, share: 1 }], '████'],
  [[{ from: 0.5, to: 1, share: 1 }], '··██'],
  [[{ from: 0, to: 0.0001, share: 1 }], '░···'],
  [
    [
      { from: 0, to: 0.25, share: 1 },
      { from: 0.26, to: 1, share: 1 },
    ],
    '█▓██',
  ],
  [[{ from: 0, to: 1, share: 0.5 }], '▓▓▓▓'],
] as const)('%j is %s', (segments, bar) => {
  expect(coverageBar(segments, 4)).toBe(bar)
})
