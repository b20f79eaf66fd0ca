import {
  Element,
  File,
  type Footer,
  MAGIC,
  type SchemaElement,
  TIME,
  TIMESTAMP,
  TIMESTAMP_MILLIS,
} from './parquet-footer.ts'
import { listOf, numberField, type RawField, Thrift, ThriftReader, varint, writeStruct } from './thrift.ts'

// Schemas with which DuckDB reads what it reads wrong else.

export type Schema = readonly (readonly RawField[])[]

/** A footer whose schema has other elements, with what stands behind it in the file. */
export function writeFooter(footer: Footer, schema: Schema): Buffer {
  const { bytes, schemaAt } = footer
  return ended([bytes.subarray(0, schemaAt[0]), listOf(schema.map(writeStruct)), bytes.subarray(schemaAt[1])])
}

/** A footer that says no more than what a reader needs, with what stands behind it in the file. */
export function footerOf(footer: {
  readonly schema: Schema
  readonly rows: number
  /** As they are written. */
  readonly groups: readonly Buffer[]
}): Buffer {
  const { schema, rows, groups } = footer
  return ended([
    writeStruct([
      numberField(File.version, Thrift.i32, 1),
      { id: File.schema, type: Thrift.list, value: listOf(schema.map(writeStruct)) },
      numberField(File.rows, Thrift.i64, rows),
      { id: File.groups, type: Thrift.list, value: listOf(groups) },
    ]),
  ])
}

function ended(parts: readonly Buffer[]): Buffer {
  const written = Buffer.concat(parts)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(written.length)
  return Buffer.concat([written, length, MAGIC])
}

/** The fields of an element without what makes its bytes a decimal. */
export function plainBytes({ fields }: SchemaElement): readonly RawField[] {
  const decimal: readonly number[] = [Element.converted, Element.scale, Element.precision, Element.logical]
  return fields.filter(({ id }) => !decimal.includes(id))
}

/** The fields of a group without what makes it a VARIANT. */
export function plainGroup({ fields }: SchemaElement): readonly RawField[] {
  return fields.filter(({ id }) => id !== Element.logical)
}

/** The fields of an element under another name. */
export function renamed({ fields }: SchemaElement, name: string): readonly RawField[] {
  const value = Buffer.from(name)
  return fields.map((field) =>
    field.id === Element.name ? { ...field, value: Buffer.concat([Buffer.from(varint(value.length)), value]) } : field,
  )
}

/** The fields of a time of the old kind with what says that it is an instant. */
export function instantElement({ fields }: SchemaElement): readonly RawField[] {
  const converted = new ThriftReader(fields.find(({ id }) => id === Element.converted)!.value).integer()
  const unit = { id: converted === TIMESTAMP_MILLIS ? 1 : 2, type: Thrift.struct, value: writeStruct([]) }
  const time = writeStruct([
    { id: 1, type: Thrift.true, value: Buffer.alloc(0) },
    { id: 2, type: Thrift.struct, value: writeStruct([unit]) },
  ])
  const logical = writeStruct([{ id: TIMESTAMP, type: Thrift.struct, value: time }])
  return [...fields, { id: Element.logical, type: Thrift.struct, value: logical }]
}

/** The fields of a time of day without its zone, in which DuckDB takes it modulo a day. */
export function unzonedElement({ fields, time }: SchemaElement): readonly RawField[] {
  const unit = writeStruct([{ id: time!.unit, type: Thrift.struct, value: writeStruct([]) }])
  const ofTime = writeStruct([
    { id: 1, type: Thrift.false, value: Buffer.alloc(0) },
    { id: 2, type: Thrift.struct, value: unit },
  ])
  const value = writeStruct([{ id: TIME, type: Thrift.struct, value: ofTime }])
  return fields.map((field) => (field.id === Element.logical ? { ...field, value } : field))
}
