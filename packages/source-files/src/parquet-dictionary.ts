import { type FileHandle, open } from 'node:fs/promises'
import type { Files } from './client.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { bytesAt, readInto } from './parquet-footer.ts'

/** Values up to here are read from a piece of the file that also has those behind them. */
const PIECE = 64 * 1024
/** How many bytes say how long a value is. */
const PREFIX = 4

/** The values of a dictionary that is too large for the memory, in a temporary file. */
export class DictionaryFile implements AsyncDisposable {
  readonly #file: FileHandle
  readonly #copy: AsyncDisposable
  readonly #places: Places
  #piece: Buffer = Buffer.alloc(0)
  #pieceAt = 0

  private constructor(file: FileHandle, copy: AsyncDisposable, places: Places) {
    this.#file = file
    this.#copy = copy
    this.#places = places
  }

  /**
   * @param values as they are written one behind the other.
   * @throws Broken where they are not as many, or have not as many bytes.
   */
  static async write(
    values: AsyncIterable<Buffer>,
    { entries, size }: { readonly entries: number; readonly size: number },
    fill: (copy: ReturnType<typeof through>) => ReturnType<Files['temporary']>,
  ): Promise<DictionaryFile> {
    if (entries < 0 || entries * PREFIX > size) throw otherwise()
    const places = new Places(entries, size)
    const copy = await fill(through(values, places))
    try {
      places.end()
      return new DictionaryFile(await open(copy.path), copy, places)
    } catch (error) {
      await copy[Symbol.asyncDispose]()
      throw error
    }
  }

  /** How many bytes a value has. @throws Broken where there is no such value. */
  lengthOf(nth: number): number {
    return this.#places.endOf(nth) - this.#places.startOf(nth)
  }

  /** Copies a value to a place in a buffer. */
  async copy(nth: number, to: Buffer, at: number): Promise<void> {
    const start = this.#places.startOf(nth)
    const end = this.#places.endOf(nth)
    if (end - start > PIECE) return await readInto(to, at, this.#file, start, end - start)
    if (start < this.#pieceAt || end > this.#pieceAt + this.#piece.length) {
      this.#piece = await bytesAt(this.#file, start, Math.min(PIECE, this.#places.size - start))
      this.#pieceAt = start
    }
    this.#piece.copy(to, at, start - this.#pieceAt, end - this.#pieceAt)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
    await this.#copy[Symbol.asyncDispose]()
  }
}

async function* through(values: AsyncIterable<Buffer>, places: Places): AsyncGenerator<Buffer> {
  for await (const piece of values) {
    places.add(piece)
    yield piece
  }
}

/** Where each value begins, found while the bytes go by. */
class Places {
  readonly size: number
  readonly #starts: Float64Array
  #count = 0
  #at = 0
  /** How much of a value is still to come; or how much of what says its length has come. */
  #left = 0
  #length = 0
  #digits = 0

  constructor(entries: number, size: number) {
    this.#starts = new Float64Array(entries)
    this.size = size
  }

  add(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#left > 0) {
        const count = Math.min(this.#left, piece.length - at)
        this.#left -= count
        at += count
        this.#at += count
        continue
      }
      this.#length += piece[at++]! * 256 ** this.#digits++
      this.#at++
      if (this.#digits < PREFIX) continue
      if (this.#count === this.#starts.length) throw otherwise()
      this.#starts[this.#count++] = this.#at
      this.#left = this.#length
      this.#length = 0
      this.#digits = 0
    }
    if (this.#at > this.size) throw otherwise()
  }

  end(): void {
    if (this.#left > 0 || this.#digits > 0 || this.#count !== this.#starts.length || this.#at !== this.size)
      throw otherwise()
  }

  startOf(nth: number): number {
    const start = this.#starts[nth]
    if (start === undefined)
      throw new InvalidFileError(
        `is damaged: a page refers to value ${nth} of a dictionary that has ${this.#count}; write it again`,
      )
    return start
  }

  endOf(nth: number): number {
    return nth + 1 < this.#starts.length ? this.startOf(nth + 1) - PREFIX : this.size
  }
}

const otherwise = (): InvalidFileError =>
  new InvalidFileError('is damaged: a dictionary does not have the number of values that it declares; write it again')
