import { SyncError } from '@tidemark/core'
import type { ColumnType, StoredRow } from '@tidemark/core/engine'
import { canonicalText } from '../compare/canonical-text.ts'
import { dataColumns, dataTypes, type Layout, systemTypes } from '../table/columns.ts'
import type { ValueCodec } from '../values/codec.ts'

/** The columns that a row is written into as it is. */
export function storedColumns(layout: Layout): readonly { readonly name: string; readonly type: ColumnType }[] {
  const types = dataTypes(layout)
  return [
    ...dataColumns(layout).map((name, at) => ({ name, type: types[at]! })),
    ...systemTypes(layout).map(([name, type]) => ({ name, type })),
  ]
}

/** Gives a row in the forms that a database takes. @throws SyncError code `unfit` for a value that it cannot hold. */
export function storedForms(layout: Layout, codec: ValueCodec): (row: StoredRow) => readonly unknown[] {
  const columns = storedColumns(layout).map(({ name, type }) => ({ name, type, form: codec.stored[type] }))
  return (row) => {
    const all = [
      ...row.values,
      ...[row.position, row.syncedAt, row.deletedAt],
      ...(layout.partitioned ? [row.partition] : []),
      ...(layout.fed ? [row.missing] : []),
      ...(layout.runs ? [row.run] : []),
    ]
    return columns.map(({ name, type, form: formOf }, at) => {
      const value = all[at]
      if (value === null || value === undefined) return null
      const form = formOf(value)
      if (form === undefined)
        throw unfit(layout, row, `column "${name}" holds ${shown(value)}, which is not a valid ${type} there`)
      return form
    })
  }
}

/** @returns an error that names the table, the row and what is wrong with it. */
export function unfit({ name, keyAt, columns }: Layout, { values }: StoredRow, problem: string): SyncError {
  const key = keyAt.map((at) => canonicalText(values[at], columns[at]!.stored))
  const which = key.length === 0 ? 'a row' : `the row with the key ${JSON.stringify(key).slice(0, 200)}`
  return new SyncError(`table "${name}": ${which} cannot be stored there: ${problem}`, 'fix-config', { code: 'unfit' })
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value)
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
