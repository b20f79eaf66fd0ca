import { setTimeout as wait } from 'node:timers/promises'

/** A timer stands still while the machine sleeps and knows nothing of a clock that is set: so it is looked at now and then. */
const LOOK_MS = 5000

/** Waits until something is so, looking when it may be and every few seconds. @returns false where the signal came first. */
export async function waitUntil(isSo: () => boolean, firstMs: number, signal: AbortSignal): Promise<boolean> {
  for (let ms = firstMs; !signal.aborted; ms = LOOK_MS) {
    if (isSo()) return true
    await wait(Math.max(1, Math.min(ms, LOOK_MS)), undefined, { signal }).catch(() => {})
  }
  return false
}
