import type { Settings } from '../options.ts'

/** Whoever looks wants to know now: nothing is tried for long. */
const RETRY = { attempts: 2, firstDelayMs: 500, maxDelayMs: 1000 }
const SILENCE_MS = 30_000

/** The settings of who only looks: what a source leaves without an answer is given up sooner than by a run. */
export function lookSettings(given: Settings = {}): Settings {
  return { ...given, retry: given.retry ?? RETRY, stallTimeoutMs: given.stallTimeoutMs ?? SILENCE_MS }
}
