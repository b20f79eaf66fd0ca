import { setTimeout as wait } from 'node:timers/promises'

/** A timer stands still while the machine sleeps and knows nothing of a clock that is set: so it is looked at now and then. */
const LOOK_MS = 5000
/** Timers may be early by a moment. */
const MOMENT_MS = 20

/** Waits until something is so, which is expected in `ms`; looks every few seconds. @returns false where the signal came first. */
export async function waitUntil(isSo: () => boolean, ms: number, signal: AbortSignal): Promise<boolean> {
  const expectedAt = performance.now() + ms
  while (!signal.aborted) {
    if (isSo()) return true
    const left = expectedAt - performance.now()
    const next = left > 0 ? Math.min(left, LOOK_MS) : left > -1000 ? MOMENT_MS : LOOK_MS
    await wait(Math.max(1, next), undefined, { signal }).catch(() => {})
  }
  return false
}
