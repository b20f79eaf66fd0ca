import { UNPACKED } from './parquet-codec.ts'
import { Element } from './parquet-element.ts'
import type { ParquetField } from './parquet-field.ts'
import { Chunk, type ColumnChunk, type Footer, Metadata, Group as RowGroup } from './parquet-footer.ts'
import { Encoding } from './parquet-plain.ts'
import { footerOf, renamed, type Schema } from './parquet-schema.ts'
import { listOf, numberField, numbersOf, type RawField, Thrift, ThriftReader, writeStruct } from './thrift.ts'

// Files of one column and one group of rows, which DuckDB reads by themselves.

/** The name of the one column of such a file. */
export const WIDE_NAME = 'v'

/** What says of a chunk which kind of values it has. */
const Kind = { type: 1, encodings: 2, path: 3, codec: 4 } as const

/** Where a chunk is in a file, and what is in it. */
export interface PlacedChunk {
  readonly kind: readonly RawField[]
  readonly from: number
  readonly to: number
  readonly dictionary: number | undefined
  readonly data: number
  readonly values: number
  readonly unpacked: number
}

/** The schema of a file that has one column of another file. */
export function schemaOfOne({ schema }: Footer, readable: Schema, { element, below }: ParquetField): Schema {
  const at = schema.indexOf(element)
  const root = schema[0]!.fields.filter(({ id }) => id === Element.name)
  const own = { ...element, fields: readable[at]! }
  return [
    [...root, numberField(Element.children, Thrift.i32, 1)],
    renamed(own, WIDE_NAME),
    ...readable.slice(at + 1, at + 1 + below.length),
  ]
}

/** The footer of a file of one group of rows, without statistics. */
export function footerOfGroup(schema: Schema, rows: number, chunks: readonly PlacedChunk[]): Buffer {
  const long = (id: number, value: number): RawField => numberField(id, Thrift.i64, value)
  const columns = chunks.map(({ kind, from, to, dictionary, data, values, unpacked }) => {
    const described = writeStruct([
      ...kind,
      long(Metadata.values, values),
      long(Metadata.unpacked, unpacked),
      long(Metadata.size, to - from),
      long(Metadata.data, data),
      ...(dictionary === undefined ? [] : [long(Metadata.dictionary, dictionary)]),
    ])
    return writeStruct([long(Chunk.offset, from), { id: Chunk.metadata, type: Thrift.struct, value: described }])
  })
  const group = writeStruct([
    { id: RowGroup.chunks, type: Thrift.list, value: listOf(columns) },
    long(
      RowGroup.bytes,
      chunks.reduce((sum, { unpacked }) => sum + unpacked, 0),
    ),
    long(RowGroup.rows, rows),
  ])
  return footerOf({ schema, rows, groups: [group] })
}

/** Type, encodings, path and codec of a chunk, as they are written. */
export function kindFields({ bytes }: Footer, { describedAt }: ColumnChunk): readonly RawField[] {
  const fields: RawField[] = []
  const reader = new ThriftReader(bytes, describedAt)
  reader.struct((id, type) => {
    const from = reader.at
    reader.skip(type)
    if (id <= Kind.codec) fields.push({ id, type, value: bytes.subarray(from, reader.at) })
  })
  return fields
}

/** The same of pages that are neither packed nor use a dictionary. */
export const plainKind = (kind: readonly RawField[]): readonly RawField[] =>
  kind.map((field) => {
    if (field.id === Kind.codec) return numberField(field.id, Thrift.i32, UNPACKED)
    return field.id === Kind.encodings ? { ...field, value: numbersOf([Encoding.plain, Encoding.rle]) } : field
  })
