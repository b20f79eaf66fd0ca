import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { InvalidFileError } from './invalid-file-error.ts'
import { bytesAt, type ColumnChunk, type Footer } from './parquet-footer.ts'
import { Thrift, ThriftReader, TooShort } from './thrift.ts'

// DuckDB does not look at the checksums of pages, so a flipped bit in a file would be another value. Nor does it
// compare how many values the pages have with what their column says, so what is too much would be left out.

const Header = { type: 1, size: 2, compressedSize: 3, crc: 4, data: 5, dictionary: 7, dataV2: 8 } as const
/** In the headers of data pages of both kinds, and of dictionaries. */
const VALUES = 1
/** How values are written in a data page of the first kind, and in a dictionary; and the levels of the former. */
const ENCODING = 2
const LEVEL_ENCODING = 3
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
  readonly levelEncoding: number
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

/**
 * Compares the pages of a file with their checksums, and their values with the number that their column says. Most
 * writers write checksums for all pages or for none, so where the first pages have none the bytes of the others are not
 * read.
 *
 * @returns how many bytes DuckDB holds at once to read a column, by its chunks.
 * @throws Broken where one is another.
 */
export async function checkPages(
  path: string,
  { chunks, start }: Footer,
  signal: AbortSignal,
): Promise<ReadonlyMap<ColumnChunk, number>> {
  const held = new Map<ColumnChunk, number>()
  await using file = await open(path)
  const isSummed = chunks[0] !== undefined && (await hasChecksums(file, chunks[0]))
  for (const chunk of chunks) {
    // Some writers leave a header out of the size of a column: where its bytes are not read, its values say where it ends.
    const part = isSummed ? chunk : { start: chunk.start, size: chunk.values === 0 ? 0 : start - chunk.start }
    let values = 0
    const vector = new Vector()
    for await (const page of pagesOf(file, part)) {
      signal.throwIfAborted()
      if (page.crc !== undefined && (await checksumOf(file, page)) !== page.crc)
        throw new InvalidFileError(
          `is damaged: the checksum of the page at byte ${page.start} is wrong; write it again, or copy it again`,
        )
      values += page.values
      vector.add(page)
      if (values >= chunk.values && !isSummed) break
    }
    if (values !== chunk.values)
      throw new InvalidFileError(
        `is damaged: the column at byte ${chunk.start} has ${chunk.values} values according to its metadata, but ${values} in its pages; write it again`,
      )
    held.set(chunk, vector.most)
  }
  return held
}

/** How many rows DuckDB reads at once; all pages that they are in stay in memory until they are taken. */
const VECTOR = 2048

/** Adds up how many bytes the pages of 2,048 values have. */
class Vector {
  #values = 0
  #bytes = 0
  #dictionary = 0
  most = 0

  add({ isDictionary, values, unpacked }: Page): void {
    if (isDictionary) this.#dictionary = unpacked
    if (values === 0) return
    const before = this.#values
    this.#values += values
    // The page at the end of one vector is in the next one, too.
    this.#bytes += unpacked
    this.most = Math.max(this.most, this.#bytes + this.#dictionary)
    if (Math.floor(this.#values / VECTOR) > Math.floor(before / VECTOR))
      this.#bytes = this.#values % VECTOR === 0 ? 0 : unpacked
  }
}

async function hasChecksums(file: FileHandle, chunk: ColumnChunk): Promise<boolean> {
  let looked = 0
  try {
    for await (const { crc } of pagesOf(file, chunk)) {
      if (crc !== undefined) return true
      // A dictionary, and a page of data.
      if (++looked === 2) return false
    }
  } catch (error) {
    // Whether such pages can be read, whoever reads them says.
    if (!(error instanceof InvalidFileError)) throw error
  }
  return false
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
    levelEncoding: own.get(LEVEL_ENCODING) ?? 0,
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

async function checksumOf(file: FileHandle, page: Page): Promise<number> {
  let sum = 0
  for await (const piece of piecesOf(file, page)) sum = crc32(piece, sum)
  return sum
}

/** Bytes of a file, one piece at a time. */
export async function* piecesOf(
  file: FileHandle,
  { start, size }: Pick<Page, 'start' | 'size'>,
): AsyncGenerator<Buffer> {
  for (let read = 0; read < size; read += PIECE) yield await bytesAt(file, start + read, Math.min(PIECE, size - read))
}
