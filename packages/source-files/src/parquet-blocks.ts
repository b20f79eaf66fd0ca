import { pipeline } from 'node:stream/promises'
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import type { Block } from './blocks.ts'
import type { Files } from './client.ts'
import type { Convert } from './convert.ts'
import { chunksOf, fileLiteral } from './duckdb.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { Misfit } from './misfit.ts'
import type { ParquetField } from './parquet-field.ts'
import type { ParquetFile } from './parquet-file.ts'
import type { Slots } from './parquet-slots.ts'
import { type WideGroup, wideGroups } from './parquet-wide.ts'
import { type Layout, slicesOf, valuesOf } from './vector.ts'

/** A column as it is read: what DuckDB is asked for, and what becomes of it. */
export interface PlannedColumn {
  readonly name: string
  readonly sql: string
  readonly result: string
  readonly layout: Layout
  readonly convert: Convert | undefined
}

interface Selected {
  readonly plan: readonly PlannedColumn[]
  readonly slots: readonly (Slots & { readonly name: string })[]
}

/** A file as a table of a query. */
export const scan = (path: string): string => `read_parquet(${fileLiteral(path)}, hive_partitioning = false)`

/** What DuckDB says where something does not fit into its memory limit. */
export const OUT_OF_MEMORY = /^Out of Memory/i

/** The values of some columns of a file. @throws Broken where it has not as many rows, or values in lists, as it says. */
export async function* wholeBlocks(
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
  yield* blocksOf(connection, queryOf(path, selected), selected, signal, onChunk)
  if (rows !== footer.rows) throw otherRows(footer.rows, rows)
  const other = slots.findIndex(({ values }, at) => values !== counts[at])
  if (other >= 0)
    throw new InvalidFileError(
      `declares ${slots[other]!.values} values in column ${slots[other]!.name}, but ${counts[other]} were read: its lists are damaged; write it again`,
    )
}

const otherRows = (declared: number, read: number): InvalidFileError =>
  new InvalidFileError(`declares ${declared} rows, but ${read} were read; write it again`)

/** The values of one column, read by itself. Those that do not fit into the memory are misfits. */
export async function* wideBlocks(
  client: Files,
  file: ParquetFile,
  { field, column }: { readonly field: ParquetField; readonly column: PlannedColumn },
  signal: AbortSignal,
): AsyncGenerator<Block> {
  for await (const group of wideGroups({ ...file, field, client, signal })) {
    if ('bytes' in group) {
      yield misfit(`expected at most ${file.cut.most} bytes in a row, a quarter of "memoryLimit", got ${group.bytes}`)
      continue
    }
    try {
      yield* groupBlocks(client, group, column, signal)
    } catch (error) {
      if (group.rows > 1 || !OUT_OF_MEMORY.test((error as Error).message)) throw error
      yield misfit('does not fit into the memory limit of DuckDB')
    }
  }
}

const misfit = (problem: string): Block => ({
  columns: [[new Misfit(`${problem}; raise "memoryLimit" in the config, then resync the table`)]],
  count: 1,
})

async function* groupBlocks(
  client: Files,
  group: WideGroup,
  column: PlannedColumn,
  signal: AbortSignal,
): AsyncGenerator<Block> {
  await using own = await client.temporary((to) => pipeline(group.content(), to, { signal }))
  const selected: Selected = { plan: [column], slots: [] }
  const query = queryOf(own.path, selected)
  yield* client.duckDb.use(signal, async function* (connection) {
    let rows = 0
    for await (const block of blocksOf(connection, query, selected, signal)) {
      rows += block.count
      yield block
    }
    if (rows === group.rows) return
    // DuckDB may end a stream where it has no memory left; without a stream it says so.
    await connection.run(query)
    throw otherRows(group.rows, rows)
  })
}

function queryOf(path: string, { plan, slots }: Selected): string {
  // Without a column that the table has, its rows still count.
  const select = plan.length === 0 ? ['true'] : plan.map(({ sql }) => sql)
  return `SELECT ${[...select, ...slots.map(({ sql }) => sql)].join(', ')} FROM ${scan(path)}`
}

/** @param onChunk called with each chunk, and how many of its columns are of the plan, when its rows are taken. */
async function* blocksOf(
  connection: DuckDBConnection,
  query: string,
  { plan, slots }: Selected,
  signal: AbortSignal,
  onChunk: (chunk: DuckDBDataChunk, columns: number) => void = () => {},
): AsyncGenerator<Block> {
  const types = plan.length === 0 ? ['BOOLEAN'] : plan.map(({ result }) => result)
  for await (const chunk of chunksOf(connection, query, [...types, ...slots.map(() => 'BIGINT')], signal)) {
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
