/** Waits for work, or rejects as soon as the signal aborts. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {})
    throw signal.reason
  }
  const aborted = Promise.withResolvers<never>()
  const stop = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', stop)
    work.catch(() => {})
  }
}

/** The answer to a question that may be left open: undefined where it failed, or took longer than it may. */
export async function unlessSlow<T>(
  withinMs: number | undefined,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  if (withinMs === undefined) return await ask()
  try {
    return await ask()
  } catch (error) {
    if (signal.aborted) throw error
    return undefined
  }
}
