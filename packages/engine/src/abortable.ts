import type { Clock } from './clock.ts'
import { asked } from './source-guard.ts'
import { isNoAnswer, noAnswer } from './stall.ts'

/** Waits for a promise, or rejects as soon as the signal aborts: a source that does not listen must not hold up a stop. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {})
    return Promise.reject(signal.reason)
  }
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

export interface Patience {
  readonly clock: Pick<Clock, 'sleep'>
  readonly signal: AbortSignal
  /** How long a source may be silent. */
  readonly ms: number
  /** Called when a question has no answer for `NOTICED_AFTER_MS`. @returns what to call when it has one. */
  readonly onSilent?: (() => (() => void) | undefined) | undefined
}

/** Whoever looks is to know within a minute what a run waits for, long before it is given up. */
export const NOTICED_AFTER_MS = 30_000

/** The same, and no longer than a time: a question that is never answered is a failure, of which others hear nothing. */
export async function answered<T>(promise: Promise<T>, { clock, signal, ms, onSilent }: Patience): Promise<T> {
  const done = new AbortController()
  let onAnswer: (() => void) | undefined
  const silence = async (): Promise<never> => {
    const noticedMs = Math.min(ms, NOTICED_AFTER_MS)
    await clock.sleep(noticedMs, done.signal, 'limit')
    if (noticedMs < ms) {
      onAnswer = onSilent?.()
      await clock.sleep(ms - noticedMs, done.signal, 'limit')
    }
    throw noAnswer(ms)
  }
  try {
    return await Promise.race([abortable(asked(promise), signal), silence()])
  } catch (error) {
    // What is recorded of the silence stays until the failure is.
    if (isNoAnswer(error)) onAnswer = undefined
    throw error
  } finally {
    done.abort()
    onAnswer?.()
  }
}
