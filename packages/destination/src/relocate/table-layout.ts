import type { KnownTable, TableColumn } from '@tidemark/core/engine'
import type { Layout } from '../table/columns.ts'
import { identifying } from '../table/columns.ts'
import type { Plan } from '../table/schema-editor.ts'

/** The layout of a table's rows, with all columns that it has: also those that its source no longer has. */
export function tableLayout({ name, schema: recorded }: KnownTable, loose: boolean): Layout {
  const { columns, primaryKey, partitioned, globalKey, cursor, fed = false, runs = false } = recorded
  const keyAt = primaryKey.map((key) => columns.findIndex((column) => column.name === key))
  return {
    name,
    // Nothing of a source is encoded by it, so there is no schema.
    columns: columns.map(({ name: source, column, type }) => ({
      column: { name: source, type } as TableColumn,
      name: column,
      stored: type,
    })),
    declared: columns.map((column) => column.name),
    loose,
    partitioned,
    globalKey,
    key: keyAt.map((at) => columns[at]!.column),
    keyAt,
    cursored: cursor !== null || fed,
    fed,
    runs,
  }
}

/** The same as it is made. */
export function tablePlan(table: KnownTable, loose: boolean): Plan {
  const { columns, partitioned, fed = false, runs = false } = table.schema
  const key = identifying(tableLayout(table, loose))
  return { name: table.name, columns, extra: loose, partitioned, fed, runs, key }
}
