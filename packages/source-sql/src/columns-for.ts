import {
  type Column,
  type ColumnType,
  keepTypes,
  type Logger,
  SyncError,
  suggestion,
  type Tracked,
} from '@tidemark/core'
import { COLUMN_TYPE_TRAITS } from '@tidemark/core/values'
import type { TableConfig } from './config.ts'
import type { Selected } from './database.ts'
import type { FoundColumn, FoundTable } from './found-table.ts'
import { readingAs } from './reading.ts'

/** Whether a destination makes texts of the values of a type. */
const becomesText = (type: ColumnType): boolean => type === 'text' || COLUMN_TYPE_TRAITS[type].widensTo.includes('text')

/** A column of a table, and how it is read. */
export interface ReadColumn {
  readonly column: Column
  readonly selected: Selected
}

/** The columns as they are read: by the user's word, else as the state knows them, else as the database has them. */
export function columnsFor(
  table: FoundTable,
  primaryKey: readonly string[],
  own: TableConfig | undefined,
  { tracked, log }: { readonly tracked: Tracked; readonly log: Logger },
): readonly ReadColumn[] {
  // What may not be read, or could be once, is left out by name for good reason.
  const known = [...(table.hidden ?? []), ...(tracked.columns(table.name) ?? []).map((column) => column.name)]
  for (const [name, asked] of Object.entries(own?.columns ?? {})) {
    if (table.columns.some((column) => column.name === name) || (asked === false && known.includes(name))) continue
    const problem = `config.tables.${JSON.stringify(table.name)}.columns: table "${table.name}" has no column "${name}"; ${suggestion(
      name,
      table.columns.map((column) => column.name),
      'columns',
    )}`
    // One that was there, or was never to be read, may have been dropped; any other is a slip of whoever wrote it.
    const isSlip = tracked.columns(table.name) === undefined || (asked !== false && !known.includes(name))
    if (isSlip) throw new SyncError(problem, 'fix-config')
    log.warn(`${table.name}: ${problem}`)
  }
  const wanted = table.columns.filter((column) => own?.columns[column.name] !== false)
  const columns = wanted.map((column): Column & { found: FoundColumn } => {
    const asked = own?.columns[column.name] || undefined
    // A key of json cannot be compared; as a text it can.
    const type = asked ?? (column.type === 'json' && primaryKey.includes(column.name) ? 'text' : column.type)
    return { name: column.name, type, found: column }
  })
  const before = tracked.columns(table.name)
  const kept = keepTypes(columns, before)
  const types = new Map(before?.map((column) => [column.name, column.type]))
  return columns.map((column, at) => {
    // A column does not become a text whose rows would not: what is refused is the type that the database has now.
    const known = types.get(column.name)
    const staysOther = kept[at]!.type === 'text' && known !== undefined && !becomesText(known)
    const isOwn = own?.columns[column.name] || staysOther
    const type = isOwn ? column.type : kept[at]!.type
    return { column: { name: column.name, type }, selected: { name: column.name, ...readingAs(column.found, type) } }
  })
}
