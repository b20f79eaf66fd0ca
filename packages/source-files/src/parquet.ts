import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api'
import type { ColumnType } from '@tidemark/core'
import { isRawNumber } from '@tidemark/core/values'
import { zipped } from './blocks.ts'
import type { Files } from './client.ts'
import { type Convert, fromText, fromValue } from './convert.ts'
import { uniqueNames } from './csv.ts'
import { identifier } from './duckdb.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { Misfit } from './misfit.ts'
import { OUT_OF_MEMORY, type PlannedColumn, scan, wholeBlocks, wideBlocks } from './parquet-blocks.ts'
import { sharedCut } from './parquet-cut.ts'
import type { ParquetField } from './parquet-field.ts'
import type { ParquetFile } from './parquet-file.ts'
import { rawInside } from './parquet-inside.ts'
import { WIDE_NAME } from './parquet-row-group.ts'
import { leavesIn, nestedTypes, type Slots, slotsOf } from './parquet-slots.ts'
import { isNested, OLD_INSTANT, type Shape, shapeOf } from './parquet-types.ts'
import { isVariantField, variantProblem } from './parquet-variant.ts'
import { isInherited, type Row, rowMaker, rowsOf } from './rows.ts'

/** A column of a Parquet file, and how its values come out without loss. */
export interface ParquetColumn {
  readonly name: string
  readonly type: ColumnType
  /** The column, and its type, as DuckDB has them. */
  readonly column: string
  readonly given: string
  readonly shape: Shape
  readonly field: ParquetField
  /** Why its values cannot be read. */
  readonly problem: string | undefined
}

