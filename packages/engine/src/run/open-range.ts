import type { Range } from '@tidemark/core/engine'
import type { Step } from '../plan/step.ts'

/**
 * A range without a start in a run: its windows go down from its end until one has no rows, and then all that is left is
 * read as one. Windows that were handed out by then are read as they are.
 */
export class OpenRange {
  readonly #to: bigint
  #handedOutTo: bigint
  #foundEmpty = false
  #isOver = false

  constructor({ to }: Range) {
    this.#to = to
    this.#handedOutTo = to
  }

  /** The last of its windows has begun: no other will. */
  get isOver(): boolean {
    return this.#isOver
  }

  has({ window }: Step): boolean {
    return window !== undefined && window.to <= this.#to
  }

  /** A step is in line: what is below it is not. */
  handOut({ window }: Step): void {
    this.#handedOutTo = window?.from ?? this.#handedOutTo
  }

  /** A step begins. @returns it as it is to be read by now. */
  begin(step: Step): Step {
    const { window } = step
    const isLowest = window?.from === this.#handedOutTo
    const begun = this.#foundEmpty && isLowest ? { ...step, ...asRest(window!) } : step
    if (begun.window?.from === undefined) this.#isOver = true
    return begun
  }

  /** A window was read to its end and had no rows. */
  foundEmpty(): void {
    this.#foundEmpty = true
  }
}

function asRest({ to }: Range): Pick<Step, 'window' | 'read'> {
  const window = { from: undefined, to }
  return { window, read: window }
}
