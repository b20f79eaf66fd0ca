import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { bytesOf, compressionOf } from './bytes.ts'
import type { Files } from './client.ts'
import { type FileTable, formatOf } from './config.ts'
import { failure } from './invalid-file-error.ts'
import type { TableFile } from './listing.ts'
import { type CheckedChunk, checkPages, heldByRows } from './parquet-check.ts'
import { type Cut, cutFor, roomTogether } from './parquet-cut.ts'
import type { ParquetField, ParquetLeaf } from './parquet-field.ts'
import { type ColumnChunk, type Footer, readFooter } from './parquet-footer.ts'
import { levelsIn } from './parquet-levels.ts'
import { rawOf } from './parquet-raw.ts'
import { inBothWays, instantElement, isNewOnly, type Schema, writeFooter } from './parquet-schema.ts'
import { variantElements } from './parquet-variant.ts'
import { wideFields } from './parquet-wide.ts'

/** A Parquet file in a form in which DuckDB reads it without loss. */
export interface ParquetFile {
  readonly path: string
  readonly footer: Footer
  /** The elements of the footer's schema as DuckDB is to read them. */
  readonly schema: Schema
  readonly fields: readonly ParquetField[]
  /** Columns that are read by themselves, because their values are long. */
  readonly wide: ReadonlySet<ParquetField>
  readonly cut: Cut
}

/**
 * Opens a Parquet file. Where it is compressed as a whole, or has what DuckDB would read as something else, that is a
 * copy with the same pages.
 */
export async function openParquet(
  file: string,
  client: Files,
  signal: AbortSignal,
  pages: 'check' | 'leave',
): Promise<ParquetFile & AsyncDisposable> {
  await using copies = new AsyncDisposableStack()
  let path = file
  if (compressionOf(file) !== undefined)
    path = copies.use(await client.temporary((to) => pipeline(bytesOf(file, signal), to, { signal }))).path
  const footer = await readFooter(path)
  const fields = fieldsOf(footer)
  const checked =
    pages === 'check' ? await checkPages(path, footer, fields, signal) : new Map<ColumnChunk, CheckedChunk>()
  const room = roomTogether(client)
  const wide = await wideFields(fields, checked, room, (leaf, chunk) => heldByRows(path, leaf, chunk, footer.start))
  const schema = readableSchema(footer, fields)
  const isOther = schema.some((own, at) => own !== footer.schema[at]!.fields)
  if (isOther) path = copies.use(await copyWith(schema, path, footer, client, signal)).path
  const kept = copies.move()
  return { path, footer, schema, fields, wide, cut: cutFor(client), [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** A copy of a file with the same pages and another schema. */
function copyWith(schema: Schema, from: string, footer: Footer, client: Files, signal: AbortSignal) {
  return client.temporary((to) =>
    pipeline(
      async function* () {
        yield* createReadStream(from, { end: footer.start - 1 })
        yield writeFooter(footer, schema)
      },
      to,
      { signal },
    ),
  )
}

/** How many rows a Parquet file says to have; a file of texts does not say. */
export async function countRows(
  table: FileTable,
  { path }: TableFile,
  client: Files,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (formatOf(table, path) !== 'parquet') return undefined
  try {
    await using file = await openParquet(path, client, signal, 'leave')
    return file.footer.rows
  } catch (error) {
    throw failure(path, error, signal)
  }
}

/** The columns of a file: the elements of its schema come one below the other, each with the number of its children. */
function fieldsOf({ schema, chunks }: Footer): readonly ParquetField[] {
  const leaves = schema.filter(({ isLeaf }) => isLeaf).length
  const fields: ParquetField[] = []
  let nth = 0
  for (let at = 1; at < schema.length; ) {
    const from = at
    for (let left = 1; left > 0 && at < schema.length; at++) left += schema[at]!.children - 1
    const own = schema.slice(from, at)
    const levels = levelsIn(own)
    const leavesOf = own
      .filter(({ isLeaf }) => isLeaf)
      .map((element, leaf): ParquetLeaf => {
        const ofLeaf = chunksAt(chunks, nth++, leaves)
        return { element, levels: levels[leaf]!, chunks: ofLeaf, raw: rawOf(element, ofLeaf) }
      })
    fields.push({ element: own[0]!, below: own.slice(1), leaves: leavesOf })
  }
  return fields
}

/** The chunks of one column: each group of rows has one of each. */
function chunksAt(chunks: readonly ColumnChunk[], nth: number, leaves: number): readonly ColumnChunk[] {
  if (leaves === 0 || chunks.length % leaves !== 0) return []
  return Array.from({ length: chunks.length / leaves }, (_, group) => chunks[group * leaves + nth]!)
}

/** The schema with which DuckDB reads what it reads wrong else. */
function readableSchema(footer: Footer, fields: readonly ParquetField[]): Schema {
  const raws = new Map(fields.flatMap(({ leaves }) => leaves.map(({ element, raw }) => [element, raw?.fields])))
  const inside = fields.flatMap(({ element, below }) => (element.isRepeated ? [element, ...below] : below))
  const instants = new Set(inside.filter((element) => element.isOldInstant))
  const ofVariants = variantElements(footer.schema)
  return footer.schema.map((element) => {
    const other = raws.get(element) ?? ofVariants.get(element)
    if (other !== undefined) return other
    if (isNewOnly(element)) return inBothWays(element)
    return instants.has(element) ? instantElement(element) : element.fields
  })
}
