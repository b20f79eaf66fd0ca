/** Time and chance as a source has them, so that a test of its waits does not wait. */
export interface SourceClock {
  /** Milliseconds since 1970. */
  now(): number
  /** From 0 to 1, without 1. */
  random(): number
  /** Waits so many milliseconds. Rejects with the signal's reason when that aborts. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>
}
