import { SyncError } from '@tidemark/core'
import type { Clock } from './clock.ts'
import type { Settings } from './options.ts'
import type { Slot } from './schedule.ts'

/** How long a source may leave a question without an answer, where the settings do not say. */
const SILENCE_MS = 120_000
/** Rows may take longer than an answer: a database may have to sort them first. */
const PAGE_FACTOR = 5
/** Who waits for so long does not keep others from working. */
const LEND_AFTER_MS = 1000

/** How long a question may stay without an answer. */
export function silenceOf({ stallTimeoutMs }: Settings): number {
  return stallTimeoutMs ?? SILENCE_MS
}

/** How long a source may give no page of rows. */
export function pageSilenceOf(settings: Settings): number {
  return silenceOf(settings) * PAGE_FACTOR
}

export interface StallOptions {
  readonly clock: Clock
  readonly slot: Slot
  /** No page for so long, and the step is given up. */
  readonly giveUpMs: number
  /** Whether the run is past its time: whoever only waits is then given up at once. */
  readonly isOverTime: () => boolean
  readonly giveUp: (reason: SyncError) => void
}

/** Watches how long a step waits for its source: its place goes to others meanwhile, and it does not wait for ever. */
export class StallWatch {
  readonly #options: StallOptions
  readonly #stop = new AbortController()
  #since: number | undefined

  constructor(options: StallOptions) {
    this.#options = options
    void this.#watch().catch(() => {})
  }

  /** The source is asked for its next page. */
  asks(): void {
    this.#since = this.#options.clock.monotonic()
  }

  /** It gave one, or an error. */
  gives(): void {
    this.#since = undefined
    this.#options.slot.takeBack()
  }

  end(): void {
    this.gives()
    this.#stop.abort()
  }

  async #watch(): Promise<void> {
    const { clock, slot, giveUpMs, isOverTime, giveUp } = this.#options
    for (;;) {
      await clock.sleep(Math.min(LEND_AFTER_MS, giveUpMs), this.#stop.signal, 'limit')
      if (this.#since === undefined) continue
      const waited = clock.monotonic() - this.#since
      if (waited >= giveUpMs) giveUp(stalled(waited))
      else if (waited >= LEND_AFTER_MS && isOverTime()) giveUp(overTime())
      else if (waited >= LEND_AFTER_MS) slot.lend()
    }
  }
}

function stalled(ms: number): SyncError {
  return new SyncError(`the source gave no rows for ${Math.round(ms / 1000)} s`, 'retry', { code: 'stalled' })
}

/** The code of what the time limit of a run has ended. */
export const OVER_TIME = 'max-time'

/** What ends a wait when the time limit of a run is reached. */
export function overTime(): SyncError {
  return new SyncError('the source had not answered when the time limit of the run was reached', 'retry', {
    code: 'max-time',
  })
}

/** Tried again in this run it would only take as long again; the next run tries it. */
export function endsTheTries(code: string | undefined): boolean {
  return code === 'timeout' || code === 'stalled' || code === OVER_TIME
}
