import { SyncError } from '@tidemark/core'

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

/** The same, and no longer than a time: a question that is never answered is a failure that may pass. */
export async function answered<T>(promise: Promise<T>, signal: AbortSignal, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new SyncError(`no answer within ${ms / 1000} s`, 'retry', { code: 'timeout' })),
    ms,
  )
  // It must not keep a process alive in which nothing else can happen any more.
  timer.unref()
  try {
    return await Promise.race([abortable(promise, signal), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
