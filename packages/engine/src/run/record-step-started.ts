/** How long a step may read before its first commit until it is announced. */
const AFTER_MS = 1000

/**
 * Records that a step is being read, once that has taken a while without a commit, so that its window is visible
 * during a run. It is best effort, so a failure of it ends nothing.
 *
 * @returns what calls it off, and waits for what is under way.
 */
export function recordStepStarted(record: () => Promise<void>, afterMs = AFTER_MS): () => Promise<void> {
  let said: Promise<void> | undefined
  const timer = setTimeout(() => {
    said = record().catch(() => {})
  }, afterMs)
  return async () => {
    clearTimeout(timer)
    await said
  }
}
