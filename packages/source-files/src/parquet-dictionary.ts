import { type FileHandle, open } from 'node:fs/promises'
import type { Files } from './client.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { bytesAt, readInto } from './parquet-footer.ts'

/** Values up to here are read from a piece of the file that also has those behind them. */
const PIECE = 64 * 1024
/** A dictionary up to here is read as a whole. */
const SMALL = 4 << 20
/** How many bytes say how long a value is. */
const PREFIX = 4

/** The values of a dictionary that is too large for the memory, in a temporary file. */
export class DictionaryFile implements AsyncDisposable {
  readonly #file: FileHandle
  readonly #copy: AsyncDisposable
  readonly #places: Places | EqualPlaces
  #piece: Buffer = Buffer.alloc(0)
  #pieceAt = 0

  private constructor(file: FileHandle, copy: AsyncDisposable, places: Places | EqualPlaces) {
    this.#file = file
    this.#copy = copy
    this.#places = places
  }

  /**
   * @param values as they are written one behind the other; each has `width` bytes, or says how many.
   * @throws Broken where they are not as many, or have not as many bytes.
   */
  static async write(
    values: AsyncIterable<Buffer>,
    { entries, size, width }: { readonly entries: number; readonly size: number; readonly width: number | undefined },
    fill: (copy: ReturnType<typeof through>) => ReturnType<Files['temporary']>,
  ): Promise<DictionaryFile> {
    if (entries < 0 || entries * (width ?? PREFIX) > size) throw otherwise()
    const places = width === undefined ? new Places(entries, size) : new EqualPlaces(entries, size, width)
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
  copy(nth: number, to: Buffer, at: number): void | Promise<void> {
    const start = this.#places.startOf(nth)
    const end = this.#places.endOf(nth)
    if (start < this.#pieceAt || end > this.#pieceAt + this.#piece.length) return this.#read(start, end, to, at)
    this.#piece.copy(to, at, start - this.#pieceAt, end - this.#pieceAt)
  }

  async #read(start: number, end: number, to: Buffer, at: number): Promise<void> {
    const { size } = this.#places
    if (end - start > PIECE && size > SMALL) return await readInto(to, at, this.#file, start, end - start)
    this.#pieceAt = size > SMALL ? start : 0
    this.#piece = await bytesAt(this.#file, this.#pieceAt, size > SMALL ? Math.min(PIECE, size - start) : size)
    this.#piece.copy(to, at, start - this.#pieceAt, end - this.#pieceAt)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
    await this.#copy[Symbol.asyncDispose]()
  }
}

async function* through(values: AsyncIterable<Buffer>, places: Places | EqualPlaces): AsyncGenerator<Buffer> {
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
    if (start === undefined) throw missing(nth, this.#count)
    return start
  }

  endOf(nth: number): number {
    return nth + 1 < this.#starts.length ? this.startOf(nth + 1) - PREFIX : this.size
  }
}

/** The same where all values are of one length. */
class EqualPlaces {
  readonly size: number
  readonly #entries: number
  readonly #width: number
  #at = 0

  constructor(entries: number, size: number, width: number) {
    this.#entries = entries
    this.size = size
    this.#width = width
  }

  add({ length }: Buffer): void {
    this.#at += length
  }

  end(): void {
    if (this.#at !== this.size || this.#entries * this.#width !== this.size) throw otherwise()
  }

  startOf(nth: number): number {
    if (nth >= this.#entries) throw missing(nth, this.#entries)
    return nth * this.#width
  }

  endOf(nth: number): number {
    return (nth + 1) * this.#width
  }
}

const missing = (nth: number, entries: number): InvalidFileError =>
  new InvalidFileError(`is damaged: a page refers to value ${nth} of a dictionary that has ${entries}; write it again`)

const otherwise = (): InvalidFileError =>
  new InvalidFileError('is damaged: a dictionary does not have the number of values that it declares; write it again')
