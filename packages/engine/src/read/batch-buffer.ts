import { type EncodedKey, type EncodedRow, isOlder } from '@tidemark/core/engine'

/**
 * Gathers the rows of a batch, each key once: of two versions the one with the greater cursor stays, the last among
 * equals. Most sources yield keys in ascending order, and then no key can come twice: a map is made only when one
 * goes back.
 */
export class BatchBuffer {
  rows: EncodedRow[] = []
  deduped = 0
  bytes = 0
  readonly #key: readonly number[]
  readonly #single: number
  #last: unknown
  #places: Map<unknown, number> | undefined

  /** @param key the indexes of the key's columns in a row; empty: rows have no key and all stay. */
  constructor(key: readonly number[]) {
    this.#key = key
    this.#single = key.length === 1 ? key[0]! : -1
  }

  add(row: EncodedRow): void {
    if (this.#key.length > 0 && this.#isKnown(row)) return
    this.rows.push(row)
    this.bytes += weigh(row)
  }

  #isKnown(row: EncodedRow): boolean {
    const key = this.#keyOf(row)
    if (this.#places === undefined) {
      const last = this.#last as string | number
      if (last === undefined || (typeof key === typeof last && (key as string | number) > last)) {
        this.#last = key
        return false
      }
      this.#places = new Map(this.rows.map((one, at) => [this.#keyOf(one), at]))
    }
    const at = this.#places.get(key)
    if (at === undefined) {
      this.#places.set(key, this.rows.length)
      return false
    }
    this.deduped++
    const before = this.rows[at]!
    if (isOlder(positionOf(row), positionOf(before))) return true
    this.rows[at] = row
    this.bytes += weigh(row) - weigh(before)
    return true
  }

  #keyOf(row: EncodedRow): unknown {
    if (this.#single >= 0) return comparableIn(row[this.#single])
    return keyText(this.#key.map((at) => row[at]))
  }

  /** The rows so far; the next batch begins. */
  take(): { rows: EncodedRow[]; deduped: number } {
    const taken = { rows: this.rows, deduped: this.deduped }
    this.rows = []
    this.deduped = 0
    this.bytes = 0
    this.#last = undefined
    this.#places = undefined
    return taken
  }
}

/** A key by which a map finds equal ones: its value where it has one column, as no text has to be made of that. */
export function mapKey(values: EncodedKey): unknown {
  return values.length === 1 ? comparableIn(values[0]) : keyText(values)
}

export const comparableIn = (value: unknown): unknown => (value instanceof Uint8Array ? textOf(value) : value)

/** A key as one text. The length in front of each component keeps ('a', 'bc') and ('ab', 'c') apart. */
export function keyText(values: EncodedKey): string {
  let key = ''
  for (const value of values) {
    const part = textOf(value)
    key += `${part.length}:${part}`
  }
  return key
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
    : String(value)
}

function positionOf(row: EncodedRow): number | bigint | null {
  return row.at(-1) as number | bigint | null
}

/** About how much memory a row, or a key, takes. */
export function weigh(row: EncodedKey): number {
  let bytes = 64
  for (const value of row) {
    bytes += 8
    if (typeof value === 'string') bytes += value.length
    else if (typeof value === 'object' && value !== null) bytes += (value as Uint8Array).byteLength
  }
  return bytes
}
