import type { FileHandle } from 'node:fs/promises'
import { InvalidFileError } from './invalid-file-error.ts'
import { bytesAt, type ColumnChunk } from './parquet-footer.ts'
import { Thrift, ThriftReader, TooShort } from './thrift.ts'

// The pages of a column: a header, which says how long the page is and what is in it, and the page.

const Header = { type: 1, size: 2, compressedSize: 3, crc: 4, data: 5, dictionary: 7, dataV2: 8 } as const
/** In the headers of data pages of both kinds, and of dictionaries. */
const VALUES = 1
/** How values are written in a data page of the first kind, and in a dictionary; and the levels of the former. */
const ENCODING = 2
const DEFINITION_ENCODING = 3
const REPETITION_ENCODING = 4
const V2 = { nulls: 2, rows: 3, encoding: 4, definitions: 5, repetitions: 6, isPacked: 7 } as const
/** The two ways to write values that mean a dictionary. */
const OF_DICTIONARY: readonly number[] = [2, 8]
const DICTIONARY = 2
const HEADER = 512
/** The statistics of a page are in its header, so it may be long. */
const LONGEST_HEADER = 16 * 1024 * 1024
const PIECE = 1024 * 1024

export interface Page {
  /** Where its header begins, and where its bytes do. */
  readonly from: number
  readonly start: number
  readonly size: number
  /** How many bytes it has when it is unpacked. */
  readonly unpacked: number
  /** How many values a page of data has, also those that are NULL. */
  readonly values: number
  /** How many a dictionary has. */
  readonly entries: number
  readonly crc: number | undefined
  readonly isDictionary: boolean
  /** Its values are places in the dictionary. */
  readonly usesDictionary: boolean
  /** How its values are written, and its levels where they are packed together with them. */
  readonly encoding: number
  readonly definitionEncoding: number
  readonly repetitionEncoding: number
  /** Of a page of the second kind, whose levels stand in front as they are. */
  readonly second: SecondKind | undefined
}

export interface SecondKind {
  readonly rows: number
  readonly nulls: number
  /** How many bytes its levels have. */
  readonly definitions: number
  readonly repetitions: number
  /** Whether its values are packed. */
  readonly isPacked: boolean
}

export async function* pagesOf(
  file: FileHandle,
  { start, size }: Pick<ColumnChunk, 'start' | 'size'>,
): AsyncGenerator<Page> {
  for (let at = start; at < start + size; ) {
    const page = await pageAt(file, at, start + size)
    if (page.size < 0 || page.start + page.size > start + size)
      throw new InvalidFileError(`is damaged: the page at byte ${at} is longer than its column; write it again`)
    yield page
    at = page.start + page.size
  }
}

async function pageAt(file: FileHandle, at: number, end: number): Promise<Page> {
  for (let length = HEADER; ; length *= 8) {
    const reader = new ThriftReader(await bytesAt(file, at, Math.min(length, end - at)))
    try {
      const numbers = new Map<number, number>()
      const own = new Map<number, number>()
      let kind = 0
      reader.struct((id, type) => {
        if (type === Thrift.i32) numbers.set(id, reader.integer())
        else if (id === Header.data || id === Header.dataV2 || id === Header.dictionary) {
          kind = id
          reader.struct((of, given) => {
            if (given === Thrift.i32) own.set(of, reader.integer())
            else if (given === Thrift.true || given === Thrift.false) own.set(of, given)
          })
        }
      })
      return { from: at, start: at + reader.at, ...pageOf(kind, numbers, own) }
    } catch (error) {
      if (!(error instanceof TooShort) || length >= end - at || length > LONGEST_HEADER) throw error
    }
  }
}

function pageOf(
  kind: number,
  numbers: ReadonlyMap<number, number>,
  own: ReadonlyMap<number, number>,
): Omit<Page, 'from' | 'start'> {
  const crc = numbers.get(Header.crc)
  const values = own.get(VALUES) ?? 0
  const isSecond = kind === Header.dataV2
  const encoding = own.get(isSecond ? V2.encoding : ENCODING) ?? 0
  return {
    size: numbers.get(Header.compressedSize) ?? -1,
    unpacked: numbers.get(Header.size) ?? 0,
    values: kind === Header.dictionary ? 0 : values,
    entries: kind === Header.dictionary ? values : 0,
    crc: crc === undefined ? undefined : crc >>> 0,
    isDictionary: numbers.get(Header.type) === DICTIONARY,
    usesDictionary: kind !== Header.dictionary && OF_DICTIONARY.includes(encoding),
    encoding,
    definitionEncoding: own.get(DEFINITION_ENCODING) ?? 0,
    repetitionEncoding: own.get(REPETITION_ENCODING) ?? 0,
    second: isSecond ? secondOf(own) : undefined,
  }
}

const secondOf = (own: ReadonlyMap<number, number>): SecondKind => ({
  rows: own.get(V2.rows) ?? 0,
  nulls: own.get(V2.nulls) ?? 0,
  definitions: own.get(V2.definitions) ?? 0,
  repetitions: own.get(V2.repetitions) ?? 0,
  isPacked: own.get(V2.isPacked) !== Thrift.false,
})

/** Bytes of a file, one piece at a time. */
export async function* piecesOf(
  file: FileHandle,
  { start, size }: Pick<Page, 'start' | 'size'>,
): AsyncGenerator<Buffer> {
  for (let read = 0; read < size; read += PIECE) yield await bytesAt(file, start + read, Math.min(PIECE, size - read))
}
