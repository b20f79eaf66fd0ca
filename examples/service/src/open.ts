import { hostname } from 'node:os'
import { openDestination } from '@tidemark/destination'

/** Opens the database of this service. Each process is a runner of its own. */
export function open(url: string) {
  const startedAt = BigInt(Math.round(performance.timeOrigin * 1000))
  const runner = { id: crypto.randomUUID(), host: hostname(), pid: process.pid, startedAt }
  return openDestination({ url, runner })
}
