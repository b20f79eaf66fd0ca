import { type FileHandle, open } from 'node:fs/promises'
import { Broken } from './broken.ts'
import { type RawField, Thrift, ThriftReader, writeStruct } from './thrift.ts'

// Fields by their ids in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
const File = { schema: 2, rows: 3, groups: 4 } as const
const Element = {
  type: 1,
  name: 4,
  children: 5,
  converted: 6,
  scale: 7,
  precision: 8,
  logical: 10,
} as const
const Group = { chunks: 1, rows: 3 } as const
const Chunk = { metadata: 3 } as const
const Metadata = { size: 7, data: 9, dictionary: 11 } as const
const NUMBERS: readonly number[] = [Element.children, Element.converted, Element.scale, Element.precision]
/** Both as a converted and as a logical type. */
const DECIMAL = 5
const TIMESTAMP = 8
const TIMESTAMP_MILLIS = 9
const TIMESTAMP_MICROS = 10

const MAGIC = Buffer.from('PAR1')
const ENCRYPTED = Buffer.from('PARE')
const LONGEST = 1024 * 1024 * 1024

/** How many digits a decimal has, and how many of them are behind the point. */
export interface Decimal {
  readonly precision: number
  readonly scale: number
}

/** One column, or what columns are below. */
export interface SchemaElement {
  readonly name: string
  readonly children: number
  readonly decimal: Decimal | undefined
  /** A time of the old kind, which is an instant though nothing says so but the specification. */
  readonly isOldInstant: boolean
  readonly fields: readonly RawField[]
}

/** Where the pages of a column are within a group of rows. */
export interface ColumnChunk {
  readonly start: number
  readonly size: number
}

/** What a Parquet file says of itself. */
export interface Footer {
  readonly rows: number
  readonly schema: readonly SchemaElement[]
  readonly chunks: readonly ColumnChunk[]
  /** Where it begins, and where in it the schema is: so that it can be written with another one. */
  readonly start: number
  readonly bytes: Buffer
  readonly schemaAt: readonly [from: number, to: number]
}

/** Reads the footer of a Parquet file. @throws Broken where the file has no footer, or not a whole one. */
export async function readFooter(path: string): Promise<Footer> {
  await using file = await open(path)
  const { size } = await file.stat()
  const tail = await bytesAt(file, Math.max(0, size - 8), Math.min(8, size))
  if (tail.subarray(-4).equals(ENCRYPTED)) throw new Broken('is an encrypted Parquet file, which cannot be read')
  if (size < 12 || !tail.subarray(-4).equals(MAGIC))
    throw new Broken('is no whole Parquet file: it is cut off or damaged; write it again')
  const length = tail.readUInt32LE(0)
  const start = size - 8 - length
  if (start < 4 || length > LONGEST)
    throw new Broken('is no whole Parquet file: it is cut off or damaged; write it again')
  return parseFooter(await bytesAt(file, start, length), start)
}

/** Bytes of a file. @throws Broken where it has fewer. */
export async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  for (let read = 0; read < length; ) {
    const { bytesRead } = await file.read(buffer, read, length - read, position + read)
    if (bytesRead === 0) throw new Broken('is no whole Parquet file: it is cut off; write it again')
    read += bytesRead
  }
  return buffer
}

export function parseFooter(bytes: Buffer, start: number): Footer {
  const reader = new ThriftReader(bytes)
  const schema: SchemaElement[] = []
  const chunks: ColumnChunk[] = []
  let schemaAt: readonly [number, number] = [0, 0]
  let rows = 0
  let grouped = 0
  reader.struct((id) => {
    if (id === File.rows) rows = reader.integer()
    else if (id === File.schema) {
      const from = reader.at
      reader.list(() => schema.push(readElement(reader)))
      schemaAt = [from, reader.at]
    } else if (id === File.groups) reader.list(() => (grouped += readGroup(reader, chunks)))
  })
  // Some writers leave the sum at 0.
  if (grouped !== rows && rows !== 0)
    throw new Broken(`is damaged: it says to have ${rows} rows, and its groups have ${grouped}; write it again`)
  return { rows: grouped, schema, chunks, start, bytes, schemaAt }
}

function readElement(reader: ThriftReader): SchemaElement {
  const fields: RawField[] = []
  const numbers = new Map<number, number>()
  let name = ''
  let logical: Decimal | undefined
  reader.struct((id, type) => {
    const from = reader.at
    if (id === Element.name) name = reader.binary().toString()
    else if (id === Element.logical) logical = readDecimal(reader)
    else if (NUMBERS.includes(id)) numbers.set(id, reader.integer())
    else reader.skip(type)
    fields.push({ id, type, value: reader.bytes.subarray(from, reader.at) })
  })
  const converted = numbers.get(Element.converted)
  const hasLogical = fields.some(({ id }) => id === Element.logical)
  const old = { precision: numbers.get(Element.precision) ?? 0, scale: numbers.get(Element.scale) ?? 0 }
  return {
    name,
    children: numbers.get(Element.children) ?? 0,
    decimal: logical ?? (converted === DECIMAL ? old : undefined),
    isOldInstant: !hasLogical && (converted === TIMESTAMP_MILLIS || converted === TIMESTAMP_MICROS),
    fields,
  }
}

/** Reads a logical type; what it says of a decimal, where it is one. */
function readDecimal(reader: ThriftReader): Decimal | undefined {
  let decimal: Decimal | undefined
  reader.struct((id) => {
    if (id !== DECIMAL) return
    let [scale, precision] = [0, 0]
    reader.struct((of) => {
      if (of === 1) scale = reader.integer()
      else if (of === 2) precision = reader.integer()
    })
    decimal = { precision, scale }
  })
  return decimal
}

function readGroup(reader: ThriftReader, chunks: ColumnChunk[]): number {
  let rows = 0
  reader.struct((id) => {
    if (id === Group.rows) rows = reader.integer()
    else if (id === Group.chunks)
      reader.list(() => reader.struct((of) => of === Chunk.metadata && readChunk(reader, chunks)))
  })
  return rows
}

function readChunk(reader: ThriftReader, chunks: ColumnChunk[]): void {
  let size = 0
  let data = 0
  let dictionary = 0
  reader.struct((id) => {
    if (id === Metadata.size) size = reader.integer()
    else if (id === Metadata.data) data = reader.integer()
    else if (id === Metadata.dictionary) dictionary = reader.integer()
  })
  const isFirst = dictionary > 0 && (data === 0 || dictionary < data)
  chunks.push({ start: isFirst ? dictionary : data, size })
}

/** A footer whose schema has other elements, with what stands behind it in the file. */
export function writeFooter(footer: Footer, schema: readonly (readonly RawField[])[]): Buffer {
  const { bytes, schemaAt } = footer
  const count = schema.length
  const head =
    count < 15 ? Buffer.from([(count << 4) | Thrift.struct]) : Buffer.from([0xf0 | Thrift.struct, ...varint(count)])
  const written = Buffer.concat([
    bytes.subarray(0, schemaAt[0]),
    head,
    ...schema.map(writeStruct),
    bytes.subarray(schemaAt[1]),
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(written.length)
  return Buffer.concat([written, length, MAGIC])
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}

/** The fields of an element without what makes its bytes a decimal. */
export function plainBytes({ fields }: SchemaElement): readonly RawField[] {
  const decimal: readonly number[] = [Element.converted, Element.scale, Element.precision, Element.logical]
  return fields.filter(({ id }) => !decimal.includes(id))
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
