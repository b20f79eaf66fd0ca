import type { Clock } from './clock.ts'

/** Who takes so long keeps the others from their turn no more. */
const LEND_AFTER_MS = 1000

export interface Lending {
  readonly clock: Pick<Clock, 'sleep'>
  /** At work at once. */
  readonly limit: number
  /** The same with those that take long: they only wait, but the source must not be flooded. */
  readonly most: number
}

/**
 * Maps with some at work at once, where one that takes long lends its place; the results keep the order. The first failure
 * is thrown once all at work have ended.
 */
export function mapLending<T, R>(
  items: readonly T[],
  { clock, limit, most }: Lending,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  const { promise, resolve, reject } = Promise.withResolvers<R[]>()
  let next = 0
  let atWork = 0
  let lent = 0
  let failed: { readonly error: unknown } | undefined
  const start = (): void => {
    while (failed === undefined && next < items.length && atWork - lent < limit && atWork < most) void run(next++)
    if (atWork > 0) return
    if (failed === undefined) resolve(results)
    else reject(failed.error)
  }
  const run = async (at: number): Promise<void> => {
    atWork++
    const done = new AbortController()
    let isLent = false
    const use = (): void => {
      if (done.signal.aborted) return
      isLent = true
      lent++
      start()
    }
    clock.sleep(LEND_AFTER_MS, done.signal, 'limit').then(use, () => {})
    try {
      results[at] = await work(items[at]!)
    } catch (error) {
      failed ??= { error }
    } finally {
      done.abort()
      atWork--
      if (isLent) lent--
      start()
    }
  }
  start()
  return promise
}
