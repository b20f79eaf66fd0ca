import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Files } from './client.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { unpackOf } from './parquet-codec.ts'
import { DictionaryFile } from './parquet-dictionary.ts'
import { type ChunkKind, disagrees, type OpenPage, openPage, valuesOfPage } from './parquet-page.ts'
import { type Page, piecesOf } from './parquet-pages.ts'
import type { PlainPage } from './parquet-plain.ts'
import type { PageValues } from './parquet-values.ts'

/** A chunk of a leaf, and its pages. */
export interface LeafChunk extends ChunkKind {
  readonly pages: readonly Page[]
  /** How many of its values are NULL, where it says so. */
  readonly nulls: number | undefined
}

/** Where chunks are read from, and who does. */
export interface Reading {
  readonly file: FileHandle
  readonly client: Files
  readonly signal: AbortSignal
}

/** Reads the values of a chunk row by row. Whatever it says twice is compared. */
export class LeafReader implements AsyncDisposable {
  readonly #chunk: LeafChunk
  readonly #reading: Reading
  #dictionary: DictionaryFile | undefined
  #nextPage = 0
  #open: (OpenPage & { readonly page: Page; readonly values: PageValues }) | undefined
  /** How many values of the page at hand are left, and how many of them begin a row or are NULL. */
  #left = 0
  #rows = 0
  #nulls = 0
  #nullsOfAll = 0
  /** Where the next value stands: 0 where it begins a row. */
  #repetition = 0

  constructor(chunk: LeafChunk, reading: Reading) {
    this.#chunk = chunk
    this.#reading = reading
  }

  /**
   * Adds the values of the next row to a page. Of a row of more than `most` bytes nothing is added.
   *
   * @returns how many bytes they have; undefined where no row is left.
   * @throws Broken where a page, or the chunk, has not the values that it says.
   */
  async addRow(to: PlainPage, most: number): Promise<number | undefined> {
    try {
      return await this.#addRow(to, most)
    } catch (error) {
      const { code } = error as { readonly code?: string }
      if (!/^(?:Z_|ZSTD_|ERR__ERROR_)/.test(code ?? '')) throw error
      const { start } = this.#chunk.pages[Math.max(0, this.#nextPage - 1)]!
      throw new InvalidFileError(`is damaged: the page at byte ${start} cannot be unpacked; write it again`, {
        cause: error,
      })
    }
  }

  async #addRow(to: PlainPage, most: number): Promise<number | undefined> {
    if (this.#left === 0 && !(await this.#begin())) return undefined
    if (this.#repetition !== 0) throw disagrees(this.#open!.page)
    const before = to.filled
    const highest = this.#chunk.levels.definition
    let bytes = 0
    do {
      const { definitions, values } = this.#open!
      const definition = definitions?.next() ?? 0
      const repetition = this.#repetition
      if (repetition === 0) this.#rows++
      if (definition < highest) {
        this.#nulls++
        if (bytes <= most) to.addEmpty(repetition, definition)
        bytes++
      } else {
        // There may be millions of short values: only those that have not arrived are waited for.
        const next = values.next()
        const length = typeof next === 'number' ? next : await next
        bytes += length + 1
        const place = bytes <= most ? to.add(repetition, length) : undefined
        const copied = place === undefined ? values.skip() : values.copy(place.to, place.at)
        if (copied !== undefined) await copied
      }
      this.#left--
      if (this.#left > 0) this.#repetition = this.#open!.repetitions?.next() ?? 0
      else if (!(await this.#begin())) break
    } while (this.#repetition !== 0)
    if (bytes > most) to.backTo(before)
    return bytes
  }

  /** Goes to the first value of the next page that has one. */
  async #begin(): Promise<boolean> {
    await this.#end()
    const { pages, stored, levels, nulls } = this.#chunk
    while (this.#nextPage < pages.length) {
      this.#reading.signal.throwIfAborted()
      const page = pages[this.#nextPage++]!
      if (page.isDictionary) {
        await this.#dictionary?.[Symbol.asyncDispose]()
        this.#dictionary = await dictionaryOf(page, this.#chunk, this.#reading)
      } else if (page.values > 0) {
        const open = await openPage(this.#reading.file, page, this.#chunk)
        try {
          this.#open = { ...open, page, values: await valuesOfPage(page, open, stored, this.#dictionary) }
        } catch (error) {
          await open.input.close()
          throw error
        }
        this.#left = page.values
        this.#repetition = open.repetitions?.next() ?? 0
        return true
      }
    }
    // Places in a dictionary are filled up to groups of eight, so that one more would be read, and one less left.
    const isFlat = levels.repetition === 0 && levels.definition <= 1
    if (isFlat && nulls !== undefined && nulls !== this.#nullsOfAll)
      throw new InvalidFileError(
        `is damaged: the column at byte ${pages[0]?.from} has ${nulls} NULL values according to its header, but ${this.#nullsOfAll} in its pages; write it again`,
      )
    return false
  }

  /** Ends the page at hand, of which all must have been read. */
  async #end(): Promise<void> {
    if (this.#open === undefined) return
    const { page, values, repetitions, definitions, input, size } = this.#open
    const isWhole =
      values.isOver &&
      (repetitions?.isOver ?? true) &&
      (definitions?.isOver ?? true) &&
      (await input.isOver()) &&
      input.offset === size
    const { second } = page
    const isOther = second !== undefined && (second.nulls !== this.#nulls || second.rows !== this.#rows)
    await this.#close()
    if (!isWhole || isOther) throw disagrees(page)
    this.#nullsOfAll += this.#nulls
    this.#nulls = 0
    this.#rows = 0
  }

  async #close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.input.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
    await this.#dictionary?.[Symbol.asyncDispose]()
  }
}

async function dictionaryOf(
  page: Page,
  { codec, stored }: LeafChunk,
  { file, client, signal }: Reading,
): Promise<DictionaryFile> {
  const values = unpackOf(codec)!(piecesOf(file, page), page.unpacked)
  const size = { entries: page.entries, size: page.unpacked, width: stored.width }
  return await DictionaryFile.write(values, size, (copy) => client.temporary((to) => pipeline(copy, to, { signal })))
}
