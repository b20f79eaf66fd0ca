import type { Deletion, EncodedKey } from '@tidemark/core/engine'
import { dataColumns, type Layout } from '../table/columns.ts'

/** A key and its position, as `Session.withKeys` takes them: the values of an encoded row's key, and its position. */
export function keyRow({ keyAt }: Layout, row: readonly unknown[]): readonly unknown[] {
  return [...keyAt.map((at) => row[at]), row.at(-1)]
}

/** The same of a key that is known by itself. */
export function keyAndPosition(key: EncodedKey, position: Deletion['position']): readonly unknown[] {
  return [...key, position]
}

/** A key as an encoded row whose other values are NULL, as a staging table takes it. */
export function entryOf(layout: Layout, key: EncodedKey, position: Deletion['position']): readonly unknown[] {
  const row: unknown[] = new Array(dataColumns(layout).length + 1).fill(null)
  for (const [at, place] of layout.keyAt.entries()) row[place] = key[at]
  row[row.length - 1] = position
  return row
}
