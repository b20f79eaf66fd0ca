import { type FileHandle, open } from 'node:fs/promises'
import { Broken } from './broken.ts'
import { type RawField, Thrift, ThriftReader } from './thrift.ts'

// Fields by their ids in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
export const File = { version: 1, schema: 2, rows: 3, groups: 4 } as const
export const Element = {
  type: 1,
  repetition: 3,
  name: 4,
  children: 5,
  converted: 6,
  scale: 7,
  precision: 8,
  logical: 10,
} as const
export const Group = { chunks: 1, bytes: 2, rows: 3 } as const
export const Chunk = { offset: 2, metadata: 3, encryption: 8 } as const
export const Metadata = { values: 5, unpacked: 6, size: 7, data: 9, dictionary: 11, statistics: 12 } as const
const Statistics = { oldMax: 1, oldMin: 2, max: 5, min: 6 } as const
const NUMBERS: readonly number[] = [Element.type, Element.children, Element.converted, Element.scale, Element.precision]
/** Both as a converted and as a logical type. */
const DECIMAL = 5
export const TIMESTAMP_MILLIS = 9
const TIMESTAMP_MICROS = 10
/** As logical types. */
export const TIME = 7
export const TIMESTAMP = 8
const UUID = 14
const VARIANT = 16
const Physical = { bytes: 6, fixedBytes: 7 } as const
/** How many of them a day has, by the field of `TimeUnit` that names the unit. */
const DAYS: Readonly<Record<number, bigint>> = { 1: 86_400_000n, 2: 86_400_000_000n, 3: 86_400_000_000_000n }

export const MAGIC = Buffer.from('PAR1')
const ENCRYPTED = Buffer.from('PARE')
const LONGEST = 1024 * 1024 * 1024

/** How many digits a decimal has, and how many of them are behind the point. */
export interface Decimal {
  readonly precision: number
  readonly scale: number
}

/** In which units a time of day counts, by how many a day has, and whether it is in UTC. */
export interface TimeOfDay {
  /** As a field of `TimeUnit`. */
  readonly unit: number
  readonly day: bigint
  readonly isZoned: boolean
  /** In nanoseconds. */
  readonly isFine: boolean
}

/** One column, or what columns are below. */
export interface SchemaElement {
  readonly name: string
  readonly children: number
  /** Whether it has values, and is no group. */
  readonly isLeaf: boolean
  readonly decimal: Decimal | undefined
  /** Bytes of any length, and of one length. */
  readonly isBytes: boolean
  readonly isFixedBytes: boolean
  readonly isUuid: boolean
  readonly isVariant: boolean
  /** Of a time of day. */
  readonly time: TimeOfDay | undefined
  /** A time of the old kind, which is an instant though nothing says so but the specification. */
  readonly isOldInstant: boolean
  readonly fields: readonly RawField[]
}

/** Where the pages of a column are within a group of rows. */
export interface ColumnChunk {
  readonly start: number
  readonly size: number
  /** How many values it has by its own account: also what is NULL, and a list that is empty. */
  readonly values: number
  /** Its smallest and largest value as bytes, where it says them. */
  readonly min: Buffer | undefined
  readonly max: Buffer | undefined
  /** Where in the footer it is described. */
  readonly describedAt: number
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
  let logical: Logical = {}
  reader.struct((id, type) => {
    const from = reader.at
    if (id === Element.name) name = reader.binary().toString()
    else if (id === Element.logical) logical = readLogical(reader)
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
    decimal: logical.decimal ?? (converted === DECIMAL ? old : undefined),
    isLeaf: numbers.has(Element.type),
    isBytes: numbers.get(Element.type) === Physical.bytes,
    isFixedBytes: numbers.get(Element.type) === Physical.fixedBytes,
    isUuid: logical.id === UUID,
    isVariant: logical.id === VARIANT,
    time: logical.time,
    isOldInstant: !hasLogical && (converted === TIMESTAMP_MILLIS || converted === TIMESTAMP_MICROS),
    fields,
  }
}

/** What a logical type says, as far as it is looked at. */
interface Logical {
  readonly id?: number
  readonly decimal?: Decimal
  readonly time?: TimeOfDay | undefined
}

function readLogical(reader: ThriftReader): Logical {
  let logical: Logical = {}
  reader.struct((id) => {
    if (id === DECIMAL) logical = { id, decimal: readDecimal(reader) }
    else if (id === TIME) logical = { id, time: readTime(reader) }
    else logical = { id }
  })
  return logical
}

function readDecimal(reader: ThriftReader): Decimal {
  let [scale, precision] = [0, 0]
  reader.struct((id) => {
    if (id === 1) scale = reader.integer()
    else if (id === 2) precision = reader.integer()
  })
  return { precision, scale }
}

function readTime(reader: ThriftReader): TimeOfDay | undefined {
  let isZoned = false
  let unit = 0
  reader.struct((id, type) => {
    if (id === 1) isZoned = type === Thrift.true
    else if (id === 2)
      reader.struct((of) => {
        unit = of
      })
  })
  const day = DAYS[unit]
  return day === undefined ? undefined : { unit, day, isZoned, isFine: unit === 3 }
}

function readGroup(reader: ThriftReader, chunks: ColumnChunk[]): number {
  let rows = 0
  reader.struct((id) => {
    if (id === Group.rows) rows = reader.integer()
    else if (id === Group.chunks)
      reader.list(() =>
        reader.struct((of) => {
          if (of === Chunk.metadata) readChunk(reader, chunks)
          else if (of === Chunk.encryption) throw new Broken('has encrypted columns, which cannot be read')
        }),
      )
  })
  return rows
}

function readChunk(reader: ThriftReader, chunks: ColumnChunk[]): void {
  let values = 0
  let size = 0
  let data = 0
  let dictionary = 0
  let bounds: Pick<ColumnChunk, 'min' | 'max'> = { min: undefined, max: undefined }
  const describedAt = reader.at
  reader.struct((id) => {
    if (id === Metadata.values) values = reader.integer()
    else if (id === Metadata.size) size = reader.integer()
    else if (id === Metadata.data) data = reader.integer()
    else if (id === Metadata.dictionary) dictionary = reader.integer()
    else if (id === Metadata.statistics) bounds = readBounds(reader)
  })
  const isFirst = dictionary > 0 && (data === 0 || dictionary < data)
  chunks.push({ start: isFirst ? dictionary : data, size, values, ...bounds, describedAt })
}

function readBounds(reader: ThriftReader): Pick<ColumnChunk, 'min' | 'max'> {
  const found = new Map<number, Buffer>()
  const wanted: readonly number[] = Object.values(Statistics)
  reader.struct((id) => {
    if (wanted.includes(id)) found.set(id, reader.binary())
  })
  return {
    min: found.get(Statistics.min) ?? found.get(Statistics.oldMin),
    max: found.get(Statistics.max) ?? found.get(Statistics.oldMax),
  }
}
