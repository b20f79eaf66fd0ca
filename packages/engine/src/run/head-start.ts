import type { Clock } from '../time/clock.ts'

/** So long, unless the batch is written earlier. */
const HEAD_START_MS = 6

/**
 * Waits while a batch that is being written gets as far as its rows, before the next one is read beside it. The statements before
 * them are answered one by one, and beside pages that come at once each answer waits for a page. @throws the signal's reason.
 */
export async function headStart(
  writing: Promise<unknown>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  await Promise.race([writing.catch(() => {}), clock.sleep(HEAD_START_MS, signal, 'limit')])
}
