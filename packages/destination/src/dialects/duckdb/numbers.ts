import { ColumnNode, type InsertQueryNode, RawNode, ValueListNode, ValueNode, ValuesNode } from 'kysely'

/** The tables of the state whose numbers count by themselves, and the columns that hold them. */
export const COUNTED: ReadonlyMap<string, string> = new Map([
  ['_tidemark_resyncs', 'id'],
  ['_tidemark_changes', 'id'],
  ['_tidemark_rejects', 'id'],
  ['_tidemark_leases', 'id'],
  ['_tidemark_window_leases', 'id'],
  ['_tidemark_runs', 'run'],
])

/** The same with a table that a migration makes, and a later one takes away. */
export const COUNTED_AT_ANY_VERSION: ReadonlyMap<string, string> = new Map([...COUNTED, ['_tidemark_rereads', 'id']])

/** What a table's numbers come from. */
export const sequenceOf = (table: string): string => `${table}_numbers`

/**
 * Rows of such a table with the next numbers, where they bring none. They are no default of the column: DuckDB cannot read
 * its log again after a crash in which a column was added to a table with such a default.
 */
export function numbered(node: InsertQueryNode): InsertQueryNode {
  const table = node.into?.table.identifier.name ?? ''
  const column = COUNTED.get(table)
  const { columns = [], values } = node
  if (column === undefined || columns.some((one) => one.column.name === column)) return node
  if (values === undefined || !ValuesNode.is(values)) throw new Error(`rows of ${table} are inserted by their values`)
  const next = RawNode.createWithSql(`nextval('${sequenceOf(table)}')`)
  const rows = values.values.map((row) => {
    const own = ValueListNode.is(row) ? row.values : row.values.map((value) => ValueNode.create(value))
    return ValueListNode.create([...own, next])
  })
  return { ...node, columns: [...columns, ColumnNode.create(column)], values: ValuesNode.create(rows) }
}
