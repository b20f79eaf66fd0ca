import type { FileHandle } from 'node:fs/promises'
import { ByteInput } from './byte-input.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { unpackOf } from './parquet-codec.ts'
import { MOST_DELTAS } from './parquet-delta.ts'
import type { DictionaryFile } from './parquet-dictionary.ts'
import { bitsIn, deltasIn, FixedValues, runsIn, splitIn } from './parquet-fixed.ts'
import { bytesAt } from './parquet-footer.ts'
import { HybridReader } from './parquet-hybrid.ts'
import { bitsOf, type Levels } from './parquet-levels.ts'
import { type Page, piecesOf } from './parquet-pages.ts'
import { Encoding } from './parquet-plain.ts'
import type { Stored } from './parquet-stored.ts'
import { type PageValues, PlainValues, placesIn, withLengthsFirst, withPrefixes } from './parquet-values.ts'

// A page of data is unpacked as a stream: its levels, and then its values one by one.

/** How many bytes the levels of a page may have, and what stands for its values otherwise: both are held. */
const MOST_LEVELS = 64 << 20
const MOST_HELD = 128 << 20

/** What the pages of a chunk have in common. */
export interface ChunkKind {
  readonly codec: number
  readonly levels: Levels
  readonly stored: Stored
}

export interface OpenPage {
  /** What says where a row begins, and what is NULL; undefined where there is nothing to say. */
  readonly repetitions: HybridReader | undefined
  readonly definitions: HybridReader | undefined
  /** What is behind them, and where that ends. */
  readonly input: ByteInput
  readonly size: number
}

/** The error of a page that has not what its header says. */
export const disagrees = ({ start }: Page): InvalidFileError =>
  new InvalidFileError(
    `is damaged: the page at byte ${start} does not have the number of values that it declares; write it again`,
  )

/** Opens a page at its levels. The caller closes the input. @throws Broken where they are longer than the page. */
export async function openPage(file: FileHandle, page: Page, { codec, levels }: ChunkKind): Promise<OpenPage> {
  const unpack = unpackOf(codec)!
  const { second, start } = page
  const readerOf = (bytes: Buffer, highest: number): HybridReader | undefined =>
    highest === 0 ? undefined : new HybridReader(bytes, bitsOf(highest))
  if (second === undefined) {
    const input = new ByteInput(unpack(piecesOf(file, page), page.unpacked))
    try {
      const read = async (highest: number) =>
        highest === 0 ? undefined : readerOf(await levelsOf(input, page), highest)
      const repetitions = await read(levels.repetition)
      const definitions = await read(levels.definition)
      return { repetitions, definitions, input, size: page.unpacked }
    } catch (error) {
      await input.close()
      throw error
    }
  }
  const before = second.definitions + second.repetitions
  const isWrong =
    second.definitions < 0 || second.repetitions < 0 || before > Math.min(page.size, page.unpacked, MOST_LEVELS)
  if (isWrong || (levels.repetition === 0 && second.rows !== page.values)) throw disagrees(page)
  const bytes = await bytesAt(file, start, before)
  const packed = piecesOf(file, { start: start + before, size: page.size - before })
  const size = page.unpacked - before
  const pieces = second.isPacked && page.size > before ? unpack(packed, size) : packed
  return {
    repetitions: readerOf(bytes.subarray(0, second.repetitions), levels.repetition),
    definitions: readerOf(bytes.subarray(second.repetitions), levels.definition),
    input: new ByteInput(pieces),
    size,
  }
}

async function levelsOf(input: ByteInput, page: Page): Promise<Buffer> {
  const length = await input.uint32()
  if (length > Math.min(page.unpacked - input.offset, MOST_LEVELS)) throw disagrees(page)
  return await input.read(length)
}

/** Whether the values of a page can be read here: what is written in another way is left to DuckDB. */
export function isReadable(page: Page, { codec, levels, stored }: ChunkKind): boolean {
  if (unpackOf(codec) === undefined) return false
  // A dictionary says PLAIN_DICTIONARY, and means PLAIN, where its writer is old.
  if (page.isDictionary) return !stored.isBoolean
  const { encoding, second, unpacked, values } = page
  const hasRuns =
    second !== undefined ||
    ((levels.definition === 0 || page.definitionEncoding === Encoding.rle) &&
      (levels.repetition === 0 || page.repetitionEncoding === Encoding.rle))
  if (!hasRuns) return false
  if (page.usesDictionary) return unpacked <= MOST_HELD
  const { width, isBoolean } = stored
  switch (encoding) {
    case Encoding.plain:
      return true
    case Encoding.rle:
      return isBoolean
    case Encoding.deltas:
      return !isBoolean && (width === 4 || width === 8) && values <= MOST_DELTAS
    case Encoding.lengthsFirst:
    case Encoding.prefixes:
      return width === undefined && values <= MOST_DELTAS
    case Encoding.split:
      return width !== undefined && !isBoolean && unpacked <= MOST_HELD
    default:
      return false
  }
}

/** The values of a page, which stand behind its levels. */
export async function valuesOfPage(
  page: Page,
  { input, size }: OpenPage,
  { width, isBoolean }: Stored,
  dictionary: DictionaryFile | undefined,
): Promise<PageValues> {
  if (page.usesDictionary) return await placesIn(dictionary, input, size)
  // A page of which all is NULL may have nothing behind its levels.
  if (input.offset === size) return new PlainValues(input, size)
  switch (page.encoding) {
    case Encoding.rle:
      return await runsIn(input, size)
    case Encoding.deltas:
      return await deltasIn(input, width!)
    case Encoding.lengthsFirst:
      return await withLengthsFirst(input, size)
    case Encoding.prefixes:
      return await withPrefixes(input, size)
    case Encoding.split:
      return await splitIn(input, size, width!)
    default:
      if (isBoolean) return await bitsIn(input, size)
      return width === undefined ? new PlainValues(input, size) : new FixedValues(input, width)
  }
}
