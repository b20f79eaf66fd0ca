import type { Files } from './client.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { type LeafChunk, LeafReader, type Reading } from './parquet-leaf.ts'
import { type Filled, PlainPage } from './parquet-plain.ts'

// DuckDB reads a page, and a dictionary, as a whole, and all pages that its 2,048 rows are in: pyarrow writes a thousand values
// of a megabyte into one. Such a column is unpacked here as a stream, and a few rows at a time are written into small pages.

/** How a column that is read by itself is cut. */
export interface Cut {
  /** Where DuckDB would hold more bytes than this of a few pages, it is cut. */
  readonly above: number
  /** Into groups of rows of so many bytes. */
  readonly into: number
  /** A row that has more is not read. */
  readonly most: number
}

/** DuckDB holds a page and its dictionary as they are packed, too, and what it reads at the same time. */
const MEMORY_OF_PAGE = 8
/** What it reads is a quarter at most. */
const MEMORY_OF_ROW = 4
/** Of a few rows it also writes JSON. */
const MEMORY_OF_GROUP = 32
const CUT = { above: 64 << 20, into: 16 << 20 }
const TOGETHER = 128 << 20
/** DuckDB writes 2,048 rows at once, however little is in them: more need not wait for one another. */
const MOST_ROWS = 64 * 1024
/** What DuckDB holds of a value beside its bytes. */
const SLOT = 16

export const cutFor = ({ memoryLimit }: Files): Cut => ({
  above: Math.min(CUT.above, memoryLimit / MEMORY_OF_PAGE),
  into: Math.min(CUT.into, memoryLimit / MEMORY_OF_GROUP),
  most: memoryLimit / MEMORY_OF_ROW,
})

/** How many bytes DuckDB may hold of the columns that are read together. */
export const roomTogether = ({ memoryLimit }: Files): number => Math.min(TOGETHER, memoryLimit / MEMORY_OF_ROW)

/** A cut for each of several columns, which are read side by side. */
export const sharedCut = (cut: Cut, columns: number): Cut => ({
  ...cut,
  above: cut.above / columns,
  into: cut.into / columns,
})

/** A few rows of a column. */
export interface SmallGroup {
  readonly rows: number
  /** The page of each leaf, in parts, and how many values it has. They are to be written before the next group is asked for. */
  readonly pages: readonly { readonly values: number; readonly content: readonly Buffer[] }[]
}

/** A row that is not read, and how many bytes it has. */
export interface LongRow {
  readonly bytes: number
}

/**
 * The rows of the chunks of one column in one group of rows, a few at a time.
 *
 * @throws Broken where a page, or a chunk, has not the values that it says.
 */
export async function* smallGroups(
  chunks: readonly LeafChunk[],
  { into, most }: Cut,
  reading: Reading,
): AsyncGenerator<SmallGroup | LongRow> {
  await using opened = new AsyncDisposableStack()
  const leaves = chunks.map((chunk) => ({
    reader: opened.use(new LeafReader(chunk, reading)),
    page: new PlainPage(chunk.levels, chunk.stored, into * 2),
  }))
  let rows = 0
  const groupOf = (ends: readonly Filled[]): SmallGroup => ({
    rows,
    pages: leaves.map(({ page }, at) => ({ values: ends[at]!.slots, content: page.parts(ends[at]) })),
  })
  const ends = (): readonly Filled[] => leaves.map(({ page }) => page.filled)
  for (;;) {
    const before = ends()
    let bytes = 0
    for (const [at, { reader, page }] of leaves.entries()) {
      const added = await reader.addRow(page, Math.max(0, most - bytes))
      if (at > 0 && (added === undefined) !== (bytes === 0))
        throw new InvalidFileError('is damaged: the parts of a column have different numbers of rows; write it again')
      bytes += added ?? 0
    }
    if (bytes === 0) {
      if (rows > 0) yield groupOf(before)
      return
    }
    const isLong = bytes > most
    if (rows > 0 && (isLong || rows === MOST_ROWS || weightOf(ends()) > into)) {
      reading.signal.throwIfAborted()
      yield groupOf(before)
      for (const [at, { page }] of leaves.entries()) page.dropUntil(before[at]!)
      rows = 0
    }
    if (isLong) {
      // Some leaves have it, because it was found to be too long at a later one.
      for (const { page } of leaves) page.dropUntil(page.filled)
      yield { bytes }
    } else rows++
  }
}

const weightOf = (ends: readonly Filled[]): number =>
  ends.reduce((sum, { slots, bytes }) => sum + bytes + slots * SLOT, 0)
