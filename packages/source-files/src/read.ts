import { type BinaryColumn, type BinaryPage, type ColumnType, type Logger, SyncError } from '@tidemark/core'
import { atRest } from './at-rest.ts'
import type { Files } from './client.ts'
import { type FileTable, type Format, formatOf, minAgeOf } from './config.ts'
import { fromText, fromValue } from './convert.ts'
import { BadRecord } from './csv.ts'
import type { CsvBlock } from './csv-block.ts'
import { columnReader, type ReadColumn, rewriteTimes } from './csv-columns.ts'
import { CsvFields } from './csv-fields.ts'
import type { Fields } from './csv-record.ts'
import { failure } from './invalid-file-error.ts'
import { JsonFields } from './json-fields.ts'
import type { JsonObject } from './json-records.ts'
import { exactJson } from './json-value.ts'
import type { TableFile } from './listing.ts'
import { parquetFailure, parquetRows, type Wanted } from './parquet.ts'
import { openParquet } from './parquet-file.ts'
import { stampOf } from './revision.ts'
import { isInherited, type MakeRow, type Row, rowMaker, rowsOf, setField } from './rows.ts'
import { csvPages, jsonBlocks, jsonPages } from './text-file.ts'
import { UnknownFields, warnOfUnknown } from './unknown-fields.ts'

interface Reading {
  readonly client: Files
  readonly table: FileTable
  readonly columns: readonly Wanted[]
  readonly signal: AbortSignal
  readonly log: Logger
  /** The fields of binary pages that may be yielded; undefined: rows alone. */
  readonly binary?: readonly BinaryColumn[] | undefined
}

