import { hash } from 'node:crypto'

/**
 * The sum of the digests of rows, in whatever order they come, equal ones as often: two of them are equal if their rows are. Of
 * 128 bits, so that different rows never come to the same by chance. It says nothing of which rows they are.
 */
export class RowSum {
  readonly #words = new Int32Array(4)

  /** @param sign -1: takes the row out. */
  add(row: string | Uint8Array, sign: 1 | -1 = 1): void {
    // A text of bytes comes out of the hash in a quarter of the time of a buffer.
    const bytes = hash('sha256', row, 'binary')
    for (let at = 0; at < 4; at++) this.#words[at]! += sign * word(bytes, at * 4)
  }

  get isZero(): boolean {
    return this.#words.every((word) => word === 0)
  }

  /** In 32 hexadecimal digits. */
  get text(): string {
    return [...this.#words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
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
