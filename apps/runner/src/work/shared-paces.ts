import type { RequestRate, SharedPace } from '@tidemark/core'
import { messageOf } from '@tidemark/core'
import type { EventLog } from '@tidemark/core/engine'
import { SharedRate, type WorkQueue } from '@tidemark/destination'

/** The pace of each source, which all workers keep together through the queue. */
export function sharedPaces(
  queue: Pick<WorkQueue, 'reserve' | 'pause'>,
  log: Pick<EventLog, 'warn'>,
): (source: string) => SharedPace {
  const rates = new Map<string, SharedRate>()
  const rateOf = (source: string, limit: RequestRate): SharedRate => {
    const key = JSON.stringify([source, limit.requests, limit.perMs])
    const known = rates.get(key)
    if (known !== undefined) return known
    const rate = new SharedRate({ limit, reserve: (most) => queue.reserve(source, limit, most) })
    rates.set(key, rate)
    return rate
  }
  return (source) => ({
    acquire: (limit, signal) => rateOf(source, limit).acquire(signal),
    pause: (ms) =>
      void queue.pause(source, ms).catch((error: unknown) =>
        log.warn(`other workers do not hear that ${source} asks to wait: ${messageOf(error)}`, {
          event: 'worker-failed',
          source,
        }),
      ),
  })
}
