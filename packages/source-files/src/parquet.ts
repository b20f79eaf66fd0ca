import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnType } from '@tidemark/core'
import { Broken } from './broken.ts'
import { type Convert, fromText, fromValue } from './convert.ts'
import { uniqueNames } from './csv.ts'
import { chunksOf, fileLiteral, identifier } from './duckdb.ts'
import { isRawNumber } from './json-value.ts'
import { isWide, type ParquetField, type ParquetFile } from './parquet-file.ts'
import { OLD_INSTANT, type Shape, shapeOf, wideDecimal } from './parquet-types.ts'
import { isInherited, type Row, rowMaker, rowsOf } from './rows.ts'
import { type Layout, slicesOf, valuesOf } from './vector.ts'

/** A column of a Parquet file, and how its values come out without loss. */
export interface ParquetColumn {
  readonly name: string
  readonly type: ColumnType
  /** The column, and its type, as DuckDB has them. */
  readonly column: string
  readonly given: string
  readonly shape: Shape
  /** Why its values cannot be read. */
  readonly problem: string | undefined
}

const scan = (path: string): string => `read_parquet(${fileLiteral(path)}, hive_partitioning = false)`

/** The columns of a Parquet file, under their names as written: DuckDB renames those that differ only in case. */
export async function parquetColumns(
  connection: DuckDBConnection,
  { path, fields }: ParquetFile,
): Promise<readonly ParquetColumn[]> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${scan(path)}`)
  const columns = described.getRowObjectsJson() as { column_name: string; column_type: string }[]
  if (columns.length !== fields.length)
    throw new Broken(`has ${fields.length} columns by its own account, and DuckDB reads ${columns.length}`)
  const names = uniqueNames(fields.map(({ element }) => element.name))
  return columns.map(({ column_name: column, column_type: given }, at) => {
    const field = fields[at]!
    const shape = shapeOfField(field, given)
    return { name: names[at]!, type: shape.type, column: identifier(column), given, shape, problem: problemOf(field) }
  })
}

function shapeOfField({ element }: ParquetField, given: string): Shape {
  if (isWide(element)) return wideDecimal(element.decimal!.scale)
  return element.isOldInstant ? OLD_INSTANT : shapeOf(given)
}

function problemOf({ below }: ParquetField): string | undefined {
  const wide = below.find(isWide)?.decimal
  // DuckDB makes doubles of them, and wrong ones.
  return (
    wide &&
    `holds decimals of ${wide.precision} digits inside of a list or a struct, where no more than 38 can be read: write them as text, or as a column of their own`
  )
}

export interface Wanted {
  readonly name: string
  readonly type: ColumnType
  readonly declared: boolean
  readonly nullable?: boolean
}

/** The rows of a Parquet file, up to 2,048 a page and fewer where they are wide, with values of the wanted types. */
export async function* parquetRows(
  connection: DuckDBConnection,
  file: ParquetFile,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): AsyncGenerator<Row[]> {
  const found = new Map((await parquetColumns(connection, file)).map((column) => [column.name, column]))
  const plan = wanted.flatMap((want) => planOf(want, found.get(want.name)) ?? [])
  // Without a column that the table has, its rows still count.
  const select = plan.length === 0 ? 'true' : plan.map((column) => column.sql).join(', ')
  const types = plan.length === 0 ? ['BOOLEAN'] : plan.map((column) => column.result)
  const make = rowMaker(plan.map((column) => column.name))
  let rows = 0
  for await (const chunk of chunksOf(connection, `SELECT ${select} FROM ${scan(file.path)}`, types, signal)) {
    for (const slice of slicesOf(chunk, types.length)) {
      const columns = plan.map(({ layout, convert }, at) => {
        const values = valuesOf(chunk, at, layout, slice)
        return convert === undefined ? values : values.map((value) => (value === null ? null : convert(value)))
      })
      yield rowsOf(make, columns, slice.to - slice.from)
    }
    rows += chunk.rowCount
  }
  if (rows !== file.footer.rows)
    throw new Broken(`has ${file.footer.rows} rows by its own account, and ${rows} were read; write it again`)
}

interface Planned {
  readonly name: string
  readonly sql: string
  readonly result: string
  readonly layout: Layout
  readonly convert: Convert | undefined
}

/** How a wanted column comes out; undefined where the file does not have it. */
function planOf(want: Wanted, found: ParquetColumn | undefined): Planned | undefined {
  const { name } = want
  if (found === undefined)
    return isInherited(name) ? { name, sql: 'NULL', result: 'INTEGER', layout: 'other', convert: undefined } : undefined
  const { column, given, problem } = found
  if (problem !== undefined) throw new Broken(`has a column ${JSON.stringify(name)} that ${problem}`)
  const shape = (want.type === 'text' ? found.shape.text : undefined) ?? found.shape
  const { sql, result = given, layout } = shape
  return { name, sql: sql?.(column) ?? column, result, layout, convert: chained(shape, want) }
}

function chained({ type, convert: first }: Shape, want: Wanted): Convert | undefined {
  if (type === want.type) return first
  const convert = (type === 'text' ? fromText(want.type, want.declared) : fromOther(type, want)) as Convert
  return first === undefined ? convert : (value) => convert(first(value))
}

function fromOther(type: ColumnType, want: Wanted): Convert {
  const convert = fromValue(want.type, want.declared)
  if (want.type !== 'json' || type !== 'numeric') return convert
  return (value) => (isRawNumber(value) ? value : convert(value))
}

/** What DuckDB says of a file that is not a whole Parquet file. */
export function parquetFailure(error: unknown): unknown {
  if (error instanceof Broken) return error
  const message = (error as Error).message ?? ''
  if (/magic bytes|too small to be a Parquet|footer|TProtocolException|invalid metadata/i.test(message)) {
    return new Broken('is no whole Parquet file: it is cut off or damaged; write it again', { cause: error })
  }
  if (/^Out of Memory/i.test(message)) {
    return new Broken('does not fit into the memory that DuckDB may use: raise "memoryLimit" in the config', {
      cause: error,
    })
  }
  return /^(?:IO|Invalid Input|Conversion|Serialization|HTTP|Invalid) Error|Snappy|ZSTD|decompress/i.test(message)
    ? new Broken(`cannot be read as Parquet: ${message.split('\n')[0]}`, { cause: error })
    : error
}
