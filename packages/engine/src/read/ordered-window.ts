import { isEmpty, type Order, type Range, type Table } from '@tidemark/core/engine'
import type { Bound } from './bound.ts'
import type { PageReader } from './page-reader.ts'

/** How far the pages of an ordered table have come in a window, and what that covers of it. */
export class OrderedWindow {
  readonly #ordered: Order
  readonly #window: Range
  readonly #read: Range
  /** Up to here, and without it, all has come with pages that came in whole; in a descending table down to here, and with it. */
  #seen: Bound
  #remaining: Range | undefined

  /** @param read the window, and what it looks back for. */
  constructor(ordered: Order, window: Range, read: Range) {
    this.#ordered = ordered
    this.#window = window
    this.#read = read
  }

  /** What is left of the window behind what was committed of it; undefined: all. */
  get remaining(): Range | undefined {
    return this.#remaining
  }

  /** A page came in whole. @returns whether it has passed what is read. */
  sawPage({ lowest, highest, above }: Pick<PageReader, 'lowest' | 'highest' | 'above'>): boolean {
    if (lowest === undefined || highest === undefined) return false
    if (this.#ordered === 'ascending') {
      this.#seen = highest
      return highest >= this.#read.to
    }
    const start = this.#window.from
    // The start of a window is covered with its end alone: what it looks back for comes last.
    if (above !== undefined && (start === undefined || above > start)) this.#seen = above
    return this.#read.from !== undefined && lowest < this.#read.from
  }

  /**
   * What is complete and not covered yet: up to the last value of the pages that came in whole, without it. A descending
   * one is covered down to the value before: that is one of the source's own, and a source that counts in seconds would read
   * a bound a microsecond above the last value as that value, and leave out the rows that have it.
   */
  get complete(): Range | undefined {
    if (this.#seen === undefined) return undefined
    const { from, to } = this.#remaining ?? this.#window
    const seen = BigInt(this.#seen)
    const isAscending = this.#ordered === 'ascending'
    const cover = isAscending ? { from, to: seen < to ? seen : to } : { from: seen, to }
    return isEmpty(cover) ? undefined : cover
  }

  /** What was complete is committed. */
  covered(cover: Range): void {
    const { from, to } = this.#remaining ?? this.#window
    const isAscending = this.#ordered === 'ascending'
    this.#remaining = isAscending ? { from: cover.to, to } : { from, to: cover.from! }
  }
}

/** Undefined where a table says nothing of its order, or is read whole. */
export function orderedWindow(
  { ordered }: Pick<Table, 'ordered'>,
  window: Range | undefined,
  read: Range | undefined,
): OrderedWindow | undefined {
  return ordered === undefined || window === undefined || read === undefined
    ? undefined
    : new OrderedWindow(ordered, window, read)
}
