import type { Range } from './window.ts'
import { Windows } from './windows.ts'

/**
 * The windows that a range without a start is cut into: of `size`, on a grid that goes down from its end. Nobody knows where
 * its rows begin, so neither how many windows hold some. They are made as they are asked for: whoever reads one without
 * rows may read all below it at once.
 */
export class OpenWindows {
  /** What is cut; its start is undefined. */
  readonly range: Range
  /** Those that are known to be needed: all that is left may be one. */
  readonly count = 1
  readonly #size: bigint
  readonly #floor: bigint

  /** @param floor no window reaches below it, except the last one, which is all that is left. */
  constructor({ to }: Range, size: bigint, floor: bigint) {
    this.range = { from: undefined, to }
    this.#size = size
    this.#floor = floor
  }

  /** The lowest that may be asked for: all of it. */
  get oldest(): Range {
    return this.range
  }

  /** The windows of what lies in another range too; of one that has a start they are known, and counted from there. */
  within({ from, to }: Range): Windows | OpenWindows {
    const end = to < this.range.to ? to : this.range.to
    if (from === undefined) return new OpenWindows({ from, to: end }, this.#size, this.#floor)
    return new Windows({ from: from < end ? from : end, to: end }, this.#size)
  }

  /** From the highest down; the last one has no start. */
  *newestFirst(): Generator<Range> {
    let { to } = this.range
    for (; to - this.#size > this.#floor; to -= this.#size) yield { from: to - this.#size, to }
    if (to > this.#floor) {
      yield { from: this.#floor, to }
      to = this.#floor
    }
    yield { from: undefined, to }
  }
}
