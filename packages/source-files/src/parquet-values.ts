import type { ByteInput } from './byte-input.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { MOST_DELTAS, readDeltas32 } from './parquet-delta.ts'
import type { DictionaryFile } from './parquet-dictionary.ts'
import { HybridReader } from './parquet-hybrid.ts'

/** The values of a page that are not NULL, one after the other. */
export interface PageValues {
  /** Goes to the next value. @returns how many bytes it has. */
  next(): number | Promise<number>
  /** Copies it to a place in a buffer. */
  copy(to: Buffer, at: number): void | Promise<void>
  /** Passes over it instead. */
  skip(): void | Promise<void>
  /** Whether nothing is left that was read already. */
  readonly isOver: boolean
}

const tooLong = (): InvalidFileError =>
  new InvalidFileError('is damaged: a value is longer than its page; write it again')
/** The error of a page that ends too early. */
export const tooFew = (): InvalidFileError =>
  new InvalidFileError('is damaged: a page has fewer values than it declares; write it again')

/** Values that stand in the page, each behind its length. */
export class PlainValues implements PageValues {
  readonly #input: ByteInput
  readonly #size: number
  #length = 0
  readonly isOver = true

  /** @param size where the values end. */
  constructor(input: ByteInput, size: number) {
    this.#input = input
    this.#size = size
  }

  /** @throws Broken where the value is longer than the page. */
  next(): number | Promise<number> {
    const length = this.#input.uint32()
    return typeof length === 'number' ? this.#checked(length) : length.then((later) => this.#checked(later))
  }

  #checked(length: number): number {
    if (length > this.#size - this.#input.offset) throw tooLong()
    this.#length = length
    return length
  }

  copy(to: Buffer, at: number): void | Promise<void> {
    return this.#input.copy(this.#length, to, at)
  }

  skip(): void | Promise<void> {
    return this.#input.skip(this.#length)
  }
}

/** Values that stand in the page behind all their lengths. */
class LengthsFirst implements PageValues {
  readonly #input: ByteInput
  readonly #size: number
  readonly #lengths: Int32Array
  #nth = 0

  constructor(input: ByteInput, size: number, lengths: Int32Array) {
    this.#input = input
    this.#size = size
    this.#lengths = lengths
  }

  next(): number {
    const length = lengthIn(this.#lengths, this.#nth++)
    if (length > this.#size - this.#input.offset) throw tooLong()
    return length
  }

  copy(to: Buffer, at: number): void | Promise<void> {
    return this.#input.copy(this.#lengths[this.#nth - 1]!, to, at)
  }

  skip(): void | Promise<void> {
    return this.#input.skip(this.#lengths[this.#nth - 1]!)
  }

  get isOver(): boolean {
    return this.#nth === this.#lengths.length
  }
}

/** Values of which the page has what differs from the one before. */
class Differences implements PageValues {
  readonly #prefixes: Int32Array
  readonly #rests: LengthsFirst
  #last: Buffer = Buffer.alloc(0)
  #length = 0
  #nth = 0

  constructor(prefixes: Int32Array, rests: LengthsFirst) {
    this.#prefixes = prefixes
    this.#rests = rests
  }

  async next(): Promise<number> {
    const prefix = lengthIn(this.#prefixes, this.#nth++)
    if (prefix > this.#length)
      throw new InvalidFileError('is damaged: a value repeats more than the one before has; write it again')
    const rest = this.#rests.next()
    if (prefix + rest > this.#last.length) {
      const longer = Buffer.allocUnsafe(prefix + rest)
      this.#last.copy(longer, 0, 0, prefix)
      this.#last = longer
    }
    await this.#rests.copy(this.#last, prefix)
    this.#length = prefix + rest
    return this.#length
  }

  copy(to: Buffer, at: number): void {
    this.#last.copy(to, at, 0, this.#length)
  }

  skip(): void {}

  get isOver(): boolean {
    return this.#rests.isOver && this.#nth === this.#prefixes.length
  }
}

function lengthIn(lengths: Int32Array, nth: number): number {
  const length = lengths[nth]
  if (length === undefined) throw tooFew()
  if (length < 0) throw tooLong()
  return length
}

/** The values of a page that has all lengths in front. @param size where the values end. */
export async function withLengthsFirst(input: ByteInput, size: number): Promise<PageValues> {
  return new LengthsFirst(input, size, await readDeltas32(input, MOST_DELTAS))
}

/** The values of a page that has, of each, how much of the one before it repeats, and the rest. */
export async function withPrefixes(input: ByteInput, size: number): Promise<PageValues> {
  const prefixes = await readDeltas32(input, MOST_DELTAS)
  const lengths = await readDeltas32(input, MOST_DELTAS)
  return new Differences(prefixes, new LengthsFirst(input, size, lengths))
}

/** Values of which the page says the places in the dictionary. */
class DictionaryValues implements PageValues {
  readonly #dictionary: DictionaryFile
  readonly #places: HybridReader
  #place = 0

  constructor(dictionary: DictionaryFile, places: HybridReader) {
    this.#dictionary = dictionary
    this.#places = places
  }

  next(): number {
    this.#place = this.#places.next()
    return this.#dictionary.lengthOf(this.#place)
  }

  copy(to: Buffer, at: number): void | Promise<void> {
    return this.#dictionary.copy(this.#place, to, at)
  }

  skip(): void {}

  get isOver(): boolean {
    return this.#places.isOver
  }
}

/** The values of a page that uses the dictionary: how wide its places are in bits stands in front of them. */
export async function placesIn(
  dictionary: DictionaryFile | undefined,
  input: ByteInput,
  size: number,
): Promise<PageValues> {
  if (dictionary === undefined)
    throw new InvalidFileError('is damaged: a page needs a dictionary that is missing; write it again')
  // A page of which all is NULL may have nothing behind its levels.
  const bytes = await input.read(Math.max(0, size - input.offset))
  return new DictionaryValues(dictionary, new HybridReader(bytes.subarray(1), bytes[0] ?? 0))
}
