import { type Column, SyncError, type Tracked } from '@tidemark/core'
import type { SqlConfig, TableConfig } from './config.ts'
import type { CursorType } from './database.ts'
import type { FoundTable } from './found-table.ts'

export interface ChosenCursor {
  readonly column: string
  readonly type: CursorType
  readonly indexed: boolean
  readonly nullable: boolean
}

export interface CursorChoice {
  readonly table: FoundTable
  /** The columns as they are read. */
  readonly columns: readonly Column[]
  readonly keyed: boolean
  readonly config: SqlConfig
  readonly own: TableConfig | undefined
  readonly tracked: Tracked
  readonly warn: (message: string) => void
  readonly indexStatement: (column: string) => string
}

const CURSOR_TYPES: ReadonlySet<string> = new Set(['timestamp', 'local_timestamp', 'date', 'integer'])
const TIMES: ReadonlySet<string> = new Set(['timestamp', 'local_timestamp'])

/**
 * The column that a table is read by: the configured one, else the one it is known by, else one whose name says that it
 * moves with every change, if an index begins with it. A known table never changes its cursor by itself: that an index
 * was made or dropped must not stop it.
 */
export function chooseCursor(choice: CursorChoice): ChosenCursor | undefined {
  const { own, tracked, table } = choice
  if (own?.cursor === false) return undefined
  if (own?.cursor !== undefined) return askedCursor(own.cursor, choice)
  const known = tracked.cursor?.(table.name)
  return known === undefined ? detected(choice) : keptCursor(known, choice)
}

function askedCursor(name: string, choice: CursorChoice): ChosenCursor | undefined {
  const { table, columns, tracked, warn, indexStatement } = choice
  const cursor = cursorAt(name, choice)
  if (cursor === undefined) {
    const column = columns.find((one) => one.name === name)
    const problem =
      column === undefined
        ? `table "${table.name}" has no column "${name}"; it has ${columns.map((one) => one.name).join(', ')}`
        : `column "${name}" of table "${table.name}" is ${column.type}; a cursor is a timestamp, a date or an integer`
    if (tracked.columns(table.name) === undefined)
      throw new SyncError(`config.tables."${table.name}".cursor: ${problem}`, 'fix-config')
    warn(`its cursor is lost: ${problem}`)
    return undefined
  }
  if (!cursor.indexed && table.kind === 'table')
    warn(`no index begins with its cursor "${name}", so every run looks at all rows; ${indexStatement(name)}`)
  return cursor
}

function keptCursor(known: string | null, choice: CursorChoice): ChosenCursor | undefined {
  const { warn, indexStatement, table } = choice
  if (known === null) return undefined
  const cursor = cursorAt(known, choice)
  if (cursor === undefined)
    warn(`its cursor is lost: there is no column "${known}" any more that is a time or an integer`)
  else if (!cursor.indexed && table.kind === 'table')
    warn(
      `no index begins with its cursor "${known}" any more, so every run looks at all rows; ${indexStatement(known)}`,
    )
  return cursor
}

function detected(choice: CursorChoice): ChosenCursor | undefined {
  const { table, columns, config, keyed, warn, indexStatement } = choice
  if (table.kind === 'view') return undefined
  const plain = (name: string): string => name.replaceAll('_', '').toLowerCase()
  const candidates = config.cursors.flatMap((wanted) => {
    const column = columns.find((one) => plain(one.name) === plain(wanted) && TIMES.has(one.type))
    const cursor = column === undefined ? undefined : cursorAt(column.name, choice)
    // Without a key, rows without a cursor could not be kept apart, and would be lost.
    return cursor === undefined || (cursor.nullable && !keyed) ? [] : [cursor]
  })
  const indexed = candidates.find((cursor) => cursor.indexed)
  const [first] = candidates
  if (indexed === undefined && first !== undefined)
    warn(
      `it is read whole each time, because no index begins with "${first.column}"; ${indexStatement(first.column)}, then say cursor: "${first.column}" and resync it with --full`,
    )
  return indexed
}

function cursorAt(name: string, { table, columns }: CursorChoice): ChosenCursor | undefined {
  const column = columns.find((one) => one.name === name)
  if (column === undefined || !CURSOR_TYPES.has(column.type)) return undefined
  return {
    column: name,
    type: column.type as CursorType,
    indexed: table.indexed.has(name),
    nullable: table.columns.find((one) => one.name === name)?.nullable !== false,
  }
}
