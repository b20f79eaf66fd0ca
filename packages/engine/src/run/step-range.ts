import type { Range } from '@tidemark/core/engine'
import type { Step } from '../plan/step.ts'

/** What a step reads; the step of a whole partition reads all of it. */
export const stepRange = ({ window }: Step): Range => window ?? { from: undefined, to: 2n ** 64n }

/** The smallest range around both. */
export function hull(a: Range | undefined, b: Range): Range {
  if (a === undefined) return b
  const isLower = a.from === undefined || (b.from !== undefined && a.from < b.from)
  return { from: isLower ? a.from : b.from, to: highest(a.to, b.to)! }
}

export function highest(...positions: readonly (bigint | undefined)[]): bigint | undefined {
  return positions.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
}
