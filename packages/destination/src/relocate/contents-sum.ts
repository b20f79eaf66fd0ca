import { hash } from 'node:crypto'
import type { ColumnType, Contents, StoredRow } from '@tidemark/core/engine'
import { canonicalText, joinedText } from '../compare/canonical-text.ts'

/** Sums up the contents of rows, in whatever order they come. Equal rows of two databases have one sum. */
export function contentsSum(types: readonly ColumnType[]): {
  add(rows: readonly StoredRow[]): void
  contents(): Contents
} {
  let count = 0
  let high = 0n
  let low = 0n
  return {
    add(rows) {
      for (const { values, position, partition, syncedAt, deletedAt, missing } of rows) {
        const texts = types.map((type, at) => canonicalText(values[at], type))
        const system = [
          position === null ? null : String(position),
          partition,
          syncedAt,
          deletedAt,
          ...(missing === undefined ? [] : [missing]),
        ]
        const one = hash('sha256', joinedText([...texts, ...system]), 'buffer')
        const view = new DataView(one.buffer, one.byteOffset, one.byteLength)
        high = BigInt.asUintN(64, high + view.getBigUint64(0))
        low = BigInt.asUintN(64, low + view.getBigUint64(8))
        count++
      }
    },
    contents: () => ({ rows: count, hash: high.toString(16).padStart(16, '0') + low.toString(16).padStart(16, '0') }),
  }
}
