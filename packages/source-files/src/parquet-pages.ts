import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { Broken } from './broken.ts'
import { bytesAt, type ColumnChunk, type Footer } from './parquet-footer.ts'
import { ThriftReader, TooShort } from './thrift.ts'

// DuckDB does not look at the checksums of pages, so a flipped bit in a file would be another value. Nor does it
// compare how many values the pages have with what their column says, so what is too much would be left out.

const Header = { type: 1, size: 2, compressedSize: 3, crc: 4, data: 5, dataV2: 8 } as const
/** In both kinds of data pages. */
const VALUES = 1
/** How the values of a data page are written, in each kind of them; and the two ways that mean a dictionary. */
const ENCODING = { [Header.data]: 2, [Header.dataV2]: 4 } as const
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
  readonly values: number
  readonly crc: number | undefined
  readonly isDictionary: boolean
  /** Its values are places in the dictionary. */
  readonly usesDictionary: boolean
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
        throw new Broken(
          `is damaged: the checksum of the page at byte ${page.start} is wrong; write it again, or copy it again`,
        )
      values += page.values
      vector.add(page)
      if (values >= chunk.values && !isSummed) break
    }
    if (values !== chunk.values)
      throw new Broken(
        `is damaged: the column at byte ${chunk.start} has ${chunk.values} values by its own account, and ${values} in its pages; write it again`,
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
    if (!(error instanceof Broken)) throw error
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
      throw new Broken(`is damaged: the page at byte ${at} is longer than its column; write it again`)
    yield page
    at = page.start + page.size
  }
}

async function pageAt(file: FileHandle, at: number, end: number): Promise<Page> {
  for (let length = HEADER; ; length *= 8) {
    const reader = new ThriftReader(await bytesAt(file, at, Math.min(length, end - at)))
    try {
      let size = -1
      let values = 0
      let crc: number | undefined
      let type = 0
      let unpacked = 0
      let encoding = 0
      reader.struct((id) => {
        if (id === Header.compressedSize) size = reader.integer()
        else if (id === Header.size) unpacked = reader.integer()
        else if (id === Header.type) type = reader.integer()
        else if (id === Header.crc) crc = reader.integer() >>> 0
        else if (id === Header.data || id === Header.dataV2)
          reader.struct((of) => {
            if (of === VALUES) values = reader.integer()
            else if (of === ENCODING[id]) encoding = reader.integer()
          })
      })
      const ways = { isDictionary: type === DICTIONARY, usesDictionary: OF_DICTIONARY.includes(encoding) }
      return { from: at, start: at + reader.at, size, unpacked, values, crc, ...ways }
    } catch (error) {
      if (!(error instanceof TooShort) || length >= end - at || length > LONGEST_HEADER) throw error
    }
  }
}

async function checksumOf(file: FileHandle, { start, size }: Page): Promise<number> {
  let sum = 0
  for (let read = 0; read < size; read += PIECE)
    sum = crc32(await bytesAt(file, start + read, Math.min(PIECE, size - read)), sum)
  return sum
}
