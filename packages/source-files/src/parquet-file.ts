import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { failure } from './broken.ts'
import { bytesOf, compressionOf } from './bytes.ts'
import type { Files } from './client.ts'
import { type FileTable, formatOf } from './config.ts'
import type { TableFile } from './listing.ts'
import {
  type Footer,
  instantElement,
  plainBytes,
  readFooter,
  type SchemaElement,
  writeFooter,
} from './parquet-footer.ts'
import { checkPages } from './parquet-pages.ts'

/** The digits that DuckDB's decimals have; it makes doubles of longer ones. */
const DIGITS = 38

/** A top-level column, and all elements that are below it. */
export interface ParquetField {
  readonly element: SchemaElement
  readonly below: readonly SchemaElement[]
}

/** A Parquet file in a form in which DuckDB reads it without loss. */
export interface ParquetFile {
  readonly path: string
  readonly footer: Footer
  readonly fields: readonly ParquetField[]
}

export const isWide = ({ decimal }: SchemaElement): boolean => decimal !== undefined && decimal.precision > DIGITS

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
  const fields = fieldsOf(footer.schema)
  if (pages === 'check') await checkPages(path, footer, signal)
  const schema = readableSchema(footer, fields)
  if (schema !== undefined) {
    const from = path
    const data = createReadStream(from, { end: footer.start - 1 })
    path = copies.use(
      await client.temporary((to) =>
        pipeline(
          async function* () {
            yield* data
            yield writeFooter(footer, schema)
          },
          to,
          { signal },
        ),
      ),
    ).path
  }
  const kept = copies.move()
  return { path, footer, fields, [Symbol.asyncDispose]: () => kept.disposeAsync() }
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

/** The columns of a schema: its elements come one below the other, each with the number of its children. */
function fieldsOf(schema: readonly SchemaElement[]): readonly ParquetField[] {
  const fields: ParquetField[] = []
  for (let at = 1; at < schema.length; ) {
    const from = at
    for (let left = 1; left > 0 && at < schema.length; at++) left += schema[at]!.children - 1
    fields.push({ element: schema[from]!, below: schema.slice(from + 1, at) })
  }
  return fields
}

/** The schema with which DuckDB reads what it reads wrong else; undefined where that is nothing. */
function readableSchema(
  footer: Footer,
  fields: readonly ParquetField[],
): Parameters<typeof writeFooter>[1] | undefined {
  const wide = new Set(fields.flatMap(({ element }) => (isWide(element) ? [element] : [])))
  const instants = new Set(fields.flatMap(({ below }) => below.filter((element) => element.isOldInstant)))
  if (wide.size + instants.size === 0) return undefined
  return footer.schema.map((element) => {
    if (wide.has(element)) return plainBytes(element)
    return instants.has(element) ? instantElement(element) : element.fields
  })
}