/** The columns of a Parquet file, under their names as written: DuckDB renames those that differ only in case. */
export async function parquetColumns(
  connection: DuckDBConnection,
  { path, fields }: ParquetFile,
): Promise<readonly ParquetColumn[]> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${scan(path)}`)
  const columns = described.getRowObjectsJson() as { column_name: string; column_type: string }[]
  if (columns.length !== fields.length)
    throw new InvalidFileError(`declares ${fields.length} columns, but DuckDB reads ${columns.length}`)
  const names = uniqueNames(fields.map(({ element }) => element.name))
  return columns.map(({ column_name: column, column_type: given }, at) => {
    const field = fields[at]!
    const shape = shapeOfField(field, given)
    return {
      name: names[at]!,
      type: shape.type,
      column: identifier(column),
      given,
      shape,
      field,
      problem: variantProblem(field),
    }
  })
}

function shapeOfField({ element, leaves }: ParquetField, given: string): Shape {
  if (isNested(given)) return shapeOf(given)
  return leaves[0]?.raw?.shape ?? (element.isOldInstant ? OLD_INSTANT : shapeOf(given))
}

export interface Wanted {
  readonly name: string
  readonly type: ColumnType
  readonly declared: boolean
  readonly nullable?: boolean
}

/** Of a geometry the file may say more outside of its column. */
const IS_GEOMETRY = /GEOMETRY/

/** The rows of a Parquet file, up to 2,048 a page and fewer where they are wide, with values of the wanted types. */
export async function* parquetRows(
  client: Files,
  file: ParquetFile,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): AsyncGenerator<Row[]> {
  yield* client.duckDb.use(signal, async function* (connection) {
    const found = new Map((await parquetColumns(connection, file)).map((column) => [column.name, column]))
    const [together, apart] = [[] as PlannedColumn[], [] as (readonly [ParquetField, PlannedColumn])[]]
    const read = wanted.flatMap(({ name }) => found.get(name) ?? [])
    const nested = await nestedTypes(connection, scan(file.path), read)
    for (const want of wanted) {
      const column = found.get(want.name)
      const isApart = column !== undefined && file.wide.has(column.field) && !IS_GEOMETRY.test(column.given)
      const plan = planOf(
        want,
        column,
        column && nested.get(column.column),
        isApart ? identifier(WIDE_NAME) : undefined,
      )
      if (plan === undefined) continue
      if (isApart) apart.push([column.field, plan])
      else together.push(plan)
    }
    const ofApart = new Set(apart.map(([field]) => field))
    const slots = slotsIn(
      nested,
      read.filter(({ field }) => !ofApart.has(field)),
    )
    const main = wholeBlocks(connection, file, { plan: together, slots }, signal)
    const shared = { ...file, cut: sharedCut(file.cut, apart.length) }
    const others = apart.map(([field, column]) => wideBlocks(client, shared, { field, column }, signal))
    const make = rowMaker([...together, ...apart.map(([, column]) => column)].map(({ name }) => name))
    for await (const { columns, count } of others.length === 0 ? main : zipped([main, ...others]))
      yield rowsOf(make, columns, count)
  })
}

type Types = ReadonlyMap<string, DuckDBType>

/** What is to be counted of the columns that are read. */
function slotsIn(nested: Types, columns: readonly ParquetColumn[]): readonly (Slots & { readonly name: string })[] {
  return columns.flatMap(({ name, column, field }) => {
    const type = nested.get(column)
    return type === undefined
      ? []
      : slotsOf(field.leaves, type, column).map((slots) => ({ ...slots, name: JSON.stringify(name) }))
  })
}

/**
 * How a wanted column comes out; undefined where the file does not have it.
 *
 * @param parts its type where it has parts. @param under its name in the file that DuckDB reads, where that is another.
 */
function planOf(
  want: Wanted,
  found: ParquetColumn | undefined,
  parts: DuckDBType | undefined,
  under: string | undefined,
): PlannedColumn | undefined {
  const { name } = want
  if (found === undefined)
    return isInherited(name) ? { name, sql: 'NULL', result: 'INTEGER', layout: 'other', convert: undefined } : undefined
  const { given, problem } = found
  const column = under ?? found.column
  if (problem !== undefined) throw new InvalidFileError(`has a column ${JSON.stringify(name)} that ${problem}`)
  const own = (want.type === 'text' ? found.shape.text : undefined) ?? found.shape
  const inside = isNested(given) ? insideOf(found, parts) : undefined
  const shape = inside === undefined ? own : { ...own, convert: (value: unknown) => inside(own.convert!(value)) }
  const { sql, result = given, layout } = shape
  return { name, sql: sql?.(column) ?? column, result, layout, convert: chained(shape, want) }
}

/** What makes values of what is stored inside of a column; undefined where DuckDB reads all of it. */
function insideOf({ name, field }: ParquetColumn, type: DuckDBType | undefined): Convert | undefined {
  if (field.leaves.every(({ raw }) => raw === undefined) && !isVariantField(field)) return undefined
  if (type !== undefined && leavesIn(type) === field.leaves.length) return rawInside(type, field.leaves)
  throw new InvalidFileError(
    `has a column ${JSON.stringify(name)} whose fields DuckDB reads differently from what the file declares: write its fields as separate columns`,
  )
}

function chained({ type, convert: first }: Shape, want: Wanted): Convert | undefined {
  if (type === want.type) return first
  const convert = (type === 'text' ? fromText(want.type, want.declared) : fromOther(type, want)) as Convert
  if (first === undefined) return convert
  return (value) => {
    const one = first(value)
    return one instanceof Misfit ? one : convert(one)
  }
}

function fromOther(type: ColumnType, want: Wanted): Convert {
  const convert = fromValue(want.type, want.declared)
  if (want.type !== 'json' || type !== 'numeric') return convert
  return (value) => (isRawNumber(value) ? value : convert(value))
}

/** What DuckDB says of a file that is not a whole Parquet file. */
export function parquetFailure(error: unknown): unknown {
  if (error instanceof InvalidFileError) return error
  const message = (error as Error).message ?? ''
  if (/magic bytes|too small to be a Parquet|footer|TProtocolException|invalid metadata/i.test(message)) {
    return new InvalidFileError('is not a complete Parquet file: it is cut off or damaged; write it again', {
      cause: error,
    })
  }
  if (OUT_OF_MEMORY.test(message)) {
    return new InvalidFileError(
      'does not fit into the memory limit of DuckDB: raise "memoryLimit" in the config, or write it again with smaller pages and without a dictionary for long values (pyarrow: write_batch_size=16, use_dictionary=False)',
      { cause: error },
    )
  }
  const codec = /Unsupported compression codec "(\w+)"/.exec(message)?.[1]
  if (codec !== undefined)
    return new InvalidFileError(
      `is compressed with ${codec}, which cannot be read: write it again with another compression, such as LZ4_RAW, Snappy or Zstandard`,
      { cause: error },
    )
  const encoding = /(\w+) encoding is only supported/.exec(message)?.[1]
  if (encoding !== undefined)
    return new InvalidFileError(
      `uses the encoding ${encoding} for a type that cannot be read with it: write it again with another encoding, such as plain or dictionary`,
      { cause: error },
    )
  return /^(?:IO|Invalid Input|Conversion|Serialization|HTTP|Invalid) Error|Snappy|ZSTD|decompress/i.test(message)
    ? new InvalidFileError(`cannot be read as Parquet: ${message.split('\n')[0]}`, { cause: error })
    : error
}
