import { SyncError } from '../contract/error.ts'

const MB = 1024 * 1024

/** Weighs the rows of an answer that is held as a whole, as they come: an answer that does not fit is an error and not the end of the process. */
export class AnswerSize {
  readonly #limit: () => number
  #most: number
  #bytes = 0

  /** @param most how many bytes the answer may have; a function is asked where it has more than a megabyte. */
  constructor(most: number | (() => number)) {
    this.#most = typeof most === 'number' ? most : MB
    this.#limit = typeof most === 'number' ? () => most : most
  }

  /** @throws SyncError code `query` where the answer is too large with this row. */
  add(row: readonly unknown[]): void {
    this.#bytes += 64
    for (const value of row) this.#bytes += 8 + sizeOf(value)
    if (this.#bytes <= this.#most) return
    this.#most = this.#limit()
    if (this.#bytes <= this.#most) return
    throw new SyncError(
      `the answer is too large: it has more than ${Math.round(this.#most / MB)} MB, an eighth of the memory that this process may use; ask for fewer rows or columns, or give it more memory, as with NODE_OPTIONS=--max-old-space-size=8192`,
      'fix-config',
      { code: 'query' },
    )
  }
}

/** About how long a value is: characters of texts and of JSON, bytes of bytes. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (value instanceof Uint8Array) return value.byteLength
  return typeof value === 'object' && value !== null
    ? JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)).length
    : 8
}
