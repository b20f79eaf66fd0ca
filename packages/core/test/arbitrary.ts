import fc from 'fast-check'
import type { Range } from '../src/values/window.ts'

export function range(from: bigint | undefined, to: bigint): Range {
  return { from, to }
}

/** Positions close together, so that ranges meet, touch and overlap often. */
export const position = fc.bigInt({ min: -12n, max: 12n })

/** Ranges, some with an open start, some empty. */
export const someRange: fc.Arbitrary<Range> = fc.record({
  from: fc.option(position, { nil: undefined, freq: 6 }),
  to: position,
})
export const someRanges = fc.array(someRange, { maxLength: 8 })

/** A range with a start and something in it. */
export const boundedRange: fc.Arbitrary<Range> = fc
  .tuple(position, fc.bigInt({ min: 1n, max: 20n }))
  .map(([from, length]) => ({ from, to: from + length }))

/** Instants between the years 0 and 9999, in microseconds. */
export const micros = fc.oneof(
  fc.bigInt({ min: -62_167_219_200_000_000n, max: 253_402_300_799_999_999n }),
  fc.bigInt({ min: 1_500_000_000_000_000n, max: 1_900_000_000_000_000n }),
  fc.bigInt({ min: -2_000_000n, max: 2_000_000n }),
)
