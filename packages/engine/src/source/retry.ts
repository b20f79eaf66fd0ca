import { SyncError } from '@tidemark/core'
import { isColumnsChanged } from '@tidemark/core/engine'
import { type Failure, failureOf, isDestinationFailure } from '../failure/failure.ts'
import type { Settings } from '../options.ts'
import type { Clock } from '../time/clock.ts'
import type { RetryPolicy } from '../time/retry-policy.ts'
import { endsTheTries, OVER_TIME, overTime, patienceOf } from './stall.ts'

/** A system that asks for more than this is left to the next run. */
export const LONGEST_WAIT_MS = 15 * 60_000

/** How long a run may say nothing of a source while all is as it should be: it waits for rows, or as long as it was asked to. */
export function longestSilenceMs(settings: Settings): number {
  return patienceOf(settings).giveUpMs + LONGEST_WAIT_MS
}

/**
 * How long to wait before an attempt: exponential back-off with full jitter (AWS Architecture Blog, "Exponential
 * Backoff And Jitter"), and never less than what the system asked for.
 */
export function delayBefore(
  attempt: number,
  failure: Pick<Failure, 'retryAfterMs'>,
  policy: RetryPolicy,
  random: () => number,
): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1))
  const jittered = ceiling / 2 + (random() * ceiling) / 2
  return Math.max(jittered, failure.retryAfterMs ?? 0)
}

const LONGEST_REST_MS = 3_600_000

/**
 * How long what was given up is left alone by a running runner: twice as long with each failure in a row, up to an
 * hour, and never less than what the system asked for.
 */
export function restAfter(failures: number, { retryAfterMs }: Pick<Failure, 'retryAfterMs'>): number {
  return Math.max(Math.min(LONGEST_REST_MS, 1000 * 2 ** Math.min(failures, 30)), retryAfterMs ?? 0)
}

export interface RetryOptions {
  readonly clock: Clock
  readonly policy: RetryPolicy
  readonly signal: AbortSignal
  readonly onRetry?: (failure: Failure, attempt: number, delayMs: number) => void
}

/** Tries until it works, until a failure asks for something else than `retry`, or until the attempts are used up. */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, policy, signal } = options
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await work(attempt)
    } catch (error) {
      const failure = failureOf(error)
      // One budget for one question, whichever caller repeats it.
      attempt += (failure.attempts ?? 1) - 1
      if (signal.aborted || failure.remedy !== 'retry' || attempt >= policy.attempts || isDestinationFailure(error))
        throw error
      if (endsTheTries(failure.code) || isColumnsChanged(error)) throw error
      const delayMs = delayBefore(attempt, failure, policy, clock.random)
      if (delayMs > LONGEST_WAIT_MS) throw error
      options.onRetry?.(failure, attempt, delayMs)
      await clock.sleep(delayMs, signal).catch((reason: unknown) => {
        throw SyncError.is(reason) && reason.code === OVER_TIME ? overTime(error) : reason
      })
    }
  }
}
