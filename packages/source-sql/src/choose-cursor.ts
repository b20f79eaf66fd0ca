import { type Column, type ColumnType, SyncError, suggestion, type Tracked } from '@tidemark/core'
import { COLUMN_TYPE_TRAITS, type CursorType } from '@tidemark/core/values'
import type { SqlConfig, TableConfig } from './config.ts'
import { comparedAs } from './cursor-type.ts'
import type { FoundColumn, FoundTable } from './found-table.ts'
import { movesWithChanges, plainName } from './moving-cursor.ts'

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

/** Not of days: one that changes moves by none for as long as a day. */
const isTime = (type: ColumnType): boolean => COLUMN_TYPE_TRAITS[type].cursor?.counts === 'time'

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
  const { table, tracked, warn, indexStatement } = choice
  const cursor = cursorAt(name, choice)
  if (typeof cursor === 'string') {
    // By which it was read before, and the database has changed; any other is a slip of whoever wrote it.
    if (tracked.cursor?.(table.name) !== name)
      throw new SyncError(`config.tables.${JSON.stringify(table.name)}.cursor: ${cursor}`, 'fix-config')
    warn(`the table lost its cursor: ${cursor}`)
    return undefined
  }
  if (!cursor.indexed && table.kind === 'table')
    warn(`no index begins with its cursor "${name}", so every run scans all rows; ${indexStatement(name)}`)
  if (!choice.keyed && choice.own?.immutable !== true && tracked.columns(table.name) === undefined)
    warn(
      `it has no key, so a row that changes and moves its cursor "${name}" is added a second time; if rows change, set the columns that identify a row: primaryKey: [ … ]; if they never change, set immutable: true`,
    )
  return cursor
}

function keptCursor(known: string | null, choice: CursorChoice): ChosenCursor | undefined {
  const { warn, indexStatement, table } = choice
  if (known === null) return undefined
  const cursor = cursorAt(known, choice)
  if (typeof cursor === 'string') {
    warn(`the table lost its cursor: ${cursor}`)
    return undefined
  }
  if (!cursor.indexed && table.kind === 'table')
    warn(`no index begins with its cursor "${known}" anymore, so every run scans all rows; ${indexStatement(known)}`)
  return cursor
}

function detected(choice: CursorChoice): ChosenCursor | undefined {
  const { table, columns, config, keyed, tracked, warn, indexStatement } = choice
  if (table.kind === 'view') return undefined
  const candidates = config.cursors.flatMap((wanted) => {
    const column = columns.find((one) => plainName(one.name) === plainName(wanted) && isTime(one.type))
    const cursor = column === undefined ? '' : typedCursor(column.name, choice)
    return typeof cursor === 'string' ? [] : [cursor]
  })
  const indexed = candidates.find((cursor) => cursor.indexed)
  const [first] = candidates
  if (!keyed && choice.own?.immutable !== true) {
    // Nothing would distinguish its rows from those that they were before.
    if (first !== undefined && tracked.columns(table.name) === undefined)
      warn(
        `every run reads the whole table: it has no key, and with only "${(indexed ?? first).column}" every change would add a row; ${wayOut(table.name, (indexed ?? first).column)}`,
      )
    return undefined
  }
  // Without a key, rows without a cursor could not be kept apart, and would be lost.
  if (!keyed) return candidates.find((cursor) => cursor.indexed && !cursor.nullable)
  if (indexed === undefined && first !== undefined)
    warn(
      `every run reads the whole table, because no index begins with "${first.column}"; ${indexStatement(first.column)}, then set cursor: "${first.column}" and resync it with --full`,
    )
  return indexed
}

function wayOut(table: string, cursor: string): string {
  return `if columns identify a row, set tables: { ${JSON.stringify(table)}: { cursor: ${JSON.stringify(cursor)}, primaryKey: [ … ] } }`
}

/** A column as a cursor, or why it cannot be one. */
function cursorAt(name: string, choice: CursorChoice): ChosenCursor | string {
  const { table, keyed, own, config } = choice
  const cursor = typedCursor(name, choice)
  if (typeof cursor === 'string' || keyed || own?.immutable === true) return cursor
  if (!movesWithChanges(foundAt(name, table)!, config.cursors)) return cursor
  return `table "${table.name}" has no key, and "${name}" moves with every change, so each change would add a row; ${wayOut(table.name, name)}; cursor: false reads the whole table on each run; if its rows never change, set immutable: true`
}

function typedCursor(name: string, { table, columns, own }: CursorChoice): ChosenCursor | string {
  const found = foundAt(name, table)
  const column = columns.find((one) => one.name === name)
  if (column === undefined || found === undefined)
    return `table "${table.name}" has no column "${name}"; ${suggestion(
      name,
      columns.map((one) => one.name),
      'columns',
    )}`
  const type = comparedAs(found, column.type)
  if (type === undefined) return `column "${name}" of table "${table.name}" ${notCompared(found, column, own)}`
  const wrong = type === 'integer' ? wrongOrder(found) : undefined
  if (wrong !== undefined)
    return `column "${name}" of table "${table.name}" ${wrong}, so new rows get values below those that were read; choose a time as the cursor, or set cursor: false to read the whole table on each run`
  return { column: name, type, indexed: table.indexed.has(name), nullable: found.nullable !== false }
}

/** How numbers are given out, where a later one may be any number smaller than an earlier one. */
function wrongOrder({ drawn }: FoundColumn): string | undefined {
  if (drawn === undefined) return undefined
  if (drawn.increment < 0n) return `counts down: its sequence adds ${drawn.increment} each time`
  if (drawn.sequences > 1) return `draws from ${drawn.sequences} sequences`
  return drawn.cycles ? 'starts over: its sequence has CYCLE' : undefined
}

/** What a column really is, and what to write. */
function notCompared(found: FoundColumn, column: Column, own: TableConfig | undefined): string {
  const kind = found.kind === '' || found.kind === found.type ? found.type : `${found.kind} (${found.type})`
  const native = comparedAs(found, found.type)
  const out = 'choose another column, or set cursor: false to read the whole table on each run'
  if (column.type === found.type || native === undefined)
    return `is ${kind}; a cursor must be a timestamp, a date or an integer that the database itself compares as one; ${out}`
  const asked = own?.columns[found.name] !== undefined
  const change = asked ? `take ${JSON.stringify(found.name)} out of "columns"` : 'resync the table with --full'
  return `is ${kind}, and the database does not compare it as ${column.type}, its ${asked ? 'configured' : 'recorded'} type; as ${native} it can be the cursor: ${change}, or ${out}`
}

function foundAt(name: string, table: FoundTable): FoundColumn | undefined {
  return table.columns.find((one) => one.name === name)
}
