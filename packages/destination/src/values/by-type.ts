import type { ColumnType } from '@tidemark/core/engine'

/** Something for each type of column. It is looked up once for a column, not for each of its values. */
export type ByType<T> = Readonly<Record<ColumnType, T>>

/** What the rows of a table of types say of one thing. */
export function byType<Row, T>(rows: ByType<Row>, of: (row: Row) => T): ByType<T> {
  const entries = Object.entries<Row>(rows).map(([type, row]) => [type, of(row)])
  return Object.fromEntries(entries) as ByType<T>
}
