import { hash } from 'node:crypto'
import type { SourceRows } from '@tidemark/core/engine'

/** So many rows of a source, of so many characters, are kept until it is known whether they are all there. */
const KEPT_ROWS = 10_000
const KEPT_CHARACTERS = 8 * 1024 * 1024

/**
 * Whether two sides have the same rows, equal ones as often, whatever their order: the sum of the digests of the one, less those
 * of the other. It needs no memory for them and says nothing of which they are. Of 128 bits, so that different rows
 * never come to the same by chance.
 *
 * Most of what is compared is equal, and to know that takes neither a key nor a place for each row.
 */
export class Balance {
  #a = 0
  #b = 0
  #c = 0
  #d = 0
  #kept: SourceRows[] | undefined = []
  #rows = 0
  #characters = 0

  /** Puts a row of the source in. */
  add(text: string): void {
    this.#characters += text.length
    this.#count(text, 1)
  }

  /** Takes a row of the destination out. */
  remove(text: string): void {
    this.#count(text, -1)
  }

  get isEven(): boolean {
    return this.#a === 0 && this.#b === 0 && this.#c === 0 && this.#d === 0
  }

  /** Keeps what the source gave, as long as it is not too much. */
  keep(given: SourceRows): void {
    this.#rows += given.rows.length + given.presentKeys.length
    if (this.#rows > KEPT_ROWS || this.#characters > KEPT_CHARACTERS) this.#kept = undefined
    this.#kept?.push(given)
  }

  /** What the source gave, to be looked at row by row; undefined where it was too much, and must be asked for again. */
  get kept(): readonly SourceRows[] | undefined {
    return this.#kept
  }

  #count(text: string, sign: 1 | -1): void {
    // A text of bytes comes out of the hash in a quarter of the time of a buffer.
    const bytes = hash('sha256', text, 'binary')
    this.#a = (this.#a + sign * word(bytes, 0)) | 0
    this.#b = (this.#b + sign * word(bytes, 4)) | 0
    this.#c = (this.#c + sign * word(bytes, 8)) | 0
    this.#d = (this.#d + sign * word(bytes, 12)) | 0
  }
}

function word(bytes: string, at: number): number {
  return (
    bytes.charCodeAt(at) |
    (bytes.charCodeAt(at + 1) << 8) |
    (bytes.charCodeAt(at + 2) << 16) |
    (bytes.charCodeAt(at + 3) << 24)
  )
}
