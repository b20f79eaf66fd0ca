import type { Column, ColumnType } from '@tidemark/core'
import { fits, type JsonConverter } from '@tidemark/core/values'
import { atPath, type BodyPath } from '@tidemark/http'
import { converterOf } from './convert.ts'
import { hasTime } from './date-format.ts'
import { mayNotHold } from './kind.ts'
import type { ColumnTypeName, RestTable } from './table-config.ts'

/** Makes a table's row of an API's. What is not an object comes back as it is, for the engine to refuse. */
export type RowMaker = (row: unknown) => unknown

interface Place {
  readonly name: string
  readonly at: BodyPath | undefined
  readonly convert: JsonConverter
  /** Whether a value does not fit its column, before and after it was converted. */
  readonly isOther: ((value: unknown, converted: unknown) => boolean) | undefined
}

/** Told of values that have no column, or do not fit into it. */
type See = (name: string, value: unknown) => void

/** What the config says of a column. */
interface DeclaredColumn {
  readonly type: ColumnTypeName | undefined
  readonly at: BodyPath | undefined
  /** How dates are written in it. */
  readonly formats: readonly string[] | undefined
}

export function declaredOf(table: RestTable, name: string): DeclaredColumn {
  const spec = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined
  if (typeof spec !== 'object') return { type: spec, at: undefined, formats: undefined }
  const formats = spec.format === undefined ? undefined : [spec.format].flat()
  const dated = formats?.some(hasTime) === true ? 'timestamp' : 'date'
  return { type: spec.type ?? (formats && dated), at: spec.at, formats }
}

/** Gives rows the columns that a table has, their values in its types; further fields stay as they are. */
export function rowMaker(table: RestTable, columns: readonly Column[], see?: See): RowMaker {
  const places: Place[] = columns.map(({ name, type }) => {
    const declared = declaredOf(table, name)
    const isDeclared = declared.type !== undefined
    const isOther = see === undefined || isDeclared ? undefined : otherThan(type)
    return { name, at: declared.at, convert: converterOf(declared, type), isOther }
  })
  const names = new Set(places.map(({ name }) => name))
  return (row) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) return row
    const made = { ...row } as Record<string, unknown>
    if (see !== undefined) {
      for (const name of Object.keys(row))
        if (!names.has(name) && made[name] !== null && made[name] !== undefined) see(name, made[name])
    }
    for (const { name, at, convert, isOther } of places) {
      const value = at === undefined ? (Object.hasOwn(row, name) ? made[name] : undefined) : atPath(row, at)
      // What every object inherits, such as `toString`, is not a value of a row.
      if (value === null || value === undefined) {
        if (at !== undefined || name in {}) setField(made, name, null)
      } else {
        const converted = convert(value)
        if (isOther?.(value, converted) === true) see?.(name, value)
        if (at !== undefined || converted !== value) setField(made, name, converted)
      }
    }
    return made
  }
}

/** Whether a value is of another type, asked in two steps: most values are seen to fit by the first. */
function otherThan(type: ColumnType): Place['isOther'] {
  const mayNot = mayNotHold(type)
  return mayNot && ((value, converted) => mayNot(value) && !fits(converted, type))
}

/** Sets a field, also one named `__proto__`. */
function setField(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true })
  else row[name] = value
}
