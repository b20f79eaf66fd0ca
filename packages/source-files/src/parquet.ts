import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnType } from '@tidemark/core'
import { Broken } from './broken.ts'
import { type Convert, fromText, fromValue } from './convert.ts'
import { uniqueNames } from './csv.ts'
import { chunksOf, fileLiteral, identifier } from './duckdb.ts'
import { isRawNumber, parseJson } from './json-value.ts'
import { isInherited, type Row, rowMaker, rowsOf } from './rows.ts'
import { type Layout, valuesOf } from './vector.ts'

/** A column of a Parquet file, and how its values come out without loss. */
export interface ParquetColumn {
  readonly name: string
  readonly type: ColumnType
  readonly layout: Layout
  readonly sql: string
  readonly convert?: Convert | undefined
}

type Shape = {
  readonly type: ColumnType
  readonly layout: Layout
  readonly sql?: (column: string) => string
  readonly convert?: Convert
}

const asVarchar = (column: string): string => `CAST(${column} AS VARCHAR)`
const text: Shape = { type: 'text', layout: 'string', sql: asVarchar }
const micros: Shape = { type: 'local_timestamp', layout: 'local', sql: (column) => `CAST(${column} AS TIMESTAMP)` }

const SHAPES: Readonly<Record<string, Shape>> = {
  BOOLEAN: { type: 'boolean', layout: 'other' },
  TINYINT: { type: 'integer', layout: 'number' },
  SMALLINT: { type: 'integer', layout: 'number' },
  INTEGER: { type: 'integer', layout: 'number' },
  BIGINT: { type: 'integer', layout: 'int64' },
  UTINYINT: { type: 'integer', layout: 'number' },
  USMALLINT: { type: 'integer', layout: 'number' },
  UINTEGER: { type: 'integer', layout: 'number' },
  FLOAT: { type: 'double', layout: 'number' },
  DOUBLE: { type: 'double', layout: 'number' },
  VARCHAR: { type: 'text', layout: 'string' },
  BLOB: { type: 'bytes', layout: 'other', convert: (value) => (value as { bytes: Uint8Array }).bytes },
  DATE: { type: 'date', layout: 'date' },
  TIMESTAMP: { type: 'local_timestamp', layout: 'local' },
  TIMESTAMP_S: micros,
  TIMESTAMP_MS: micros,
  TIMESTAMP_NS: {
    type: 'local_timestamp',
    layout: 'string',
    sql: asVarchar,
    convert: fromText('local_timestamp', false) as Convert,
  },
  'TIMESTAMP WITH TIME ZONE': { type: 'timestamp', layout: 'instant' },
  JSON: { type: 'json', layout: 'string', sql: asVarchar, convert: (value) => nested(value as string) },
}
const NUMERIC: Shape = { type: 'numeric', layout: 'string', sql: asVarchar }
const NESTED: Shape = {
  type: 'json',
  layout: 'string',
  sql: (column) => `CAST(to_json(${column}) AS VARCHAR)`,
  convert: (value) => nested(value as string),
}

function shapeOf(type: string): Shape {
  if (SHAPES[type] !== undefined) return SHAPES[type]
  if (/[\]]$|^(?:STRUCT|MAP|UNION)\(|^VARIANT/.test(type)) return NESTED
  return /^(?:DECIMAL\(|U?HUGEINT$|UBIGINT$|BIGNUM$)/.test(type) ? NUMERIC : text
}

/** Parses what `to_json` wrote. It writes NaN and infinities bare, which JSON does not have: they become texts. */
function nested(json: string): unknown {
  try {
    return parseJson(json)
  } catch {
    return parseJson(
      json.replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|nan|Infinity|inf)/g, (part) =>
        part.startsWith('"') ? part : `"${part}"`,
      ),
    )
  }
}

const scan = (path: string): string => `read_parquet(${fileLiteral(path)}, hive_partitioning = false)`

/** The columns of a Parquet file, under their names as written: DuckDB renames those that differ only in case. */
export async function parquetColumns(connection: DuckDBConnection, path: string): Promise<readonly ParquetColumn[]> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${scan(path)}`)
  const columns = described.getRowObjectsJson() as { column_name: string; column_type: string }[]
  const schema = await connection.runAndReadAll(`SELECT name, num_children FROM parquet_schema(${fileLiteral(path)})`)
  const written = topLevel(schema.getRowsJson() as [string, string | null][])
  const names = uniqueNames(written.length === columns.length ? written : columns.map((column) => column.column_name))
  return columns.map(({ column_name, column_type }, at) => {
    const shape = shapeOf(column_type)
    const column = identifier(column_name)
    return {
      name: names[at]!,
      type: shape.type,
      layout: shape.layout,
      sql: shape.sql?.(column) ?? column,
      convert: shape.convert,
    }
  })
}

/** The names of a schema's first level: its nodes come one below the other, each with the number of its children. */
function topLevel(nodes: readonly (readonly [string, string | null])[]): string[] {
  const names: string[] = []
  let at = 1
  const skip = (): void => {
    const children = Number(nodes[at]?.[1] ?? 0)
    at++
    for (let child = 0; child < children; child++) skip()
  }
  while (at < nodes.length) {
    names.push(nodes[at]![0])
    skip()
  }
  return names
}

export interface Wanted {
  readonly name: string
  readonly type: ColumnType
  readonly declared: boolean
}

/** The rows of a Parquet file, 2,048 a page, with values of the wanted types. */
export async function* parquetRows(
  connection: DuckDBConnection,
  path: string,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): AsyncGenerator<Row[]> {
  const found = new Map((await parquetColumns(connection, path)).map((column) => [column.name, column]))
  const plan = wanted.flatMap((want) => {
    const column = found.get(want.name)
    if (column !== undefined) return [{ ...column, convert: chained(column, want) }]
    return isInherited(want.name)
      ? [{ name: want.name, type: want.type, layout: 'other' as const, sql: 'NULL', convert: undefined }]
      : []
  })
  // Without a column that the table has, its rows still count.
  const select = plan.length === 0 ? 'true' : plan.map((column) => column.sql).join(', ')
  const make = rowMaker(plan.map((column) => column.name))
  for await (const chunk of chunksOf(connection, `SELECT ${select} FROM ${scan(path)}`, signal)) {
    const columns = plan.map(({ layout, convert }, at) => {
      const values = valuesOf(chunk, at, layout)
      return convert === undefined ? values : values.map((value) => (value === null ? null : convert(value)))
    })
    yield rowsOf(make, columns, chunk.rowCount)
  }
}

function chained({ type, convert: first }: ParquetColumn, want: Wanted): Convert | undefined {
  if (type === want.type) return first
  const convert = (type === 'text' ? fromText(want.type, want.declared) : fromOther(type, want)) as Convert
  return first === undefined ? convert : (value) => convert(first(value))
}

function fromOther(type: ColumnType, want: Wanted): Convert {
  const convert = fromValue(want.type, want.declared)
  if (want.type !== 'json' || type !== 'numeric') return convert
  return (value) => (isRawNumber(value) ? value : convert(value))
}

/** What DuckDB says of a file that is no whole Parquet file. */
export function parquetFailure(error: unknown): unknown {
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
