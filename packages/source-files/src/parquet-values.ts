import type { ByteInput } from './byte-input.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import type { DictionaryFile } from './parquet-dictionary.ts'
import { HybridReader } from './parquet-hybrid.ts'

const PREFIX = 4

/** The values of a page that are not NULL, one after the other. */
export interface PageValues {
  /** Goes to the next value. @returns how many bytes it has. */
  next(): number | Promise<number>
  /** Copies it to a place in a buffer. */
  copy(to: Buffer, at: number): Promise<void>
  /** Whether nothing is left that was read already. */
  readonly isOver: boolean
}

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
  async next(): Promise<number> {
    this.#length = (await this.#input.read(PREFIX)).readUInt32LE()
    if (this.#length > this.#size - this.#input.offset)
      throw new InvalidFileError('is damaged: a value is longer than its page; write it again')
    return this.#length
  }

  async copy(to: Buffer, at: number): Promise<void> {
    await this.#input.copy(this.#length, to, at)
  }
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

  async copy(to: Buffer, at: number): Promise<void> {
    await this.#dictionary.copy(this.#place, to, at)
  }

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
