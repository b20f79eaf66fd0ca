import type { FeedCheckpoint, Table, TableChange } from '@tidemark/core/engine'
import { UNCHANGED } from '@tidemark/core/engine'
import { textOf } from '../source/row-text.ts'

export type RawRow = Readonly<Record<string, unknown>>

/** What a feed yielded, in its order. */
export type ToldItem =
  | { readonly change: TableChange; readonly checkpoint?: undefined }
  | { readonly checkpoint: FeedCheckpoint; readonly change?: undefined }

/** What was never told of a row. */
const NOT_TOLD = 'not told'

/** What changes come to: the rows of each table as the feed tells them, without an engine. */
export function toldRows(tables: readonly Table[], items: readonly ToldItem[]): ReadonlyMap<string, readonly RawRow[]> {
  const folds = new Map(tables.map((table) => [table.name, new Fold(table)]))
  for (const { change } of items) if (change !== undefined) folds.get(change.table)?.take(change)
  return new Map([...folds].map(([name, fold]) => [name, [...fold.rows.values()].map(({ row }) => row)]))
}

class Fold {
  readonly rows = new Map<string, { readonly row: RawRow; readonly toldAt: number }>()
  readonly #table: Table
  #count = 0
  #snapshotFrom = 0

  constructor(table: Table) {
    this.#table = table
  }

  take(change: TableChange): void {
    this.#count++
    switch (change.kind) {
      case 'upserted':
        for (const row of change.rows) this.#upsert(row, change.before)
        break
      case 'deleted':
        for (const key of change.keys) this.rows.delete(this.#id(key))
        break
      case 'truncated':
        this.rows.clear()
        break
      case 'snapshot-started':
        this.#snapshotFrom = this.#count
        break
      case 'snapshot-ended':
        for (const [id, { toldAt }] of this.rows) if (toldAt < this.#snapshotFrom) this.rows.delete(id)
        break
      case 'schema-changed':
        break
    }
  }

  #upsert(row: RawRow, before: RawRow | undefined): void {
    const origin = this.rows.get(this.#id(before ?? row))?.row
    if (before !== undefined) this.rows.delete(this.#id(before))
    const whole = Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, value === UNCHANGED ? carried(origin, name) : value]),
    )
    this.rows.set(this.#id(row), { row: whole, toldAt: this.#count })
  }

  #id(row: RawRow): string {
    const { primaryKey } = this.#table
    return primaryKey.length === 0
      ? `${this.rows.size} ${this.#count} ${textOf(row)}`
      : textOf(primaryKey.map((name) => row[name]))
  }
}

const carried = (origin: RawRow | undefined, name: string): unknown =>
  origin !== undefined && Object.hasOwn(origin, name) ? origin[name] : NOT_TOLD
