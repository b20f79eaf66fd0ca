import type { Clock } from './clock.ts'
import { asked } from './source-guard.ts'
import { noAnswer } from './stall.ts'

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
}

/** The same, and no longer than a time: a question that is never answered is a failure, of which others hear nothing. */
export async function answered<T>(promise: Promise<T>, { clock, signal, ms }: Patience): Promise<T> {
  const done = new AbortController()
  const late = Promise.withResolvers<never>()
  clock.sleep(ms, done.signal, 'limit').then(
    () => late.reject(noAnswer(ms)),
    () => {},
  )
  try {
    return await Promise.race([abortable(asked(promise), signal), late.promise])
  } finally {
    done.abort()
  }
}
