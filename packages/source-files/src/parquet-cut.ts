import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { ByteInput } from './byte-input.ts'
import type { Files } from './client.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { unpackOf } from './parquet-codec.ts'
import { DictionaryFile } from './parquet-dictionary.ts'
import { bytesAt } from './parquet-footer.ts'
import { HybridReader } from './parquet-hybrid.ts'
import { type Page, piecesOf } from './parquet-pages.ts'
import { PLAIN, PlainPage, RLE } from './parquet-plain.ts'
import { PlainValues, placesIn } from './parquet-values.ts'

// DuckDB reads a page, and a dictionary, as a whole: pyarrow writes a thousand values of a megabyte into one. Such a page is
// unpacked here as a stream, and its values are written into small ones. Whatever a page says twice is compared.

const PREFIX = 4
/** How many bytes may say which values of a page are NULL, and where in the dictionary the others are: both are held. */
const MOST_LEVELS = 64 << 20
const MOST_PLACES = 128 << 20

/** Of a column that is read by itself, pages of more than `above` bytes are cut into pages of `into` bytes. */
export interface Cut {
  readonly above: number
  readonly into: number
}

/** DuckDB holds a page and its dictionary as they are packed, too, and what it reads at the same time. */
const MEMORY_OF_PAGE = 4
const CUT: Cut = { above: 128 << 20, into: 16 << 20 }

export const cutFor = ({ memoryLimit }: Files): Cut => ({
  ...CUT,
  above: Math.min(CUT.above, memoryLimit / MEMORY_OF_PAGE),
})

/** The chunk whose pages are cut, and what that needs. */
export interface Cutting {
  readonly file: FileHandle
  readonly codec: number
  /** How many of its values are NULL, where it says so. */
  readonly nulls: number | undefined
  /** Whether its values may be NULL. */
  readonly isOptional: boolean
  readonly client: Files
  readonly signal: AbortSignal
  /** How many bytes a small page has. */
  readonly into: number
}

/** Whether pages can be cut: what is written in another way is left to DuckDB. */
export function isCuttable(pages: readonly Page[], codec: number): boolean {
  return unpackOf(codec) !== undefined && pages.every(isReadable)
}

function isReadable({ isDictionary, usesDictionary, encoding, levelEncoding, second, unpacked }: Page): boolean {
  // A dictionary says PLAIN_DICTIONARY, and means PLAIN, where its writer is old.
  if (isDictionary) return true
  if (second === undefined && levelEncoding !== RLE) return false
  return usesDictionary ? unpacked <= MOST_PLACES : encoding === PLAIN
}

/**
 * The values of all pages of a chunk, in small ones. Each is to be written before the next is asked for.
 *
 * @throws Broken where a page, or the chunk, has not the values that it says.
 */
export async function* smallPages(pages: readonly Page[], cutting: Cutting): AsyncGenerator<PlainPage> {
  await using kept = new AsyncDisposableStack()
  const small = new PlainPage(cutting.into, cutting.isOptional)
  let dictionary: DictionaryFile | undefined
  let nulls = 0
  for (const page of pages) {
    try {
      if (page.isDictionary) dictionary = kept.use(await dictionaryOf(page, cutting))
      else if (page.values > 0) nulls += yield* cut(page, dictionary, small, cutting)
    } catch (error) {
      const { code } = error as { readonly code?: string }
      if (!/^(?:Z_|ZSTD_|ERR__ERROR_)/.test(code ?? '')) throw error
      throw new InvalidFileError(`is damaged: the page at byte ${page.start} cannot be unpacked; write it again`, {
        cause: error,
      })
    }
  }
  // Places in a dictionary are filled up to groups of eight, so that one more would be read, and one less left.
  if (cutting.nulls !== undefined && cutting.nulls !== nulls)
    throw new InvalidFileError(
      `is damaged: the column at byte ${pages[0]?.from} has ${cutting.nulls} NULL values according to its header, but ${nulls} in its pages; write it again`,
    )
  if (small.rows > 0) yield small
}

async function dictionaryOf(page: Page, { file, codec, client, signal }: Cutting): Promise<DictionaryFile> {
  const values = unpackOf(codec)!(piecesOf(file, page), page.unpacked)
  return await DictionaryFile.write(values, { entries: page.entries, size: page.unpacked }, (copy) =>
    client.temporary((to) => pipeline(copy, to, { signal })),
  )
}

/** @returns how many values are NULL. */
async function* cut(
  page: Page,
  dictionary: DictionaryFile | undefined,
  small: PlainPage,
  cutting: Cutting,
): AsyncGenerator<PlainPage, number> {
  const { levels, input, size } = await openPage(page, cutting)
  try {
    const values = page.usesDictionary ? await placesIn(dictionary, input, size) : new PlainValues(input, size)
    let nulls = 0
    for (let nth = 0; nth < page.values; nth++) {
      const isNull = levels !== undefined && levels.next() === 0
      const length = isNull ? 0 : await values.next()
      if (length > cutting.client.memoryLimit)
        throw new InvalidFileError(
          `has a value of ${length} bytes, which does not fit into the memory limit of DuckDB: raise "memoryLimit" in the config`,
        )
      if (small.isFullFor(length)) {
        cutting.signal.throwIfAborted()
        yield small
        small.clear()
      }
      if (isNull) {
        small.addNull()
        nulls++
      } else {
        const { to, at } = small.add(length)
        await values.copy(to, at)
      }
    }
    const isWhole = values.isOver && (levels?.isOver ?? true) && (await input.isOver())
    if (!isWhole || input.offset !== size || (page.second !== undefined && page.second.nulls !== nulls))
      throw disagrees(page)
    return nulls
  } finally {
    await input.close()
  }
}

const disagrees = ({ start }: Page): InvalidFileError =>
  new InvalidFileError(
    `is damaged: the page at byte ${start} does not have the number of values that it declares; write it again`,
  )

interface Opened {
  /** Which values are NULL; undefined where none may be. */
  readonly levels: HybridReader | undefined
  /** What is behind them, and where that ends. */
  readonly input: ByteInput
  readonly size: number
}

async function openPage(page: Page, { file, codec, isOptional }: Cutting): Promise<Opened> {
  const unpack = unpackOf(codec)!
  const { second, start } = page
  if (second === undefined) {
    const input = new ByteInput(unpack(piecesOf(file, page), page.unpacked))
    try {
      const levels = isOptional ? new HybridReader(await levelsOf(input, page), 1) : undefined
      return { levels, input, size: page.unpacked }
    } catch (error) {
      await input.close()
      throw error
    }
  }
  const { definitions, repetitions } = second
  const before = definitions + repetitions
  const isWrong = definitions < 0 || repetitions < 0 || before > page.size || before > page.unpacked
  if (isWrong || definitions > MOST_LEVELS || second.rows !== page.values) throw disagrees(page)
  const bytes = await bytesAt(file, start + repetitions, definitions)
  const packed = piecesOf(file, { start: start + before, size: page.size - before })
  const size = page.unpacked - before
  const pieces = second.isPacked && page.size > before ? unpack(packed, size) : packed
  const levels = isOptional ? new HybridReader(bytes, 1) : undefined
  return { levels, input: new ByteInput(pieces), size }
}

async function levelsOf(input: ByteInput, page: Page): Promise<Buffer> {
  const length = (await input.read(PREFIX)).readUInt32LE()
  if (length > Math.min(page.unpacked - PREFIX, MOST_LEVELS)) throw disagrees(page)
  return await input.read(length)
}
