import type { ColumnType } from '@tidemark/core'
import { type CursorType, isCursorType } from '@tidemark/core/values'
import type { FoundColumn } from './found-table.ts'

/**
 * As what a column can be the cursor where it is read as a type; undefined where it cannot. The database compares bounds
 * with what it holds, whatever a value is read as: a text that is called a time would be compared as a text.
 */
export function comparedAs(found: FoundColumn, type: ColumnType): CursorType | undefined {
  if (!isCursorType(type)) return undefined
  const isOwn = found.type === type
  // A time without an offset that the user takes for one of UTC; whole numbers that have another name.
  const isMeant =
    (found.type === 'local_timestamp' && type === 'timestamp') ||
    (found.type === 'numeric' && type === 'integer' && isWhole(found.kind))
  return isOwn || isMeant ? type : undefined
}

/** `numeric(20,0)`, `decimal(20)`, `bigint(20) unsigned`. */
function isWhole(kind: string): boolean {
  return /^(numeric|decimal)\((\d+,\s*0|\d+)\)|^bigint\b.*unsigned/i.test(kind)
}
