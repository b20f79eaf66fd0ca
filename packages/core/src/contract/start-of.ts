import { type Cursor, floorTo, positionOf, textAt } from './cursor.ts'
import type { Question } from './question.ts'
import type { Table } from './table.ts'

/** Where a history begins: the position of a value, or the question to ask for it. */
export function startOf(start: unknown, cursor: Cursor | undefined, fail: (problem: string) => never): Table['start'] {
  if (typeof start === 'function') return start as (question: Question) => unknown
  if (start === undefined || cursor === undefined) return undefined
  const position = positionOf(start, cursor.type)
  if (position === undefined)
    return fail(`start is no ${cursor.type}: ${String(start)}; write it like ${textAt(0n, cursor)}`)
  return floorTo(BigInt(position), cursor.tick)
}
