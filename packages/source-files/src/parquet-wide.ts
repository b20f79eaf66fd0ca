import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Files } from './client.ts'
import { UNPACKED } from './parquet-codec.ts'
import { type Cut, isCuttable, smallPages } from './parquet-cut.ts'
import { Element } from './parquet-element.ts'
import type { ParquetField, ParquetLeaf } from './parquet-field.ts'
import { Chunk, type ColumnChunk, type Footer, MAGIC, Metadata, Group as RowGroup } from './parquet-footer.ts'
import { type Page, pagesOf } from './parquet-pages.ts'
import { PLAIN, RLE } from './parquet-plain.ts'
import { footerOf, readable, renamed } from './parquet-schema.ts'
import { listOf, numberField, numbersOf, type RawField, Thrift, ThriftReader, writeStruct } from './thrift.ts'

// DuckDB reads 2,048 rows at once, and keeps all pages that they are in: of texts of a megabyte that is two gigabytes. It
// never reads beyond a file, so such a column is read by itself, a few pages at a time, each time from a file that has only these.

/** What DuckDB may hold of the columns that are read together. */
const TOGETHER = 128 << 20
/** So many bytes of pages are read at a time, and one page where it has more. */
const GROUP = 16 << 20

/** What says of a chunk which kind of values it has. */
const Kind = { type: 1, encodings: 2, path: 3, codec: 4 } as const

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

const OPTIONAL = 1

/** A text or bytes of its own in each row: what has several values in a row has pages that begin within one. */
function isPlain({ element, below }: ParquetField): boolean {
  return below.length === 0 && element.isBytes && element.decimal === undefined && !element.isRepeated
}

function numberOf(fields: readonly RawField[], wanted: number): number | undefined {
  const field = fields.find(({ id }) => id === wanted)
  return field === undefined ? undefined : new ThriftReader(field.value).integer()
}

/** A group of rows with one column of a file, as a file of its own. */
export interface WideGroup {
  readonly rows: number
  content(): AsyncGenerator<Buffer>
}

/** A column that is read by itself, and what that needs. */
export interface WideColumn {
  readonly path: string
  readonly footer: Footer
  readonly leaf: ParquetLeaf
  readonly cut: Cut
  readonly client: Files
  readonly signal: AbortSignal
}

/**
 * The values of one column, a few pages at a time, each as a Parquet file that DuckDB reads by itself. Pages that are too
 * large for it are cut. The content of each is to be read before the next is asked for.
 */
export async function* wideGroups(column: WideColumn): AsyncGenerator<WideGroup> {
  const { path, footer, leaf } = column
  const { bytes, schema, start: end } = footer
  const { element, chunks } = leaf
  await using file = await open(path)
  const root = schema[0]!.fields.filter(({ id }) => id === Element.name)
  const own = [[...root, numberField(Element.children, Thrift.i32, 1)], renamed(readable(element), WIDE_NAME)]
  const footerOn = (group: Group, kind: readonly RawField[], shift: number): Buffer =>
    footerOf({ schema: own, rows: group.values, groups: [rowGroup(group, kind, shift)] })
  for (const chunk of chunks) {
    const pages: Page[] = []
    let values = 0
    for await (const page of pagesOf(file, { start: chunk.start, size: chunk.values === 0 ? 0 : end - chunk.start })) {
      pages.push(page)
      values += page.values
      if (values >= chunk.values) break
    }
    const kind = kindOf(bytes, chunk)
    const groups = groupsOf(pages)
    if (groups.some(({ unpacked }) => unpacked > column.cut.above) && isCuttable(pages, codecOf(kind))) {
      yield* cutGroups({ file, chunk, kind, pages }, column, footerOn)
      continue
    }
    for (const group of groups) {
      const { from, to, values: rows } = group
      yield {
        rows,
        async *content() {
          yield MAGIC
          yield* createReadStream(path, { start: from, end: to - 1 })
          yield footerOn(group, kind, MAGIC.length - from)
        },
      }
    }
  }
}

/** A chunk, and what is known of it. */
interface Described {
  readonly file: FileHandle
  readonly chunk: ColumnChunk
  readonly kind: readonly RawField[]
  readonly pages: readonly Page[]
}

async function* cutGroups(
  { file, chunk, kind, pages }: Described,
  { leaf, cut, client, signal }: WideColumn,
  footerOn: (group: Group, kind: readonly RawField[], shift: number) => Buffer,
): AsyncGenerator<WideGroup> {
  const isOptional = numberOf(leaf.element.fields, Element.repetition) === OPTIONAL
  const { nulls } = chunk
  const cutting = { file, codec: codecOf(kind), nulls, isOptional, client, signal, into: cut.into }
  for await (const page of smallPages(pages, cutting)) {
    const { rows } = page
    yield {
      rows,
      async *content() {
        const parts = page.parts()
        const from = MAGIC.length
        const size = parts.reduce((sum, part) => sum + part.length, 0)
        yield MAGIC
        yield* parts
        const group = { from, to: from + size, dictionary: undefined, data: from, values: rows, unpacked: size }
        yield footerOn(group, plainKind(kind), 0)
      },
    }
  }
}

/** Where pages are that are read at a time. */
interface Group {
  readonly from: number
  readonly to: number
  readonly dictionary: number | undefined
  readonly data: number
  readonly values: number
  readonly unpacked: number
}

/** Pages of a chunk in groups. Those that need its dictionary stay with it. */
function groupsOf(pages: readonly Page[]): readonly Group[] {
  const lastOfDictionary = pages.findLastIndex(({ usesDictionary, isDictionary }) => usesDictionary || isDictionary)
  const groups: Group[] = []
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

/** Describes a group of rows with the one column, without statistics. @param shift how much further back it is */
function rowGroup(
  { from, to, dictionary, data, values, unpacked }: Group,
  kind: readonly RawField[],
  shift: number,
): Buffer {
  const long = (id: number, value: number): RawField => numberField(id, Thrift.i64, value)
  const described = writeStruct([
    ...kind,
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
    { id: RowGroup.chunks, type: Thrift.list, value: listOf([column]) },
    long(RowGroup.bytes, unpacked),
    long(RowGroup.rows, values),
  ])
}

/** Type, encodings, path and codec of a chunk, as they are written. */
function kindOf(bytes: Buffer, { describedAt }: ColumnChunk): readonly RawField[] {
  const fields: RawField[] = []
  const reader = new ThriftReader(bytes, describedAt)
  reader.struct((id, type) => {
    const from = reader.at
    reader.skip(type)
    if (id <= Kind.codec) fields.push({ id, type, value: bytes.subarray(from, reader.at) })
  })
  return fields
}

const codecOf = (kind: readonly RawField[]): number => numberOf(kind, Kind.codec) ?? UNPACKED

/** The same of pages that are neither packed nor use a dictionary. */
const plainKind = (kind: readonly RawField[]): readonly RawField[] =>
  kind.map((field) => {
    if (field.id === Kind.codec) return numberField(field.id, Thrift.i32, UNPACKED)
    return field.id === Kind.encodings ? { ...field, value: numbersOf([PLAIN, RLE]) } : field
  })
