import type { KeyRangeRef, Table } from '@tidemark/core/engine'
import { bound } from './bound.ts'
import { positionIn } from './position-in.ts'
import type { Raw } from './reject.ts'

/** Whether a row lies outside of the key range that is read. One whose key cannot be read does not. */
export function outsideKeys({
  table,
  keyRange,
}: {
  readonly table: Table
  readonly keyRange?: KeyRangeRef | undefined
}): (row: Raw) => boolean {
  const column = table.columns.find(({ name }) => name === keyRange?.column)
  const cursor = table.keyRanges?.column
  if (keyRange === undefined || column === undefined || cursor === undefined) return () => false
  const [from, to] = [bound(keyRange.from), bound(keyRange.to)]
  return (row) => {
    const key = positionIn(row, column, { cursor })
    if (key === undefined || key === null) return false
    return (from !== undefined && key < from) || (to !== undefined && key >= to)
  }
}
