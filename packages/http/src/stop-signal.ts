import type { SourceClock } from '@tidemark/core'

export interface StopSignal {
  readonly signal: AbortSignal
  /** Leaves nothing behind on the signals that it followed. */
  readonly release: () => void
}

/** A signal that follows others, and a deadline: not `AbortSignal.any`, which leaves something on them for good. */
export function stopSignal(
  followed: readonly (AbortSignal | undefined)[],
  deadline?: { readonly ms: number; readonly reason: () => unknown },
): StopSignal {
  const own = new AbortController()
  const stops = followed
    .filter((one) => one !== undefined)
    .map((one) => ({ one, stop: (): void => own.abort(one.reason) }))
  for (const { one, stop } of stops) {
    if (one.aborted) stop()
    else one.addEventListener('abort', stop, { once: true })
  }
  const timer = deadline === undefined ? undefined : setTimeout(() => own.abort(deadline.reason()), deadline.ms)
  return {
    signal: own.signal,
    release() {
      clearTimeout(timer)
      for (const { one, stop } of stops) one.removeEventListener('abort', stop)
    },
  }
}

/** Waits, unless one of the signals stops it. */
export async function sleepUnless(
  clock: SourceClock,
  ms: number,
  followed: readonly (AbortSignal | undefined)[],
): Promise<void> {
  const { signal, release } = stopSignal(followed)
  try {
    await clock.sleep(ms, signal)
  } finally {
    release()
  }
}
