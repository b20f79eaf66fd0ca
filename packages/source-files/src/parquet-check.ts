import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { InvalidFileError } from './invalid-file-error.ts'
import { openFile } from './open-file.ts'
import type { ParquetField, ParquetLeaf } from './parquet-field.ts'
import type { ColumnChunk, Footer } from './parquet-footer.ts'
import { type Held, HeldBytes, rowsBegun } from './parquet-held.ts'
import { type ChunkKind, isReadable } from './parquet-page.ts'
import { type Page, pagesOf, piecesOf } from './parquet-pages.ts'
import { storedAs } from './parquet-stored.ts'

// DuckDB does not look at the checksums of pages, so a flipped bit in a file would be another value. Nor does it
// compare how many values the pages have with what their column says, so what is too much would be left out.

/** What is known of a chunk when its pages were looked at. */
export interface CheckedChunk {
  /** What DuckDB holds at once to read it, or more: of lists it may not be known in which rows a page's values are. */
  readonly heldBytes: Held
  /** Whether it can be cut into small pages. */
  readonly isReadable: boolean
}

export const kindOf = ({ element, levels }: ParquetLeaf, { codec }: ColumnChunk): ChunkKind => ({
  codec,
  levels,
  stored: storedAs(element),
})

/**
 * Compares the pages of a file with their checksums, and their values with the number that their column says. Most
 * writers write checksums for all pages or for none, so where the first pages have none the bytes of the others are not
 * read.
 *
 * @throws Broken where one is another.
 */
export async function checkPages(
  path: string,
  { chunks, start }: Footer,
  fields: readonly ParquetField[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ColumnChunk, CheckedChunk>> {
  const checked = new Map<ColumnChunk, CheckedChunk>()
  const leaves = fields.flatMap((field) => field.leaves.map((leaf) => ({ leaf, isNested: field.below.length > 0 })))
  await using file = await openFile(path)
  const isSummed = chunks[0] !== undefined && (await hasChecksums(file, chunks[0]))
  for (const [nth, chunk] of chunks.entries()) {
    const { leaf, isNested } = leaves[nth % leaves.length] ?? { leaf: undefined, isNested: false }
    const kind = leaf && kindOf(leaf, chunk)
    // Some writers leave a header out of the size of a column: where its bytes are not read, its values say where it ends.
    const part = isSummed ? chunk : { start: chunk.start, size: chunk.values === 0 ? 0 : start - chunk.start }
    let values = 0
    let areReadable = kind !== undefined
    const held = new HeldBytes(file, kind, isNested)
    for await (const page of pagesOf(file, part)) {
      signal.throwIfAborted()
      if (page.crc !== undefined && (await checksumOf(file, page)) !== page.crc)
        throw new InvalidFileError(
          `is damaged: the checksum of the page at byte ${page.start} is wrong; write it again, or copy it again`,
        )
      values += page.values
      areReadable &&= isReadable(page, kind!)
      await held.add(page, kind?.levels.repetition === 0 ? page.values : page.second?.rows)
      if (values >= chunk.values && !isSummed) break
    }
    if (values !== chunk.values)
      throw new InvalidFileError(
        `is damaged: the column at byte ${chunk.start} has ${chunk.values} values according to its metadata, but ${values} in its pages; write it again`,
      )
    checked.set(chunk, { heldBytes: held.most, isReadable: areReadable })
  }
  return checked
}

/** What DuckDB holds at once to read a chunk of lists that can be cut. */
export async function heldByRows(path: string, leaf: ParquetLeaf, chunk: ColumnChunk, end: number): Promise<Held> {
  await using file = await openFile(path)
  const kind = kindOf(leaf, chunk)
  const held = new HeldBytes(file, kind, true)
  let values = 0
  for await (const page of pagesOf(file, { start: chunk.start, size: end - chunk.start })) {
    await held.add(page, await rowsBegun(file, page, kind))
    values += page.values
    if (values >= chunk.values) break
  }
  return held.most
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

async function checksumOf(file: FileHandle, page: Page): Promise<number> {
  let sum = 0
  for await (const piece of piecesOf(file, page)) sum = crc32(piece, sum)
  return sum
}