/** The rows of one file, with values of the table's types. A file that changes while it is read fails, to be read again. */
export async function* readFile(file: TableFile, reading: Reading): AsyncGenerator<Row[] | BinaryPage<Row>> {
  const { signal, table } = reading
  await atRest(file.path, minAgeOf(table), signal)
  const before = await stampOf(file.path)
  const changed = async (cause?: unknown): Promise<SyncError | undefined> =>
    (await stampOf(file.path)) === before
      ? undefined
      : new SyncError(
          `file ${file.path} changed while it was read; Tidemark reads it again once it has stopped changing`,
          'retry',
          {
            cause,
          },
        )
  try {
    for await (const page of pages(file, formatOf(table, file.path), reading)) {
      signal.throwIfAborted()
      if (!Array.isArray(page) || page.length > 0) yield page
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw (await changed(error).catch(() => undefined)) ?? failure(file.path, error, signal)
  }
  const difference = await changed()
  if (difference !== undefined) throw difference
}

function pages(file: TableFile, format: Format, reading: Reading): AsyncGenerator<Row[] | BinaryPage<Row>> {
  if (format === 'parquet') return parquetPages(file, reading)
  return format === 'csv' || format === 'tsv' ? csvRows(file, format, reading) : jsonRows(file, format, reading)
}

async function* parquetPages({ path }: TableFile, { client, columns, signal }: Reading): AsyncGenerator<Row[]> {
  try {
    await using file = await openParquet(path, client, signal, 'check')
    yield* parquetRows(client, file, columns, signal)
  } catch (error) {
    throw parquetFailure(error)
  }
}

async function* csvRows(
  file: TableFile,
  format: Format,
  { table, columns, signal, log, binary }: Reading,
): AsyncGenerator<Row[] | BinaryPage<Row>> {
  let plan: CsvPlan | undefined
  let fields: CsvFields | undefined
  let opened: CsvBlock | undefined
  for await (const page of csvPages(file.path, table, format, signal)) {
    const { names } = page
    if (plan === undefined) {
      const own = planOf(names, columns, file, log)
      plan = own
      const convert = (texts: Fields): Row => recordRows([texts], own, columns)[0]!
      if (binary !== undefined && CsvFields.takes(binary, names))
        fields = new CsvFields({ binary, names, ...columnsOf(table, columns), convert })
    }
    if (!('block' in page)) {
      yield recordRows(page.records, plan, columns)
      continue
    }
    const { block, from, to } = page
    if (fields !== undefined) {
      yield fields.page(block, from, to)
      continue
    }
    if (opened !== block) for (const [at, { type }] of plan.columns.entries()) rewriteTimes(block, at, type)
    opened = block
    const values = plan.columns.map(({ read }, at) => read(block, at, from, to))
    const absent = plan.absent.map(() => new Array<null>(to - from).fill(null))
    yield rowsOf(plan.make, [...values, ...absent], to - from)
  }
}

/** How the rows of a CSV file are made. */
interface CsvPlan {
  readonly make: MakeRow
  readonly columns: readonly {
    readonly type: ColumnType
    readonly convert: (text: string) => unknown
    readonly read: ReadColumn
  }[]
  /** Columns that the file lacks and must be set to NULL. */
  readonly absent: readonly string[]
}

function recordRows(records: readonly (Fields | BadRecord)[], plan: CsvPlan, columns: readonly Wanted[]): Row[] {
  const good = records.filter((record) => !(record instanceof BadRecord)) as Fields[]
  const values = plan.columns.map(({ convert }, at) =>
    good.map((fields) => {
      const value = fields[at]
      return value === null || value === undefined ? null : convert(value)
    }),
  )
  const absent = plan.absent.map(() => new Array<null>(good.length).fill(null))
  const rows = rowsOf(plan.make, [...values, ...absent], good.length)
  for (const record of records) if (record instanceof BadRecord) rows.push(rejected(record, columns))
  return rows
}

function planOf(names: readonly string[], wanted: readonly Wanted[], file: TableFile, log: Logger): CsvPlan {
  const byName = new Map(wanted.map((column) => [column.name, column]))
  warnOfUnknown(
    names.filter((name) => !byName.has(name)),
    file,
    log,
  )
  const columns = names.map((name) => {
    const { type, declared } = byName.get(name) ?? { type: 'text', declared: false }
    return { type, convert: fromText(type, declared), read: columnReader(type, declared) }
  })
  const absent = wanted.filter(({ name }) => isInherited(name) && !names.includes(name)).map(({ name }) => name)
  return { make: rowMaker([...names, ...absent]), columns, absent }
}

/** A row that no schema accepts: in the place of a value stands what is wrong with it. */
function rejected(record: BadRecord, columns: readonly Wanted[]): Row {
  const row: Row = {}
  const target = columns.find((column) => column.type !== 'json') ?? columns[0]
  if (target !== undefined) setField(row, target.name, record)
  return row
}

async function* jsonRows(
  file: TableFile,
  format: Format,
  { client, table, columns, signal, log, binary }: Reading,
): AsyncGenerator<Row[] | BinaryPage<Row>> {
  const isKnown = client.wholly.get(file.path) === (await stampOf(file.path))
  const unknown = isKnown ? undefined : new UnknownFields(columns)
  const convert = converter(columns, unknown)
  if (format === 'ndjson' && binary !== undefined) {
    const fields = new JsonFields({ binary, ...columnsOf(table, columns), convert })
    for await (const block of jsonBlocks(file.path, table, exactJson, signal)) yield fields.page(block)
  } else {
    for await (const rows of jsonPages(file.path, table, format, exactJson, signal)) yield rows.map(convert)
  }
  unknown?.warn(file, log)
}

/** What is asked about columns where their fields are written. */
function columnsOf(table: FileTable, columns: readonly Wanted[]) {
  return {
    isDeclared: (name: string): boolean => columns.find((column) => column.name === name)?.declared === true,
    isKey: (name: string): boolean => table.primaryKey?.includes(name) === true,
  }
}

/** Makes rows of the objects of a file. */
function converter(columns: readonly Wanted[], unknown: UnknownFields | undefined): (object: JsonObject) => Row {
  const plan = columns.map(({ name, type, declared }) => ({
    name,
    inherited: isInherited(name),
    convert: fromValue(type, declared),
  }))
  return (row) => {
    unknown?.see(row)
    for (const { name, inherited, convert } of plan) {
      if (inherited && !Object.hasOwn(row, name)) setField(row, name, null)
      const value = row[name]
      if (value === null || value === undefined) continue
      const converted = convert(value)
      if (converted !== value) setField(row, name, converted)
    }
    return row
  }
}
