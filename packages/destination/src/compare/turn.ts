import { setImmediate } from 'node:timers/promises'

/** So many rows are looked at before whatever else waits has its turn: a signal to stop, or another connection. */
const ROWS = 2000

/** Lets others have their turn now and then. @throws the signal's reason where it says to stop. */
export function turns(signal: AbortSignal | undefined): { isDue(): boolean; take(): Promise<void> } {
  let rows = 0
  return {
    isDue: () => ++rows % ROWS === 0,
    async take() {
      await setImmediate()
      signal?.throwIfAborted()
    },
  }
}
