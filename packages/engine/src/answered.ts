import { abortable } from '@tidemark/core/values'
import type { Clock } from './clock.ts'
import { asked } from './source-guard.ts'
import { noAnswer } from './stall.ts'

/** How patiently a question is asked. */
export interface Patience {
  readonly clock: Pick<Clock, 'sleep'>
  readonly signal: AbortSignal
  /** How long a source may be silent. */
  readonly ms: number
}

/** Waits for an answer no longer than a time: a question that is never answered is a failure, of which others hear nothing. */
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
