import {
  type Coverage,
  hull,
  intersect,
  keysBetween,
  type PartitionState,
  type Range,
  subtract,
  union,
} from '@tidemark/core/engine'
import type { PlannedPartition } from '../plan/planned-table.ts'
import { rangeOfStep, type Step } from '../plan/step.ts'
import { hasTooManyInAll } from '../plan/too-many-windows.ts'

/** The state has the last failure of a partition: of those before only as many are known as may be on their way at once. */
const MAX_TRIES = 100

/** What of a partition failed, in a run or before, and was not read since. */
export class FailedRanges {
  isFailing: boolean
  /** What failed, as far as it is known. */
  window: Range | undefined
  /** When its failures were to be tried again, as they are recorded: what a commit overcomes is one of these. */
  tries: readonly (bigint | null)[]
  /** What of it steps are to read. */
  #toOvercome: Coverage
  /** It has more windows than are read, and no step of this run overcomes that. */
  readonly #staysTooMany: boolean

  constructor(known: PartitionState | undefined, planned: PlannedPartition) {
    const failed = known !== undefined && known.failures > 0 ? known.failedWindow : null
    this.isFailing = (known?.failures ?? 0) > 0
    this.tries = this.isFailing ? [known?.nextTryAt ?? null] : []
    this.window = failed === null ? undefined : { from: failed.from ?? undefined, to: failed.to }
    this.#staysTooMany = hasTooManyInAll(planned)
    const unread = [...planned.steps.ranges(), ...planned.outside.ranges()]
    const keyRanges = this.isFailing ? (planned.refresh?.ranges ?? []) : []
    this.#toOvercome = this.window === undefined ? union(keyRanges.map(keysBetween)) : intersect(unread, [this.window])
  }

  /** A failure is recorded that is to be tried again then. */
  knowTry(at: bigint): void {
    this.tries = [...this.tries, at].slice(-MAX_TRIES)
  }

  /** Nothing is left to read of what failed. */
  get hasNothingLeft(): boolean {
    return this.isFailing && !this.#staysTooMany && this.#toOvercome.length === 0
  }

  /** Whether nothing that failed is left when this step is done. */
  isOvercomeBy(step: Step): boolean {
    return this.isFailing && !this.#staysTooMany && subtract(this.#toOvercome, [rangeOfStep(step)]).length === 0
  }

  /** A step failed, with so much of its window left, and is to be tried again then. */
  add(step: Step, { window }: Step, nextTryAt: bigint): void {
    this.knowTry(nextTryAt)
    this.window = window === undefined ? undefined : hull(window, this.isFailing ? this.window : undefined)
    this.isFailing = true
    this.#toOvercome = union(this.#toOvercome, [rangeOfStep(step)])
  }

  /** What is left of a step that was given up may be tried once more in its stead. */
  leaveTo(rest: Step, step: Step): void {
    this.#toOvercome = union(subtract(this.#toOvercome, [rangeOfStep(step)]), [rangeOfStep(rest)])
  }

  /** A step is committed. */
  read(step: Step): void {
    if (this.isOvercomeBy(step)) this.isFailing = false
    this.#toOvercome = subtract(this.#toOvercome, [rangeOfStep(step)])
  }
}
