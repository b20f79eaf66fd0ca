import type { FileHandle } from 'node:fs/promises'
import { InvalidFileError } from './invalid-file-error.ts'
import { refuseOtherKinds } from './magic.ts'
import { openFile } from './open-file.ts'
import { readElement, type SchemaElement } from './parquet-element.ts'
import { ThriftReader } from './thrift.ts'

// Fields by their ids in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
export const File = { version: 1, schema: 2, rows: 3, groups: 4 } as const
export const Group = { chunks: 1, bytes: 2, rows: 3 } as const
export const Chunk = { offset: 2, metadata: 3, encryption: 8 } as const
export const Metadata = { codec: 4, values: 5, unpacked: 6, size: 7, data: 9, dictionary: 11, statistics: 12 } as const
const Statistics = { oldMax: 1, oldMin: 2, max: 5, min: 6 } as const
const NULLS = 3
export const MAGIC = Buffer.from('PAR1')
const ENCRYPTED = Buffer.from('PARE')
/** As much of its beginning tells another kind of file. */
const HEAD = 256
const LONGEST = 1024 * 1024 * 1024

/** Where the pages of a column are within a group of rows. */
export interface ColumnChunk {
  readonly start: number
  readonly size: number
  /** How many values it has by its own account: also what is NULL, and a list that is empty. */
  readonly values: number
  /** How its pages are packed, as `CompressionCodec` numbers it. */
  readonly codec: number
  /** Its smallest and largest value as bytes, where it says them. */
  readonly min: Buffer | undefined
  readonly max: Buffer | undefined
  /** How many of its values are NULL, where it says so. */
  readonly nulls: number | undefined
  /** Where in the footer it is described. */
  readonly describedAt: number
  /** Whether all are NULL by its own account. */
  readonly isEmpty: boolean
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
  await using file = await openFile(path)
  const { size } = await file.stat()
  const tail = await bytesAt(file, Math.max(0, size - 8), Math.min(8, size))
  if (tail.subarray(-4).equals(ENCRYPTED))
    throw new InvalidFileError('is an encrypted Parquet file, which cannot be read')
  const head = await bytesAt(file, 0, Math.min(HEAD, size))
  if (!head.subarray(0, 4).equals(MAGIC)) refuseOtherKinds(head)
  if (size < 12 || !tail.subarray(-4).equals(MAGIC))
    throw new InvalidFileError('is not a complete Parquet file: it is cut off or damaged; write it again')
  const length = tail.readUInt32LE(0)
  const start = size - 8 - length
  if (start < 4 || length > LONGEST)
    throw new InvalidFileError('is not a complete Parquet file: it is cut off or damaged; write it again')
  return parseFooter(await bytesAt(file, start, length), start)
}

/** Bytes of a file. @throws Broken where it has fewer. */
export async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  await readInto(buffer, 0, file, position, length)
  return buffer
}

/** Reads bytes of a file to a place in a buffer. @throws Broken where it has fewer. */
export async function readInto(
  buffer: Buffer,
  at: number,
  file: FileHandle,
  position: number,
  length: number,
): Promise<void> {
  for (let read = 0; read < length; ) {
    const { bytesRead } = await file.read(buffer, at + read, length - read, position + read)
    if (bytesRead === 0) throw new InvalidFileError('is not a complete Parquet file: it is cut off; write it again')
    read += bytesRead
  }
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
    throw new InvalidFileError(
      `is damaged: it declares ${rows} rows, but its row groups have ${grouped}; write it again`,
    )
  return { rows: grouped, schema, chunks, start, bytes, schemaAt }
}

function readGroup(reader: ThriftReader, chunks: ColumnChunk[]): number {
  const first = chunks.length
  let rows = 0
  reader.struct((id) => {
    if (id === Group.rows) rows = reader.integer()
    else if (id === Group.chunks)
      reader.list(() =>
        reader.struct((of) => {
          if (of === Chunk.metadata) readChunk(reader, chunks)
          else if (of === Chunk.encryption) throw new InvalidFileError('has encrypted columns, which cannot be read')
        }),
      )
  })
  // Each row has a value at least, also where that is NULL or an empty list.
  const short = chunks.slice(first).find(({ values }) => values < rows)
  if (short !== undefined)
    throw new InvalidFileError(
      `is damaged: the column at byte ${short.start} declares ${short.values} values, but its row group has ${rows} rows; write it again`,
    )
  return rows
}

function readChunk(reader: ThriftReader, chunks: ColumnChunk[]): void {
  let codec = 0
  let values = 0
  let size = 0
  let data = 0
  let dictionary = 0
  let statistics: Bounds = { min: undefined, max: undefined, nulls: undefined }
  const describedAt = reader.at
  reader.struct((id) => {
    if (id === Metadata.codec) codec = reader.integer()
    else if (id === Metadata.values) values = reader.integer()
    else if (id === Metadata.size) size = reader.integer()
    else if (id === Metadata.data) data = reader.integer()
    else if (id === Metadata.dictionary) dictionary = reader.integer()
    else if (id === Metadata.statistics) statistics = readBounds(reader)
  })
  const isFirst = dictionary > 0 && (data === 0 || dictionary < data)
  const { nulls } = statistics
  chunks.push({
    start: isFirst ? dictionary : data,
    size,
    values,
    codec,
    ...statistics,
    isEmpty: nulls === values,
    describedAt,
  })
}

type Bounds = Pick<ColumnChunk, 'min' | 'max' | 'nulls'>

function readBounds(reader: ThriftReader): Bounds {
  const found = new Map<number, Buffer>()
  const wanted: readonly number[] = Object.values(Statistics)
  let nulls: number | undefined
  reader.struct((id) => {
    if (id === NULLS) nulls = reader.integer()
    else if (wanted.includes(id)) found.set(id, reader.binary())
  })
  return {
    min: found.get(Statistics.min) ?? found.get(Statistics.oldMin),
    max: found.get(Statistics.max) ?? found.get(Statistics.oldMax),
    nulls,
  }
}
