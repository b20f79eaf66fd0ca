import { Converted, Element, Logical, type SchemaElement } from './parquet-element.ts'
import { File, type Footer, MAGIC } from './parquet-footer.ts'
import { listOf, numberField, type RawField, Thrift, varint, writeStruct } from './thrift.ts'

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

/** The fields of an element without what makes its bytes or its number another value. */
export function plain({ fields }: SchemaElement): readonly RawField[] {
  const meant: readonly number[] = [Element.converted, Element.scale, Element.precision, Element.logical]
  return fields.filter(({ id }) => !meant.includes(id))
}

/** What says the same in the old way, which DuckDB asks for. */
const OLD: Readonly<Record<number, number>> = {
  [Logical.text]: Converted.text,
  [Logical.map]: Converted.map,
  [Logical.list]: Converted.list,
  [Logical.enum]: Converted.enum,
  [Logical.decimal]: Converted.decimal,
  [Logical.date]: Converted.date,
  [Logical.json]: Converted.json,
}

/** Whether an element says in the new way alone what DuckDB takes from the old one, and would leave out. */
export const isNewOnly = (element: SchemaElement): boolean =>
  element.converted === undefined && oldOf(element) !== undefined

function oldOf({ logical, integer }: SchemaElement): number | undefined {
  if (logical !== Logical.integer || integer === undefined) return OLD[logical ?? -1]
  const at = [8, 16, 32, 64].indexOf(integer.bits)
  return at < 0 ? undefined : (integer.isSigned ? Converted.int8 : Converted.uint8) + at
}

/** The fields of such an element with what says it in the old way too. */
export function inBothWays(element: SchemaElement): readonly RawField[] {
  const { fields, decimal } = element
  const added = [numberField(Element.converted, Thrift.i32, oldOf(element)!)]
  if (decimal !== undefined)
    added.push(
      numberField(Element.scale, Thrift.i32, decimal.scale),
      numberField(Element.precision, Thrift.i32, decimal.precision),
    )
  const ids = added.map(({ id }) => id)
  return [...fields.filter(({ id }) => !ids.includes(id)), ...added].sort((one, other) => one.id - other.id)
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
export function instantElement({ fields, converted }: SchemaElement): readonly RawField[] {
  const unit = { id: converted === Converted.timestampMillis ? 1 : 2, type: Thrift.struct, value: writeStruct([]) }
  const time = writeStruct([
    { id: 1, type: Thrift.true, value: Buffer.alloc(0) },
    { id: 2, type: Thrift.struct, value: writeStruct([unit]) },
  ])
  const logical = writeStruct([{ id: Logical.timestamp, type: Thrift.struct, value: time }])
  return [...fields, { id: Element.logical, type: Thrift.struct, value: logical }]
}
