import type { Clock } from '../time/clock.ts'

/** How long a source may take to end what it reads with: a program that it runs has five seconds to end by itself. */
const LET_GO_MS = 10_000

/** Ends the reading of a source before whatever comes next begins, such as another try. One that does not answer is left alone after a while. */
export async function letGo(iterator: AsyncIterator<unknown>, clock: Clock): Promise<void> {
  const over = new AbortController()
  const returned = Promise.try(() => iterator.return?.())
  const waited = clock.sleep(LET_GO_MS, over.signal, 'limit')
  await Promise.race([returned, waited]).catch(() => {})
  over.abort()
  for (const one of [returned, waited]) one.catch(() => {})
}
