import { abortable } from '@tidemark/core/values'
import type { Clock } from '../time/clock.ts'
import { asked } from './source-guard.ts'
import { isNoAnswer, noAnswer } from './stall.ts'

/** How patiently a question is asked. */
export interface Patience {
  readonly clock: Pick<Clock, 'sleep'>
  readonly signal: AbortSignal
  /** How long a source may be silent; infinite: it ends its silence itself. */
  readonly ms: number
  /** Called when a question has no answer for `NOTICED_AFTER_MS`. @returns what to call when it has one. */
  readonly onSilent?: (() => (() => void) | undefined) | undefined
}

/** Users should know within a minute what a run waits for, long before it is given up. */
export const NOTICED_AFTER_MS = 30_000

/** Waits for an answer no longer than a time: a question that is never answered is a failure, of which others hear nothing. */
export async function answered<T>(promise: Promise<T>, { clock, signal, ms, onSilent }: Patience): Promise<T> {
  const done = new AbortController()
  let onAnswer: (() => void) | undefined
  const silence = async (): Promise<never> => {
    const noticedMs = Math.min(ms, NOTICED_AFTER_MS)
    await clock.sleep(noticedMs, done.signal, 'limit')
    if (noticedMs < ms) {
      onAnswer = onSilent?.()
      // No timer waits for so long.
      if (ms === Number.POSITIVE_INFINITY) return await new Promise<never>(() => {})
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
