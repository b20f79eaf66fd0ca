import type { Settings } from '../options.ts'

/** Read-only commands answer quickly: nothing is retried for long. */
const RETRY = { attempts: 2, firstDelayMs: 500, maxDelayMs: 1000 }
const SILENCE_MS = 30_000

/** The settings of read-only commands: they give up on a source that does not answer sooner than a run does. */
export function lookSettings(given: Settings = {}): Settings {
  return { ...given, retry: given.retry ?? RETRY, stallTimeoutMs: given.stallTimeoutMs ?? SILENCE_MS }
}
