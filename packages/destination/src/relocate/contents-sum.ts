import type { ColumnType, Contents, StoredRow } from '@tidemark/core/engine'
import { canonicalText, joinedText } from '../compare/canonical-text.ts'
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
        const texts = types.map((type, at) => canonicalText(values[at], type))
        const system = [
          position === null ? null : String(position),
          partition,
          syncedAt,
          deletedAt,
          ...(missing === undefined ? [] : [missing]),
          ...(run === undefined ? [] : [run === null ? null : String(run)]),
        ]
        sum.add(joinedText([...texts, ...system]))
        count++
      }
    },
    contents: () => ({ rows: count, hash: sum.text }),
  }
}
