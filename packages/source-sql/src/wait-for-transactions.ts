import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 10_000
const FIRST_LOOK_MS = 25
const LAST_LOOK_MS = 500

export interface WaitOptions {
  readonly signal: AbortSignal
  /** Those that were waited for in vain in this run: nobody waits for them a second time. */
  readonly stubborn: Set<string>
  readonly now: () => number
}

/**
 * Waits until none of the transactions that are open now is open any more, 10 s at most.
 *
 * @param list names those that are open at the moment.
 * @returns those that are left; empty where all have ended.
 */
export async function waitForTransactions(
  list: () => Promise<readonly string[]>,
  { signal, stubborn, now }: WaitOptions,
): Promise<readonly string[]> {
  let left = await list()
  const until = now() + PATIENCE_MS
  for (let wait = FIRST_LOOK_MS; left.length > 0; wait = Math.min(LAST_LOOK_MS, wait * 2)) {
    if (left.some((one) => stubborn.has(one))) return left
    if (now() >= until) {
      for (const one of left) stubborn.add(one)
      return left
    }
    await sleep(wait, undefined, { signal })
    const open = new Set(await list())
    left = left.filter((one) => open.has(one))
  }
  return left
}
