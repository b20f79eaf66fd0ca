import type { PageCount, RunChange, StepKind } from '@tidemark/core/engine'
import type { Clock } from '../time/clock.ts'

/** A run that is killed loses the counts of so long, and no more. */
const EVERY_MS = 10_000

/** Sums up how many pages steps have read, by table and kind, and records that now and then: estimates need no more. */
export class PageCounter {
  readonly #counts = new Map<string, PageCount>()
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #record: (counted: readonly RunChange[]) => Promise<void>
  #recordedAt: number
  #pending: Promise<void> = Promise.resolve()

  constructor(clock: Pick<Clock, 'monotonic'>, record: (counted: readonly RunChange[]) => Promise<void>) {
    this.#clock = clock
    this.#record = record
    this.#recordedAt = clock.monotonic()
  }

  /** A step is read to its end. */
  add({ table, kind, pages }: { readonly table: string; readonly kind: StepKind; readonly pages: number }): void {
    if (kind === 'unchanged') return
    const key = `${kind} ${table}`
    const { steps, pages: before } = this.#counts.get(key) ?? { steps: 0, pages: 0 }
    this.#counts.set(key, { table, kind, steps: steps + 1, pages: before + pages })
    if (this.#clock.monotonic() - this.#recordedAt < EVERY_MS) return
    const counted = this.#take()
    // What a destination refuses is lost: nothing but estimates is made of it.
    this.#pending = this.#pending.then(() => this.#record(counted)).catch(() => {})
  }

  /** What is not recorded yet, to be recorded with the end of the run. */
  async end(): Promise<readonly RunChange[]> {
    await this.#pending
    return this.#take()
  }

  #take(): readonly RunChange[] {
    const pages = [...this.#counts.values()]
    this.#counts.clear()
    this.#recordedAt = this.#clock.monotonic()
    return pages.length === 0 ? [] : [{ kind: 'pages', pages }]
  }
}
