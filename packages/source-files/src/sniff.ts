import { type Column, type ColumnType, keepTypes, type Logger, SyncError } from '@tidemark/core'
import { failure } from './broken.ts'
import { compressionOf } from './bytes.ts'
import type { Files } from './client.ts'
import { type FileTable, formatOf } from './config.ts'
import { BadRecord } from './csv.ts'
import { withConnection } from './duckdb.ts'
import { typedJson } from './json-value.ts'
import { KINDS, Kind, kindOfJson, kindOfText, typeOf } from './kind.ts'
import type { TableFile } from './listing.ts'
import { parquetColumns, parquetFailure, type Wanted } from './parquet.ts'
import { csvPages, jsonPages } from './text-file.ts'

// What is looked at each run to find columns and types: many files, a part of each.
const MOST_FILES = 64
const MOST_ROWS = 10_000
const MOST_CELLS = 1_000_000

/** What was found in a table's files. */
export interface Found {
  readonly columns: readonly Wanted[]
  /** Whether any file could be looked at and had at least a column. */
  readonly seen: boolean
  /** What was wrong with the first file that could not be looked at. */
  readonly error: unknown
}

interface Look {
  readonly client: Files
  readonly table: FileTable
  readonly signal: AbortSignal
  readonly log: Logger
}

/**
 * The columns of a table: those of its files, those that the state knows, those that the config declares. A known type
 * is kept while it holds what is found, and grows without loss; a declared one always wins.
 */
export async function sniff(look: Look, known: readonly Column[] | undefined): Promise<Found> {
  const { client, table, signal, log } = look
  const kinds = new Map<string, number>()
  let isText = true
  let error: unknown
  let budget = MOST_CELLS
  const files = sample(await client.files(table))
  for (const [at, file] of files.entries()) {
    try {
      const format = formatOf(table, file.path)
      isText &&= format === 'csv' || format === 'tsv'
      const share = Math.floor(budget / (files.length - at))
      budget -= await lookInto(file, look, share, (name, kind) =>
        kinds.set(name, (kinds.get(name) ?? Kind.none) | kind),
      )
    } catch (problem) {
      signal.throwIfAborted()
      const named = failure(file.path, problem)
      if (!SyncError.is(named)) throw named
      error ??= named
      log.warn('a file could not be looked at to find its columns', { file: file.path, problem: named.message })
    }
  }
  for (const name of kinds.keys()) {
    if (name !== '' && !name.includes('\0')) continue
    // It must not cost the table.
    kinds.delete(name)
    log.warn('records have a field whose name no column can have, and it is left out', { name: JSON.stringify(name) })
  }
  const types = new Map(known?.map((column) => [column.name, column.type]))
  const found = [...kinds].map(([name, seen]) => ({
    name,
    type: typeOf(seen, isText ? 'text' : 'json', types.get(name)) ?? types.get(name) ?? 'text',
  }))
  return { columns: merged(found, known, table.columns), seen: kinds.size > 0, error }
}

function merged(
  found: readonly Column[],
  known: readonly Column[] | undefined,
  declared: Readonly<Record<string, ColumnType>>,
): Wanted[] {
  const columns = new Map<string, Wanted>()
  for (const { name, type } of keepTypes(found, known)) columns.set(name, { name, type, declared: false })
  for (const { name, type } of known ?? []) if (!columns.has(name)) columns.set(name, { name, type, declared: false })
  for (const [name, type] of Object.entries(declared)) columns.set(name, { name, type, declared: true })
  return [...columns.values()]
}

/** Few files: all. Many: some from the whole list, evenly, always with the first and the last. */
function sample(files: readonly TableFile[]): readonly TableFile[] {
  if (files.length <= MOST_FILES) return files
  return Array.from({ length: MOST_FILES }, (_, n) => files[Math.round((n * (files.length - 1)) / (MOST_FILES - 1))]!)
}

type See = (name: string, kind: number) => void

/** Looks at the start of a file; returns how many values it saw. */
async function lookInto(file: TableFile, look: Look, cells: number, see: See): Promise<number> {
  const format = formatOf(look.table, file.path)
  if (format === 'parquet') return lookIntoParquet(file, look, see)
  return format === 'csv' || format === 'tsv'
    ? lookIntoCsv(file, look, cells, see)
    : lookIntoJson(file, look, cells, see)
}

async function lookIntoParquet(file: TableFile, { client, signal }: Look, see: See): Promise<number> {
  const copy = compressionOf(file.path) === undefined ? undefined : await client.unpacked(file.path, signal)
  try {
    const columns = withConnection(await client.duckDb(), signal, async function* (connection) {
      yield await parquetColumns(connection, copy?.path ?? file.path)
    })
    for await (const one of columns) for (const { name, type } of one) see(name, KINDS[type])
    return 0
  } catch (error) {
    throw parquetFailure(error)
  } finally {
    await copy?.[Symbol.asyncDispose]()
  }
}

async function lookIntoCsv(file: TableFile, { table, signal, log }: Look, cells: number, see: See): Promise<number> {
  let rows = 0
  let seen = 0
  for await (const { names, records } of csvPages(file.path, table, formatOf(table, file.path), signal)) {
    if (seen === 0 && rows === 0) {
      for (const name of names) see(name, Kind.none)
      warnOfDelimiter(names, table, file, log)
    }
    for (const record of records) {
      if (record instanceof BadRecord) continue
      for (let at = 0; at < names.length; at++) {
        const value = record[at]
        if (value !== null && value !== undefined) see(names[at]!, kindOfText(value))
      }
      seen += names.length
      if (++rows >= MOST_ROWS || seen >= cells) return seen
    }
  }
  return seen
}

function warnOfDelimiter(names: readonly string[], table: FileTable, file: TableFile, log: Logger): void {
  const other = names.length === 1 ? [';', '\t', '|', ','].find((one) => names[0]!.includes(one)) : undefined
  if (other === undefined || table.delimiter !== undefined) return
  log.warn(
    `a file has one column only, named ${JSON.stringify(names[0])}: should tables.${table.name}.delimiter be ${JSON.stringify(other)}?`,
    { file: file.path },
  )
}

async function lookIntoJson(file: TableFile, { table, signal }: Look, cells: number, see: See): Promise<number> {
  let rows = 0
  let seen = 0
  for await (const page of jsonPages(file.path, table, formatOf(table, file.path), typedJson, signal)) {
    for (const row of page) {
      const names = Object.keys(row)
      for (const name of names) see(name, kindOfJson(row[name]))
      seen += names.length
      if (++rows >= MOST_ROWS || seen >= cells) return seen
    }
  }
  return seen
}
