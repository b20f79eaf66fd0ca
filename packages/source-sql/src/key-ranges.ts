import type { Column } from '@tidemark/core'
import type { ChosenCursor } from './choose-cursor.ts'
import type { TableConfig } from './config.ts'
import type { Asked, KeyBounds } from './database.ts'
import type { FoundTable } from './found-table.ts'
import { isLarge, RANGE_ROWS } from './range-rows.ts'
import type { Client } from './source.ts'

export interface KeyRangesQuestion {
  readonly cursor: ChosenCursor | undefined
  readonly primaryKey: readonly string[]
  /** The columns as they are read. */
  readonly columns: readonly Column[]
  readonly own: TableConfig | undefined
  readonly warn: (message: string) => void
}

/** What a table without a cursor says of how its full refresh is cut. */
export interface KeyRangesSpec {
  readonly column: string
  bounds(question: Asked & { readonly client: Client }): Promise<readonly bigint[] | undefined>
}

/** The ranges of its key that a large table without a cursor is read in; absent: it has no integer to cut it by. */
export function keyRangesFor(
  table: FoundTable,
  { cursor, primaryKey, columns, own, warn }: KeyRangesQuestion,
): { readonly keyRanges?: KeyRangesSpec } {
  const asked = own?.rangeRows
  if (asked === false) return {}
  const column = cursor === undefined ? cutBy(table, primaryKey, columns) : undefined
  if (column === undefined) {
    if (asked !== undefined) warn(`rangeRows has no effect: ${whyNot(table, cursor, primaryKey)}`)
    return {}
  }
  const perRange = asked ?? RANGE_ROWS
  return {
    keyRanges: {
      column,
      async bounds({ client: { database }, signal, log }) {
        const { rows } = table
        if (rows !== undefined && !isLarge(rows, perRange)) return undefined
        return await database.keyBounds(table, column, { signal, log, perRange })
      },
    },
  }
}

/** A range as the engine asks for it, by the column that cuts the table. */
export function keysIn(
  column: string,
  { from, to }: { readonly from: number | bigint | undefined; readonly to: number | bigint | undefined },
): KeyBounds {
  return {
    column,
    from: from === undefined ? undefined : BigInt(from),
    to: to === undefined ? undefined : BigInt(to),
  }
}

/** The first integer of the key by which the database finds a range of rows without looking at all of them. */
function cutBy(
  { kind, indexed, columns: found }: FoundTable,
  primaryKey: readonly string[],
  columns: readonly Column[],
): string | undefined {
  const isInteger = (name: string, all: readonly { readonly name: string; readonly type: string }[]): boolean =>
    all.some((column) => column.name === name && column.type === 'integer')
  if (kind === 'view') return undefined
  return primaryKey.find((name) => indexed.has(name) && isInteger(name, columns) && isInteger(name, found))
}

function whyNot({ kind }: FoundTable, cursor: ChosenCursor | undefined, primaryKey: readonly string[]): string {
  if (cursor !== undefined) return `the table is read by its cursor "${cursor.column}"`
  if (kind === 'view') return 'it is a view'
  return primaryKey.length === 0
    ? 'the table has no key'
    : `no index begins with an integer of its key (${primaryKey.join(', ')})`
}
