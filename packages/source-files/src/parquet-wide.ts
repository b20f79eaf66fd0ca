import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Element } from './parquet-element.ts'
import type { ParquetField, ParquetLeaf } from './parquet-field.ts'
import { Chunk, type ColumnChunk, type Footer, Group, MAGIC, Metadata } from './parquet-footer.ts'
import { type Page, pagesOf } from './parquet-pages.ts'
import { footerOf, readable, renamed } from './parquet-schema.ts'
import { listOf, numberField, type RawField, Thrift, ThriftReader, writeStruct } from './thrift.ts'

// DuckDB reads 2,048 rows at once, and keeps all pages that they are in: of texts of a megabyte that is two gigabytes. It
// never reads beyond a file, so such a column is read by itself, a few pages at a time, each time from a file that has only these.

/** What DuckDB may hold of the columns that are read together. */
const TOGETHER = 128 << 20
/** So many bytes of pages are read at a time, and one page where it has more. */
const GROUP = 16 << 20

/** Of what describes a chunk, up to here it says what kind of values it has. */
const LAST_OF_KIND = 4

/** The name of the one column of such a file. */
export const WIDE_NAME = 'v'

/** The columns that are too wide to be read with the others: the widest, until the others have room. */
export function wideFields(
  fields: readonly ParquetField[],
  held: ReadonlyMap<ColumnChunk, number>,
): ReadonlySet<ParquetField> {
  const heldOf = ({ leaves }: ParquetField): number =>
    leaves.reduce((sum, { chunks }) => sum + Math.max(0, ...chunks.map((chunk) => held.get(chunk) ?? 0)), 0)
  const sized = fields.map((field) => ({ field, bytes: heldOf(field) }))
  let together = sized.reduce((sum, { bytes }) => sum + bytes, 0)
  const wide = new Set<ParquetField>()
  for (const { field, bytes } of sized.filter(({ field }) => isPlain(field)).sort((a, b) => b.bytes - a.bytes)) {
    if (together <= TOGETHER) break
    wide.add(field)
    together -= bytes
  }
  return wide
}

/** A text or bytes of its own in each row: what has several values in a row has pages that begin within one. */
function isPlain({ element, below }: ParquetField): boolean {
  return below.length === 0 && element.isBytes && element.decimal === undefined && !element.isRepeated
}

/** A group of rows with one column of a file, as a file of its own. */
export interface WideGroup {
  readonly rows: number
  content(): AsyncGenerator<Buffer>
}

/** The values of one column, a few pages at a time, each as a Parquet file that DuckDB reads by itself. */
export async function* wideGroups(
  path: string,
  { bytes, schema, start: end }: Footer,
  { element, chunks }: ParquetLeaf,
): AsyncGenerator<WideGroup> {
  await using file = await open(path)
  const root = schema[0]!.fields.filter(({ id }) => id === Element.name)
  const own = [[...root, numberField(Element.children, Thrift.i32, 1)], renamed(readable(element), WIDE_NAME)]
  for (const chunk of chunks) {
    const pages: Page[] = []
    let values = 0
    for await (const page of pagesOf(file, { start: chunk.start, size: chunk.values === 0 ? 0 : end - chunk.start })) {
      pages.push(page)
      values += page.values
      if (values >= chunk.values) break
    }
    for (const group of groupsOf(pages)) {
      const { from, to, values: rows } = group
      yield {
        rows,
        async *content() {
          yield MAGIC
          yield* createReadStream(path, { start: from, end: to - 1 })
          yield footerOf({ schema: own, rows, groups: [rowGroup(group, chunk, MAGIC.length - from, bytes)] })
        },
      }
    }
  }
}

interface Pages {
  readonly from: number
  readonly to: number
  readonly dictionary: number | undefined
  readonly data: number
  readonly values: number
  readonly unpacked: number
}

/** Pages of a chunk in groups. Those that need its dictionary stay with it. */
function groupsOf(pages: readonly Page[]): readonly Pages[] {
  const lastOfDictionary = pages.findLastIndex(({ usesDictionary, isDictionary }) => usesDictionary || isDictionary)
  const groups: Pages[] = []
  for (const [nth, page] of pages.entries()) {
    const before = groups.at(-1)
    const to = page.start + page.size
    const unpacked = page.unpacked + page.start - page.from
    const isNext = nth > lastOfDictionary && before !== undefined && before.unpacked + unpacked > GROUP
    if (before === undefined || (isNext && before.values > 0)) {
      const dictionary = page.isDictionary ? page.from : undefined
      const data = page.isDictionary ? to : page.from
      groups.push({ from: page.from, to, dictionary, data, values: page.values, unpacked })
    } else {
      groups[groups.length - 1] = {
        ...before,
        to,
        values: before.values + page.values,
        unpacked: before.unpacked + unpacked,
      }
    }
  }
  return groups
}

/** Describes a group of rows with the one column as its chunk was, without statistics. @param shift how much further back it is */
function rowGroup(
  { from, to, dictionary, data, values, unpacked }: Pages,
  chunk: ColumnChunk,
  shift: number,
  bytes: Buffer,
): Buffer {
  const long = (id: number, value: number): RawField => numberField(id, Thrift.i64, value)
  const described = writeStruct([
    ...kindOf(bytes, chunk),
    long(Metadata.values, values),
    long(Metadata.unpacked, unpacked),
    long(Metadata.size, to - from),
    long(Metadata.data, data + shift),
    ...(dictionary === undefined ? [] : [long(Metadata.dictionary, dictionary + shift)]),
  ])
  const column = writeStruct([
    long(Chunk.offset, from + shift),
    { id: Chunk.metadata, type: Thrift.struct, value: described },
  ])
  return writeStruct([
    { id: Group.chunks, type: Thrift.list, value: listOf([column]) },
    long(Group.bytes, unpacked),
    long(Group.rows, values),
  ])
}

/** Type, encodings, path and codec of a chunk, as they are written. */
function kindOf(bytes: Buffer, { describedAt }: ColumnChunk): readonly RawField[] {
  const fields: RawField[] = []
  const reader = new ThriftReader(bytes, describedAt)
  reader.struct((id, type) => {
    const from = reader.at
    reader.skip(type)
    if (id <= LAST_OF_KIND) fields.push({ id, type, value: bytes.subarray(from, reader.at) })
  })
  return fields
}
