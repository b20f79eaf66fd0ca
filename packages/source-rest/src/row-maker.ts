import type { Column } from '@tidemark/core'
import { atPath, type BodyPath } from '@tidemark/http'
import { type Convert, converterOf } from './convert.ts'
import type { ColumnTypeName, RestTable } from './table-config.ts'

/** Makes a table's row of an API's. What is no object comes back as it is, for the engine to refuse. */
export type RowMaker = (row: unknown) => unknown

interface Place {
  readonly name: string
  readonly at: BodyPath | undefined
  readonly convert: Convert
}

/** What the config says of a column. */
export function declaredOf(
  table: RestTable,
  name: string,
): { readonly type: ColumnTypeName | undefined; readonly at: BodyPath | undefined } {
  const spec = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined
  return typeof spec === 'object' ? { type: spec.type, at: spec.at } : { type: spec, at: undefined }
}

/** Gives rows the columns that a table has, their values in its types; further fields stay as they are. */
export function rowMaker(table: RestTable, columns: readonly Column[]): RowMaker {
  const places: Place[] = columns.map(({ name, type }) => {
    const declared = declaredOf(table, name)
    return { name, at: declared.at, convert: converterOf(declared.type ?? type, declared.type !== undefined) }
  })
  return (row) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) return row
    const made = { ...row } as Record<string, unknown>
    for (const { name, at, convert } of places) {
      const value = at === undefined ? (Object.hasOwn(row, name) ? made[name] : undefined) : atPath(row, at)
      // What every object inherits, such as `toString`, is no value of a row.
      if (value === null || value === undefined) {
        if (at !== undefined || name in {}) setField(made, name, null)
      } else {
        const converted = convert(value)
        if (at !== undefined || converted !== value) setField(made, name, converted)
      }
    }
    return made
  }
}

/** Sets a field, also one named `__proto__`. */
function setField(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true })
  else row[name] = value
}
