import { isEmpty, type Range } from './window.ts'

/**
 * The windows that a range is cut into: of at most `size`, counted from its start; a range with an open start is not cut.
 * They are made as they are asked for, because nobody knows how many there are: an id that jumps makes 10^15 of them.
 */
export class Windows implements Iterable<Range> {
  /** What is cut. */
  readonly range: Range
  /** As it was given, also where the start is open. */
  readonly #longest: bigint | undefined
  readonly #size: bigint | undefined
  readonly #count: bigint

  constructor(range: Range, size: bigint | undefined) {
    this.range = range
    const { from, to } = range
    this.#longest = size
    this.#size = from === undefined ? undefined : size
    this.#count = isEmpty(range) ? 0n : this.#size === undefined ? 1n : (to - from! - 1n) / this.#size + 1n
  }

  /** The windows of what lies in another range too, none longer than before; they are counted from where that starts. */
  within({ from, to }: Range): Windows {
    const { range } = this
    const start = range.from === undefined || (from !== undefined && from > range.from) ? from : range.from
    const end = to < range.to ? to : range.to
    return new Windows({ from: start, to: start !== undefined && start > end ? start : end }, this.#longest)
  }

  /** How many there are; above 2^53 about so many. */
  get count(): number {
    return Number(this.#count)
  }

  /** From the lowest to the highest. */
  *[Symbol.iterator](): Generator<Range> {
    for (let at = 0n; at < this.#count; at++) yield this.#at(at)
  }

  /** From the highest to the lowest. */
  *newestFirst(): Generator<Range> {
    for (let at = this.#count - 1n; at >= 0n; at--) yield this.#at(at)
  }

  get newest(): Range | undefined {
    return this.#count === 0n ? undefined : this.#at(this.#count - 1n)
  }

  get oldest(): Range | undefined {
    return this.#count === 0n ? undefined : this.#at(0n)
  }

  #at(at: bigint): Range {
    const { from, to } = this.range
    if (from === undefined || this.#size === undefined) return this.range
    const start = from + at * this.#size
    const end = start + this.#size
    return end < to ? { from: start, to: end } : { from: start, to }
  }
}

/** Cuts a range into windows of at most `size`. */
export function split(whole: Range, size: bigint | undefined): Windows {
  return new Windows(whole, size)
}
