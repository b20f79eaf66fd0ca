import { type Cursor, floorTo, positionOf, textAt } from './cursor.ts'
import type { Question } from './question.ts'

/** Where a table's rows begin: a position, or the function that returns it; undefined if its author does not say. */
export type Start = bigint | ((question: Question) => unknown) | undefined

/** What an author writes as `start`, checked. */
export function startOf(start: unknown, cursor: Cursor | undefined, fail: (problem: string) => never): Start {
  if (typeof start === 'function') return start as (question: Question) => unknown
  if (start === undefined || cursor === undefined) return undefined
  const position = positionOf(start, cursor.type)
  if (position === undefined)
    return fail(`start is not a valid ${cursor.type}: ${String(start)}; write it like ${textAt(0n, cursor)}`)
  return floorTo(BigInt(position), cursor.tick)
}
