import { pipeline } from 'node:stream/promises'
import type { DuckDBConnection, DuckDBDataChunk, DuckDBType } from '@duckdb/node-api'
import type { ColumnType } from '@tidemark/core'
import { isRawNumber } from '@tidemark/core/values'
import { type Block, zipped } from './blocks.ts'
import type { Files } from './client.ts'
import { type Convert, fromText, fromValue } from './convert.ts'
import { uniqueNames } from './csv.ts'
import { chunksOf, fileLiteral, identifier } from './duckdb.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { Misfit } from './misfit.ts'
import type { ParquetField, ParquetLeaf } from './parquet-field.ts'
import type { ParquetFile } from './parquet-file.ts'
import { rawInside } from './parquet-inside.ts'
import { leavesIn, nestedTypes, type Slots, slotsOf } from './parquet-slots.ts'
import { isNested, OLD_INSTANT, type Shape, shapeOf } from './parquet-types.ts'
import { isVariantField, variantProblem } from './parquet-variant.ts'
import { WIDE_NAME, wideGroups } from './parquet-wide.ts'
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
  readonly field: ParquetField
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

/** Types that say all there is to say of a column: of others the file may say more. */
const IS_ALONE = /^(?:VARCHAR|BLOB|JSON)$/

/** The rows of a Parquet file, up to 2,048 a page and fewer where they are wide, with values of the wanted types. */
export async function* parquetRows(
  client: Files,
  file: ParquetFile,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): AsyncGenerator<Row[]> {
  yield* client.duckDb.use(signal, async function* (connection) {
    const found = new Map((await parquetColumns(connection, file)).map((column) => [column.name, column]))
    const [together, apart] = [[] as Planned[], [] as (readonly [ParquetLeaf, Planned])[]]
    const read = wanted.flatMap(({ name }) => found.get(name) ?? [])
    const nested = await nestedTypes(connection, scan(file.path), read)
    for (const want of wanted) {
      const column = found.get(want.name)
      const isApart = column !== undefined && file.wide.has(column.field) && IS_ALONE.test(column.given)
      const plan = planOf(want, isApart ? { ...column, column: identifier(WIDE_NAME) } : column, nested)
      if (plan === undefined) continue
      if (isApart) apart.push([column.field.leaves[0]!, plan])
      else together.push(plan)
    }
    const slots = slotsIn(nested, read)
    const main = wholeBlocks(connection, file, { plan: together, slots }, signal)
    const others = apart.map(([leaf, column]) => wideBlocks(client, file, { leaf, column }, signal))
    const make = rowMaker([...together, ...apart.map(([, column]) => column)].map(({ name }) => name))
    for await (const { columns, count } of others.length === 0 ? main : zipped([main, ...others]))
      yield rowsOf(make, columns, count)
  })
}

interface Selected {
  readonly plan: readonly Planned[]
  readonly slots: readonly (Slots & { readonly name: string })[]
}

/** The values of some columns of a file. @throws Broken where it has not as many rows, or values in lists, as it says. */
async function* wholeBlocks(
  connection: DuckDBConnection,
  { path, footer }: ParquetFile,
  selected: Selected,
  signal: AbortSignal,
): AsyncGenerator<Block> {
  const { slots } = selected
  const counts = slots.map(() => 0)
  let rows = 0
  const onChunk = (chunk: DuckDBDataChunk, columns: number): void => {
    for (const at of counts.keys())
      for (const count of valuesOf(chunk, columns + at, 'int64', { from: 0, to: chunk.rowCount }))
        counts[at]! += Number(count)
    rows += chunk.rowCount
  }
  yield* blocksOf(connection, path, selected, signal, onChunk)
  if (rows !== footer.rows)
    throw new InvalidFileError(`declares ${footer.rows} rows, but ${rows} were read; write it again`)
  const other = slots.findIndex(({ values }, at) => values !== counts[at])
  if (other >= 0)
    throw new InvalidFileError(
      `declares ${slots[other]!.values} values in column ${slots[other]!.name}, but ${counts[other]} were read: its lists are damaged; write it again`,
    )
}

/** The values of one column, read by itself. */
async function* wideBlocks(
  client: Files,
  { path, footer, cut }: ParquetFile,
  { leaf, column }: { readonly leaf: ParquetLeaf; readonly column: Planned },
  signal: AbortSignal,
): AsyncGenerator<Block> {
  for await (const group of wideGroups({ path, footer, leaf, cut, client, signal })) {
    await using own = await client.temporary((to) => pipeline(group.content(), to, { signal }))
    yield* client.duckDb.use(signal, (connection) =>
      blocksOf(connection, own.path, { plan: [column], slots: [] }, signal),
    )
  }
}

/** @param onChunk called with each chunk, and how many of its columns are of the plan, when its rows are taken. */
async function* blocksOf(
  connection: DuckDBConnection,
  path: string,
  { plan, slots }: Selected,
  signal: AbortSignal,
  onChunk: (chunk: DuckDBDataChunk, columns: number) => void = () => {},
): AsyncGenerator<Block> {
  // Without a column that the table has, its rows still count.
  const select = plan.length === 0 ? ['true'] : plan.map((column) => column.sql)
  const types = plan.length === 0 ? ['BOOLEAN'] : plan.map((column) => column.result)
  const sql = `SELECT ${[...select, ...slots.map((one) => one.sql)].join(', ')} FROM ${scan(path)}`
  for await (const chunk of chunksOf(connection, sql, [...types, ...slots.map(() => 'BIGINT')], signal)) {
    for (const slice of slicesOf(chunk, types.length)) {
      const columns = plan.map(({ layout, convert }, at) => {
        const values = valuesOf(chunk, at, layout, slice)
        return convert === undefined ? values : values.map((value) => (value === null ? null : convert(value)))
      })
      yield { columns, count: slice.to - slice.from }
    }
    onChunk(chunk, types.length)
  }
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

interface Planned {
  readonly name: string
  readonly sql: string
  readonly result: string
  readonly layout: Layout
  readonly convert: Convert | undefined
}

/** How a wanted column comes out; undefined where the file does not have it. */
function planOf(want: Wanted, found: ParquetColumn | undefined, nested: Types): Planned | undefined {
  const { name } = want
  if (found === undefined)
    return isInherited(name) ? { name, sql: 'NULL', result: 'INTEGER', layout: 'other', convert: undefined } : undefined
  const { column, given, problem } = found
  if (problem !== undefined) throw new InvalidFileError(`has a column ${JSON.stringify(name)} that ${problem}`)
  const own = (want.type === 'text' ? found.shape.text : undefined) ?? found.shape
  const inside = isNested(given) ? insideOf(found, nested.get(column)) : undefined
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
  if (/^Out of Memory/i.test(message)) {
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
