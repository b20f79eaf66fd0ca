import { setTimeout as wait } from 'node:timers/promises'

/** A timer stops while the machine sleeps and ignores changes of the clock, so the condition is checked every few seconds. */
const LOOK_MS = 5000
/** Timers may fire slightly early. */
const MOMENT_MS = 20

/** Waits until a condition holds, which is expected in `ms`. @returns false if the signal came first. */
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
