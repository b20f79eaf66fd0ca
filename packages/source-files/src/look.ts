import type { Logger } from '@tidemark/core'
import { COLUMN_TYPE_TRAITS, Kind } from '@tidemark/core/values'
import type { Meter } from './bytes.ts'
import type { Files } from './client.ts'
import { type FileTable, formatOf } from './config.ts'
import { BadRecord } from './csv.ts'
import { seenIn } from './csv-columns.ts'
import { rowsIn } from './csv-reader.ts'
import type { Fields } from './csv-record.ts'
import { kindsIn } from './json-kinds.ts'
import type { JsonObject } from './json-records.ts'
import { typedJson } from './json-value.ts'
import { kindOfJson, kindOfText } from './kind.ts'
import type { TableFile } from './listing.ts'
import { parquetColumns, parquetFailure } from './parquet.ts'
import { openParquet } from './parquet-file.ts'
import { csvPages, jsonBlocks, jsonPages } from './text-file.ts'

/** Of a file that is not looked at as a whole, so many rows are. */
const FEWEST_ROWS = 10_000

/** What looking at files needs. */
export interface Looking {
  readonly client: Files
  readonly table: FileTable
  readonly signal: AbortSignal
  readonly log: Logger
  /** Whether so much time went into looking that the rest must do with samples: the engine waits for the tables. */
  readonly isLate: () => boolean
}

/** How far a file is looked into: as many bytes of its text, and at least as many values as a sample has, in no more than `most` bytes. */
export interface Depth {
  readonly bytes: number
  readonly cells: number
  readonly most: number
}

/** How far it was. */
export interface Looked {
  readonly bytes: number
  readonly cells: number
  /** Whether that was all of it. */
  readonly isWhole: boolean
}

/** Columns, and what their values were seen to be. */
export type Kinds = Map<string, number>

/** Adds the columns of a file, and the kinds of their values as far as they are looked at. */
export async function lookInto(file: TableFile, looking: Looking, depth: Depth, kinds: Kinds): Promise<Looked> {
  const format = formatOf(looking.table, file.path)
  if (format === 'parquet') return await lookIntoParquet(file, looking, kinds)
  const meter: Meter = { bytes: 0 }
  let isWhole = true
  const look = LOOKS[format]
  const cells = await look(file, looking, kinds, meter, (rows, seen) => {
    const isSample = rows >= FEWEST_ROWS || seen >= depth.cells || meter.bytes >= depth.most
    const isEnough = isSample && (meter.bytes >= depth.bytes || looking.isLate())
    isWhole &&= !isEnough
    return isEnough
  })
  return { bytes: meter.bytes, cells, isWhole }
}

function add(kinds: Kinds, name: string, kind: number): void {
  const before = kinds.get(name)
  if (before === undefined || (before | kind) !== before) kinds.set(name, (before ?? Kind.none) | kind)
}

async function lookIntoParquet({ path }: TableFile, { client, signal }: Looking, kinds: Kinds): Promise<Looked> {
  try {
    await using file = await openParquet(path, client, signal, 'leave')
    const columns = client.duckDb.use(signal, async function* (connection) {
      yield await parquetColumns(connection, file)
    })
    for await (const one of columns) for (const { name, type } of one) add(kinds, name, COLUMN_TYPE_TRAITS[type].kind)
    return { bytes: 0, cells: 0, isWhole: true }
  } catch (error) {
    throw parquetFailure(error)
  }
}

type IsEnough = (rows: number, cells: number) => boolean

const LOOKS = { csv: lookIntoCsv, tsv: lookIntoCsv, ndjson: lookIntoJsonLines, json: lookIntoJson }

async function lookIntoCsv(
  file: TableFile,
  { table, signal, log }: Looking,
  kinds: Kinds,
  meter: Meter,
  isEnough: IsEnough,
): Promise<number> {
  let rows = 0
  let cells = 0
  let seen: number[] | undefined
  const last: (string | null)[] = []
  for await (const page of csvPages(file.path, table, formatOf(table, file.path), signal, meter)) {
    const { names } = page
    if (seen === undefined) {
      seen = names.map(() => Kind.none)
      warnOfDelimiter(names, table, file, log)
    }
    if ('block' in page) {
      for (let at = 0; at < names.length; at++) seen[at] = seenIn(page.block, at, page.from, page.to, seen[at]!)
    } else for (const record of page.records) if (!(record instanceof BadRecord)) seeFields(record, seen, last)
    for (const [at, name] of names.entries()) add(kinds, name, seen[at]!)
    rows += rowsIn(page)
    cells += rowsIn(page) * names.length
    if (isEnough(rows, cells)) break
  }
  return cells
}

function seeFields(fields: Fields, seen: number[], last: (string | null)[]): void {
  for (let at = 0; at < seen.length; at++) {
    const value = fields[at]
    // A column with one text is a column of texts, whatever else is in it.
    if (value === null || value === undefined || (seen[at]! & Kind.text) !== 0) continue
    // Much of a table is what stood there one row above.
    if (value === last[at]) continue
    last[at] = value
    seen[at]! |= kindOfText(value)
  }
}

function warnOfDelimiter(names: readonly string[], table: FileTable, file: TableFile, log: Logger): void {
  const other = names.length === 1 ? [';', '\t', '|', ','].find((one) => names[0]!.includes(one)) : undefined
  if (other === undefined || table.delimiter !== undefined) return
  log.warn(
    `a file has only one column, named ${JSON.stringify(names[0])}; if that is wrong, set tables.${table.name}.delimiter to ${JSON.stringify(other)}`,
    { file: file.path },
  )
}

async function lookIntoJson(
  file: TableFile,
  { table, signal }: Looking,
  kinds: Kinds,
  meter: Meter,
  isEnough: IsEnough,
): Promise<number> {
  let rows = 0
  let cells = 0
  for await (const page of jsonPages(file.path, table, formatOf(table, file.path), typedJson, signal, meter)) {
    for (const row of page) cells += seeObject(row, kinds)
    rows += page.length
    if (isEnough(rows, cells)) break
  }
  return cells
}

/** Adds the fields of an object. @returns how many it has. */
function seeObject(object: JsonObject, kinds: Kinds): number {
  const names = Object.keys(object)
  for (const name of names) add(kinds, name, kindOfJson(object[name]))
  return names.length
}

async function lookIntoJsonLines(
  file: TableFile,
  { table, signal }: Looking,
  kinds: Kinds,
  meter: Meter,
  isEnough: IsEnough,
): Promise<number> {
  let rows = 0
  let cells = 0
  for await (const block of jsonBlocks(file.path, table, typedJson, signal, meter)) {
    for (const object of block.parsed.values()) cells += seeObject(object, kinds)
    // Each name of a scanned object was that of a parsed one before.
    for (const [at, name] of block.names.entries()) add(kinds, name, kindsIn(block, at))
    rows += block.count
    cells += block.cells
    if (isEnough(rows, cells)) break
  }
  return cells
}
