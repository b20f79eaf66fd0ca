import { type ByType, byType } from './by-type.ts'

/** Makes the canonical form of a value: text, numeric and times as texts, integers as bigints, json parsed; null for NULL. */
export type ToCanonical = (value: unknown) => unknown

/** The same for each type of column. */
export type Canonical = ByType<ToCanonical>

/** The canonical forms of a table of types. @param of of a row, for values that are there; undefined: they are canonical. */
export function canonicalBy<Row>(rows: ByType<Row>, of: (row: Row) => ToCanonical | undefined): Canonical {
  return byType(rows, (row) => {
    const form = of(row)
    if (form === undefined) return (value) => value ?? null
    return (value) => (value === null || value === undefined ? null : form(value))
  })
}
