import { SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'
import type { Settings } from '../options.ts'
import type { Slot } from '../schedule/task.ts'
import type { Clock } from '../time/clock.ts'

/** How long a source may leave a question without an answer, where the settings do not say. */
const SILENCE_MS = 120_000
/** Rows may take longer than an answer: a database may have to sort them first. */
const PAGE_FACTOR = 5
/** Who waits for so long does not keep others from working. */
const LEND_AFTER_MS = 1000
/** And who is kept waiting for so long does not keep its own source from it either: its other tables may be well. */
const LEND_TO_ALL_AFTER_MS = 10_000

/** How long a question may stay without an answer. */
export function silenceOf({ stallTimeoutMs }: Settings): number {
  return stallTimeoutMs ?? SILENCE_MS
}

/** How long a question may stay without an answer, and how long a source may give no page of rows. */
export function patienceOf(settings: Settings): { readonly silenceMs: number; readonly giveUpMs: number } {
  const silenceMs = silenceOf(settings)
  return { silenceMs, giveUpMs: silenceMs * PAGE_FACTOR }
}

/** A system that gives fewer rows in so long only drips: it is as good as silent where the time of the run is over. */
const DRIP = { rows: 50, ms: 5000 }

export interface StallOptions {
  readonly clock: Clock
  readonly slot: Slot
  /** Nothing for so long, and the wait is given up. */
  readonly giveUpMs: number
  /** Whether the run is past its time: a task that only waits is then given up at once. */
  readonly isOverTime: () => boolean
  readonly giveUp: (reason: SyncError) => void
}

/** Watches how long a task waits for its source: its place goes to others meanwhile, and it does not wait for ever. */
export class StallWatch {
  readonly #options: StallOptions
  readonly #stop = new AbortController()
  #since: number | undefined
  #limit: { readonly ms: number; readonly reason: (waitedMs: number) => SyncError }
  /** What came since the run is over its time, and how long was waited for it. */
  #over: { readonly since: number; rows: number; waitedMs: number } | undefined

  constructor(options: StallOptions) {
    this.#options = options
    this.#limit = { ms: options.giveUpMs, reason: stalled }
    void this.#watch().catch(() => {})
  }

  /**
   * The source is asked.
   *
   * @param silenceMs how long it may leave a question without an answer; absent: it is asked for its next page.
   */
  asks(silenceMs?: number): void {
    this.#since = this.#options.clock.monotonic()
    this.#limit =
      silenceMs === undefined
        ? { ms: this.#options.giveUpMs, reason: stalled }
        : { ms: silenceMs, reason: () => noAnswer(silenceMs) }
  }

  /** It gave so many rows, an answer, or an error. */
  gives(rows = 0): void {
    const over = this.#over
    if (over !== undefined && this.#since !== undefined) {
      over.rows += rows
      over.waitedMs += this.#options.clock.monotonic() - Math.max(this.#since, over.since)
    }
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
      if (isOverTime() && this.#onlyDrips()) giveUp(overTime())
      if (this.#since === undefined) continue
      const waited = clock.monotonic() - this.#since
      if (waited >= this.#limit.ms) giveUp(this.#limit.reason(waited))
      else if (waited >= LEND_AFTER_MS && isOverTime()) giveUp(overTime())
      else if (waited >= LEND_TO_ALL_AFTER_MS) slot.lendToAll()
      else if (waited >= LEND_AFTER_MS) slot.lend()
    }
  }

  /** Whether the source was waited for most of the time and gave next to nothing, since the run is over its time. */
  #onlyDrips(): boolean {
    const now = this.#options.clock.monotonic()
    this.#over ??= { since: now, rows: 0, waitedMs: 0 }
    const { since, rows, waitedMs } = this.#over
    if (now - since < DRIP.ms) return false
    this.#over = undefined
    return rows < DRIP.rows && waitedMs > (now - since) / 2
  }
}

/** What a question came to that was never answered. */
export function noAnswer(ms: number): SyncError {
  return new SyncError(`no answer within ${Math.round(ms / 1000)} s`, 'retry', { code: 'timeout' })
}

export function isNoAnswer(error: unknown): boolean {
  return SyncError.is(error) && error.code === 'timeout'
}

function stalled(ms: number): SyncError {
  return new SyncError(`the source returned no rows for ${Math.round(ms / 1000)} s`, 'retry', { code: 'stalled' })
}

/** The code of what the time limit of a run has ended. */
export const OVER_TIME = 'max-time'

/** What ends a wait when the time limit of a run is reached. @param cause why the source had not answered until then */
export function overTime(cause?: unknown): SyncError {
  const why = cause === undefined ? '' : `: ${messageOf(cause)}`
  return new SyncError(`the source had not answered when the time limit of the run was reached${why}`, 'retry', {
    code: 'max-time',
    cause,
  })
}

/** Tried again in this run it would only take as long again; the next run tries it. */
export function endsTheTries(code: string | undefined): boolean {
  return code === 'timeout' || code === 'stalled' || code === OVER_TIME
}
