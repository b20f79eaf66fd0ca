import type { SchemaMode } from '../contract/config.ts'
import { type ColumnType, holds } from '../values/column-types.ts'
import type { KnownColumn } from './state.ts'

/** The changes that let a destination table hold the columns a source has today. */
export interface ColumnChanges {
  readonly add: readonly { readonly name: string; readonly type: ColumnType }[]
  readonly widen: readonly { readonly name: string; readonly from: ColumnType; readonly to: ColumnType }[]
  /** Changes that lose something, or that the mode forbids. */
  readonly refuse: readonly { readonly name: string; readonly from: ColumnType | undefined; readonly to: ColumnType }[]
}

/**
 * Compares the columns that a destination table has with those that a source has today. A column that a source no
 * longer has stays; one that is wider in the destination than in the source stays as wide.
 *
 * @param fixed columns that may not change: those of the key and the cursor.
 */
export function columnChanges(
  known: readonly KnownColumn[],
  wanted: readonly { readonly name: string; readonly type: ColumnType }[],
  { mode, fixed }: { readonly mode: SchemaMode; readonly fixed: readonly string[] },
): ColumnChanges {
  const types = new Map(known.map((column) => [column.name, column.type]))
  const add: { name: string; type: ColumnType }[] = []
  const widen: { name: string; from: ColumnType; to: ColumnType }[] = []
  const refuse: { name: string; from: ColumnType | undefined; to: ColumnType }[] = []
  for (const { name, type } of wanted) {
    const from = types.get(name)
    if (from === undefined) {
      if (mode === 'evolve') add.push({ name, type })
      else if (mode === 'freeze') refuse.push({ name, from, to: type })
    } else if (!holds(from, type)) {
      if (mode === 'evolve' && holds(type, from) && !fixed.includes(name)) widen.push({ name, from, to: type })
      else if (mode !== 'discard-row') refuse.push({ name, from, to: type })
    }
  }
  return { add, widen, refuse }
}
