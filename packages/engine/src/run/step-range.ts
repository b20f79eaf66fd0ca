import type { Range } from '@tidemark/core/engine'
import type { Step } from '../plan/step.ts'

/** The highest of positions; undefined where none is known. */
export function last(...positions: readonly (bigint | undefined)[]): bigint | undefined {
  return positions.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
}

/** What a step reads; the step of a whole partition reads all of it. */
export const rangeRead = ({ window }: Step): Range => window ?? { from: undefined, to: 2n ** 64n }

/** What reaches from the one to the other; where there is one only, that one. */
export function hull(a: Range | undefined, b: Range): Range {
  if (a === undefined) return b
  const isLower = a.from === undefined || (b.from !== undefined && a.from < b.from)
  return { from: isLower ? a.from : b.from, to: last(a.to, b.to)! }
}
