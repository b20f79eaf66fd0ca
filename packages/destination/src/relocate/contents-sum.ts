import type { ColumnType, Contents, StoredRow } from '@tidemark/core/engine'
import { canonicalText, joinable } from '../compare/canonical-text.ts'
import { RowSum } from '../compare/row-sum.ts'

/** Sums up the contents of rows, in whatever order they come. Equal rows of two databases have one sum. */
export function contentsSum(types: readonly ColumnType[]): {
  add(rows: readonly StoredRow[]): void
  contents(): Contents
} {
  let count = 0
  const sum = new RowSum()
  return {
    add(rows) {
      for (const { values, position, partition, syncedAt, deletedAt, missing, run } of rows) {
        let joined = ''
        for (let at = 0; at < types.length; at++) joined += joinable(canonicalText(values[at], types[at]!))
        joined += joinable(position === null ? null : String(position))
        joined += joinable(partition) + joinable(syncedAt) + joinable(deletedAt)
        if (missing !== undefined) joined += joinable(missing)
        if (run !== undefined) joined += joinable(run === null ? null : String(run))
        sum.add(joined)
        count++
      }
    },
    contents: () => ({ rows: count, hash: sum.text }),
  }
}
