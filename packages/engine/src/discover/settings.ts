import { createHash } from 'node:crypto'
import { matchesGlob } from 'node:path'
import { type DeletionLimit, type SourceOptions, SyncError, type TableOptions } from '@tidemark/core'
import {
  type DeletionShare,
  parseDate,
  parseDuration,
  parseInstant,
  positionOf,
  type SchemaMode,
  type Table,
  type TableColumn,
} from '@tidemark/core/engine'
import type { Settings } from '../options.ts'
import type { TableSettings } from './catalog.ts'
import { fingerprint } from './fingerprint.ts'

const DEFAULT_EVERY_MS = 300_000

function fail(where: string, problem: string): never {
  throw new SyncError(`${where}: ${problem}`, 'fix-config', { code: 'config' })
}

/** The options of a table by its name: an exact key, else the first pattern that fits. `false`: it is left out. */
export function optionsOf(options: SourceOptions | undefined, table: string): TableOptions | false {
  const tables = options?.tables ?? {}
  if (Object.hasOwn(tables, table)) return tables[table] ?? {}
  const pattern = Object.keys(tables).find((key) => key.includes('*') && matchesPattern(table, key))
  return pattern === undefined ? {} : (tables[pattern] ?? {})
}

/** What becomes of a table whose columns change. */
export function modeOf(options: SourceOptions, table: string): SchemaMode {
  const own = optionsOf(options, table)
  return (own === false ? undefined : own.schema) ?? options.schema ?? 'evolve'
}

function matchesPattern(name: string, pattern: string): boolean {
  // A table's name may hold a slash, which a path's `*` would stop at.
  return matchesGlob(name.replaceAll('/', '\u0001'), pattern.replaceAll('/', '\u0001'))
}

/** Where a backfill starts, as configured: a position, or undefined if nothing is configured. */
function configuredStart(
  use: string,
  table: Table,
  own: TableOptions,
  options: SourceOptions,
  settings: Settings,
): bigint | undefined {
  const { cursor } = table
  if (cursor === undefined) return undefined
  const where = `sources.${use}.tables.${table.name}.initialSyncStart`
  if (cursor.type === 'integer') {
    // A date says nothing about an integer, so only the table's own start counts.
    if (own.initialSyncStart === undefined) return undefined
    const text = String(own.initialSyncStart)
    return /^-?\d+$/.test(text)
      ? BigInt(text)
      : fail(
          where,
          `table "${table.name}" is read by the integer "${cursor.column}", so its start must be a whole number, not "${text}"`,
        )
  }
  const text = own.initialSyncStart ?? options.initialSyncStart ?? settings.initialSyncStart
  return text === undefined ? undefined : startPosition(String(text), where)
}

/** Microseconds of a date or a time; without an offset it is meant in UTC. */
export function startPosition(text: string, where: string): bigint {
  const position = parseDate(text) ?? parseInstant(text)?.micros
  return position === undefined
    ? fail(where, `"${text}" is not a date; write 2024-01-31 or 2024-01-31T00:00:00Z`)
    : BigInt(position)
}

/** The settings of one table: its own, else its source's, else the defaults. @throws SyncError `fix-config`. */
export function settingsOf(use: string, table: Table, options: SourceOptions, settings: Settings): TableSettings {
  const own = optionsOf(options, table.name) || {}
  const every = own.every ?? options.every
  const everyMs = every === undefined ? (settings.everyMs ?? DEFAULT_EVERY_MS) : parseDuration(every)
  if (everyMs === undefined) fail(`sources.${use}.every`, `"${every}" is not a duration; write 30s, 5m, 1h or 1d`)
  return {
    start: configuredStart(use, table, own, options, settings),
    everyMs,
    lookback: lookbackOf(use, table, own),
    deletes: own.deletes ?? options.deletes ?? 'soft',
    deletionLimit: limitOf(own.deletionLimit ?? options.deletionLimit ?? settings.deletionLimit),
    mode: modeOf(options, table.name),
    backfill: own.backfillNewColumns ?? options.backfillNewColumns ?? false,
    runColumn: settings.runColumn ?? false,
  }
}

export const DEFAULT_DELETION_LIMIT = { share: 0.5, above: 100 }

function limitOf(limit: DeletionLimit = DEFAULT_DELETION_LIMIT): DeletionShare | undefined {
  return limit === 'none' ? undefined : limit
}

function lookbackOf(use: string, table: Table, own: TableOptions): bigint {
  if (own.lookback === undefined || table.cursor === undefined) return table.lookback
  const where = `sources.${use}.tables.${table.name}.lookback`
  if (table.cursor.type === 'integer') {
    const position = /^\d+$/.test(String(own.lookback)) ? positionOf(BigInt(own.lookback), 'integer') : undefined
    return position === undefined
      ? fail(where, `"${own.lookback}" is not a count; the cursor is an integer`)
      : BigInt(position)
  }
  const ms = typeof own.lookback === 'string' ? parseDuration(own.lookback) : undefined
  return ms === undefined
    ? fail(where, `"${own.lookback}" is not a duration; write 30s, 5m, 1h or 1d`)
    : BigInt(Math.round(ms * 1000))
}

/** The columns that are kept: `columns: { email: false }` leaves one out. @throws SyncError `fix-config`. */
export function columnsKept(use: string, table: Table, options: SourceOptions): readonly TableColumn[] {
  const own = optionsOf(options, table.name) || {}
  const left = Object.keys(own.columns ?? {})
  // Of a table that cannot be read nothing is known that a name could be compared with.
  if (table.columns.length === 0) return []
  for (const name of left) {
    const where = `sources.${use}.tables.${table.name}.columns.${name}`
    if (!table.columns.some((column) => column.name === name)) {
      fail(
        where,
        `table "${table.name}" has no column "${name}"; it has ${table.columns.map((column) => column.name).join(', ')}`,
      )
    }
    if (table.primaryKey.includes(name) || table.cursor?.column === name) {
      fail(where, `column "${name}" is part of the key or the cursor of table "${table.name}" and cannot be left out`)
    }
  }
  return table.columns.filter((column) => !left.includes(column.name))
}

/** A hash of what a revision holds for: a change of contract, columns or overrides makes the source be asked again. */
export function schemaHash(table: Table, columns: readonly TableColumn[], settings: TableSettings): string {
  const facts = [
    columns.map(({ name, type }) => [name, type]),
    fingerprint(table.row),
    table.nullCursor,
    table.partitions !== undefined,
    table.primaryKey,
    table.cursor?.column,
    table.globalKey,
    settings.mode,
  ]
  const text = JSON.stringify(facts, (_, value) => (typeof value === 'bigint' ? String(value) : value))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
