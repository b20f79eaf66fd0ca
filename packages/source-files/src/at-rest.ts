import { stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { SyncError } from '@tidemark/core'
import { failure } from './invalid-file-error.ts'

/** How often a file may change while it is waited for. */
const ROUNDS = 3

/**
 * Waits until nothing was written to a file for as long as its table says, so that one which is being written is not
 * taken for a whole one. A file that has been at rest is not waited for.
 *
 * @throws SyncError `retry` where it is written to all the time.
 */
export async function atRest(path: string, minAgeMs: number, signal: AbortSignal): Promise<void> {
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const before = await stat(path, { bigint: true })
      // By the clock of another machine it may have been written in the future.
      const age = Math.max(0, Date.now() - Number(before.mtimeMs))
      if (age >= minAgeMs) return
      await wait(minAgeMs - age, undefined, { signal })
      const after = await stat(path, { bigint: true })
      if (after.size === before.size && after.mtimeNs === before.mtimeNs && after.ino === before.ino) return
    }
  } catch (error) {
    throw failure(path, error, signal)
  }
  throw new SyncError(
    `file ${path} is being written: it changes more often than its table's "minAge" (${minAgeMs} ms) allows; Tidemark reads it once it has stopped changing. To read files that are always being written, set "minAge" to "0s"`,
    'retry',
  )
}
