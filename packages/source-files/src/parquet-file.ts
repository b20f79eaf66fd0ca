import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { failure } from './broken.ts'
import { bytesOf, compressionOf } from './bytes.ts'
import type { Files } from './client.ts'
import { type FileTable, formatOf } from './config.ts'
import type { TableFile } from './listing.ts'
import type { ParquetField } from './parquet-field.ts'
import { type ColumnChunk, type Footer, readFooter, type SchemaElement } from './parquet-footer.ts'
import { checkPages } from './parquet-pages.ts'
import { instantElement, plainBytes, type Schema, unzonedElement, writeFooter } from './parquet-schema.ts'
import { isWithinDay } from './parquet-time.ts'
import { schemaOfGroups } from './parquet-variant.ts'
import { wideFields } from './parquet-wide.ts'

/** The digits that DuckDB's decimals have; it makes doubles of longer ones. */
const DIGITS = 38

/** A Parquet file in a form in which DuckDB reads it without loss. */
export interface ParquetFile {
  readonly path: string
  /** Where a VARIANT is in parts, the same with the groups that these are. */
  readonly groups: string
  readonly footer: Footer
  readonly fields: readonly ParquetField[]
  /** Columns that are read by themselves, because their values are long. */
  readonly wide: ReadonlySet<ParquetField>
}

export const isWide = ({ decimal }: SchemaElement): boolean => decimal !== undefined && decimal.precision > DIGITS

/** A decimal that DuckDB makes a double, or a zero where it has no bytes at all. */
export const isDecodedHere = (element: SchemaElement): boolean =>
  isWide(element) || (element.decimal !== undefined && element.isBytes)

/** A column of times of day in UTC of which the file does not say that DuckDB reads them as they are. */
export function isUnzoned({ element, leaves }: ParquetField): boolean {
  const { time } = element
  return (
    time?.isZoned === true &&
    (time.isFine || leaves.some(({ chunks }) => !chunks.every((one) => isWithinDay(one, time) === true)))
  )
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
  const held = pages === 'check' ? await checkPages(path, footer, signal) : new Map<ColumnChunk, number>()
  const wide = wideFields(fields, held)
  const copied = async (schema: Schema | undefined, from = path): Promise<string> =>
    schema === undefined ? from : copies.use(await copyWith(schema, from, footer, client, signal)).path
  path = await copied(readableSchema(footer, fields))
  const groups = pages === 'check' ? await copied(schemaOfGroups(footer, fields)) : path
  const kept = copies.move()
  return { path, groups, footer, fields, wide, [Symbol.asyncDispose]: () => kept.disposeAsync() }
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
    fields.push({
      element: own[0]!,
      below: own.slice(1),
      leaves: own
        .filter(({ isLeaf }) => isLeaf)
        .map((element) => ({ element, chunks: chunksAt(chunks, nth++, leaves) })),
    })
  }
  return fields
}

/** The chunks of one column: each group of rows has one of each. */
function chunksAt(chunks: readonly ColumnChunk[], nth: number, leaves: number): readonly ColumnChunk[] {
  if (leaves === 0 || chunks.length % leaves !== 0) return []
  return Array.from({ length: chunks.length / leaves }, (_, group) => chunks[group * leaves + nth]!)
}

/** The schema with which DuckDB reads what it reads wrong else; undefined where that is nothing. */
function readableSchema(footer: Footer, fields: readonly ParquetField[]): Schema | undefined {
  const own = new Set(fields.flatMap(({ element }) => (isDecodedHere(element) ? [element] : [])))
  const instants = new Set(fields.flatMap(({ below }) => below.filter((element) => element.isOldInstant)))
  const unzoned = new Set(fields.flatMap((field) => (isUnzoned(field) ? [field.element] : [])))
  if (own.size + instants.size + unzoned.size === 0) return undefined
  return footer.schema.map((element) => {
    if (own.has(element)) return plainBytes(element)
    if (unzoned.has(element)) return unzonedElement(element)
    return instants.has(element) ? instantElement(element) : element.fields
  })
}
