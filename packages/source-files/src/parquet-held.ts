import type { FileHandle } from 'node:fs/promises'
import { MOST_DELTAS, readDeltas32 } from './parquet-delta.ts'
import { type ChunkKind, type OpenPage, openPage } from './parquet-page.ts'
import type { Page } from './parquet-pages.ts'
import { Encoding } from './parquet-plain.ts'

/** How many rows DuckDB reads at once; all pages that they are in stay in memory until they are taken. */
const VECTOR = 2048

/** Adds up how many bytes the pages of 2,048 rows have. */
export class HeldBytes {
  #rows = 0
  #bytes = 0
  #dictionary = 0
  most = 0

  /** @param rows how many begin in it; undefined where that is not known, so that it may be in the same vector as the next. */
  add({ isDictionary, values, unpacked }: Page, bytes: number, rows: number | undefined): void {
    if (isDictionary) this.#dictionary = unpacked
    if (values === 0) return
    const before = this.#rows
    this.#rows += rows ?? 0
    // The page at the end of one vector is in the next one, too.
    this.#bytes += bytes
    this.most = Math.max(this.most, this.#bytes + this.#dictionary)
    if (Math.floor(this.#rows / VECTOR) > Math.floor(before / VECTOR))
      this.#bytes = this.#rows % VECTOR === 0 ? 0 : bytes
  }
}

/** How many bytes DuckDB holds of a page: where values are written as differences, also all that they are. */
export async function bytesHeld(file: FileHandle, page: Page, kind: ChunkKind): Promise<number> {
  if (page.encoding !== Encoding.prefixes || page.isDictionary || page.values === 0) return page.unpacked
  return await onPage(file, page, kind, async ({ input, size }) => {
    if (input.offset === size) return page.unpacked
    const [prefixes, rests] = [await readDeltas32(input, MOST_DELTAS), await readDeltas32(input, MOST_DELTAS)]
    return page.unpacked + sumOf(prefixes) + sumOf(rests)
  })
}

const sumOf = (numbers: Int32Array): number => numbers.reduce((sum, number) => sum + number, 0)

/** How many rows begin in a page of data. */
export async function rowsBegun(file: FileHandle, page: Page, kind: ChunkKind): Promise<number> {
  if (kind.levels.repetition === 0) return page.values
  if (page.second !== undefined) return page.second.rows
  return await onPage(file, page, kind, async ({ repetitions }) => {
    let rows = 0
    for (let nth = 0; nth < page.values; nth++) if (repetitions!.next() === 0) rows++
    return rows
  })
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
