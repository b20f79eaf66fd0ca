import type { FileHandle } from 'node:fs/promises'
import { ByteInput } from './byte-input.ts'
import { unpackOf } from './parquet-codec.ts'
import { MOST_DELTAS, readDeltas32 } from './parquet-delta.ts'
import { type ChunkKind, isReadable, type OpenPage, openPage } from './parquet-page.ts'
import { type Page, piecesOf } from './parquet-pages.ts'
import { Encoding } from './parquet-plain.ts'

/** How many rows DuckDB reads at once; all pages that they are in stay in memory until they are taken. */
const VECTOR = 2048
/** The values of a page up to here are taken to be about as long as one another. */
const EVEN = 4 << 20
/** A dictionary up to here is read to see how long its values are. */
const READ = 16 << 20

/** What DuckDB holds of 2,048 rows, in bytes. */
export interface Held {
  /** All pages that they are in, with the dictionary. */
  readonly pages: number
  /** Their values alone, each as often as it is there. */
  readonly values: number
}

/** Adds up, page by page, how many bytes of a chunk DuckDB holds at once. */
export class HeldBytes {
  readonly #file: FileHandle
  readonly #kind: ChunkKind | undefined
  readonly #isNested: boolean
  #rows = 0
  #pages = 0
  #values = 0
  #dictionary = 0
  #longest = 0
  #most: Held = { pages: 0, values: 0 }

  /** @param kind undefined where it is not known what is in the chunk. */
  constructor(file: FileHandle, kind: ChunkKind | undefined, isNested: boolean) {
    this.#file = file
    this.#kind = kind
    this.#isNested = isNested
  }

  get most(): Held {
    return this.#most
  }

  /** @param rows how many begin in it; undefined where that is not known, so that it may be in the same vector as the next. */
  async add(page: Page, rows: number | undefined): Promise<void> {
    if (page.isDictionary) {
      this.#dictionary = page.unpacked
      this.#longest = this.#isNested ? await longestIn(this.#file, page, this.#kind) : 0
    }
    if (page.values === 0) return
    const held = await bytesHeld(this.#file, page, this.#kind)
    const values = page.usesDictionary ? page.values * this.#longest : held
    const part = rows === undefined || rows <= VECTOR || page.unpacked > EVEN ? 1 : VECTOR / rows
    const before = this.#rows
    this.#rows += rows ?? 0
    // The page at the end of one vector is in the next one, too.
    this.#pages += held
    this.#values += values * part
    this.#most = {
      pages: Math.max(this.#most.pages, this.#pages + this.#dictionary),
      values: Math.max(this.#most.values, this.#values),
    }
    if (Math.floor(this.#rows / VECTOR) === Math.floor(before / VECTOR)) return
    const isIn = this.#rows % VECTOR > 0
    this.#pages = isIn ? held : 0
    this.#values = isIn ? values * part : 0
  }
}

/** How many bytes the longest value of a dictionary has, or more. */
async function longestIn(file: FileHandle, page: Page, kind: ChunkKind | undefined): Promise<number> {
  if (kind === undefined || page.unpacked > READ || !isReadable(page, kind)) return page.unpacked
  if (kind.stored.width !== undefined) return kind.stored.width
  const input = new ByteInput(unpackOf(kind.codec)!(piecesOf(file, page), page.unpacked))
  try {
    let longest = 0
    for (let nth = 0; nth < page.entries; nth++) {
      const length = await input.uint32()
      longest = Math.max(longest, length)
      await input.skip(length)
    }
    return longest
  } catch {
    return page.unpacked
  } finally {
    await input.close()
  }
}

/**
 * How many bytes DuckDB holds of a page: where values are written as differences, also all that they are. What is damaged,
 * whoever reads the page says.
 */
export async function bytesHeld(file: FileHandle, page: Page, kind: ChunkKind | undefined): Promise<number> {
  const { encoding, values, unpacked } = page
  if (encoding !== Encoding.prefixes || values === 0 || kind === undefined || !isReadable(page, kind)) return unpacked
  try {
    return await onPage(file, page, kind, async ({ input, size }) => {
      if (input.offset === size) return unpacked
      const [prefixes, rests] = [await readDeltas32(input, MOST_DELTAS), await readDeltas32(input, MOST_DELTAS)]
      return unpacked + sumOf(prefixes) + sumOf(rests)
    })
  } catch {
    return unpacked
  }
}

const sumOf = (numbers: Int32Array): number => numbers.reduce((sum, number) => sum + number, 0)

/** How many rows begin in a page; undefined where that cannot be said, because it is damaged. */
export async function rowsBegun(file: FileHandle, page: Page, kind: ChunkKind): Promise<number | undefined> {
  if (page.values === 0 || kind.levels.repetition === 0) return page.values
  if (page.second !== undefined) return page.second.rows
  try {
    return await onPage(file, page, kind, async ({ repetitions }) => {
      let rows = 0
      for (let nth = 0; nth < page.values; nth++) if (repetitions!.next() === 0) rows++
      return rows
    })
  } catch {
    return undefined
  }
}

async function onPage<T>(
  file: FileHandle,
  page: Page,
  kind: ChunkKind,
  work: (open: OpenPage) => Promise<T>,
): Promise<T> {
  const open = await openPage(file, page, kind)
  try {
    return await work(open)
  } finally {
    await open.input.close()
  }
}
