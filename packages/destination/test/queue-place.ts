import { randomUUID } from 'node:crypto'
import type { Destination, Runner } from '@tidemark/core/engine'
import { onTestFinished } from 'vitest'
import {
  openDestination,
  openQueueDatabase,
  placeOf,
  type QueueDatabase,
  type WindowJob,
  WorkQueue,
  type WorkStatus,
  workStatus,
} from '../src/index.ts'

/** A worker of a destination: its runner, and its queue. */
export interface Worker {
  readonly runner: Runner
  readonly destination: Destination
  readonly database: QueueDatabase
  readonly queue: WorkQueue
  readonly troubles: readonly string[]
}

/** A worker that has sent a heartbeat and is known to the others. */
export async function newWorker(
  url: string,
  {
    leaseMs = 60_000,
    isAlive,
  }: { readonly leaseMs?: number; readonly isAlive?: (worker: Runner) => boolean | undefined } = {},
): Promise<Worker> {
  const runner = { id: randomUUID(), host: 'test-host', pid: process.pid, startedAt: 1n }
  const destination = await openDestination({ url, runner, leaseMs })
  await destination.renew()
  const database = await openQueueDatabase(placeOf(url))
  const troubles: string[] = []
  const queue = await WorkQueue.open({ database, runner, isAlive, onTrouble: (message) => troubles.push(message) })
  onTestFinished(async () => {
    await queue.close()
    await destination.close()
  })
  await queue.register(4)
  return { runner, destination, database, queue, troubles }
}

/** A window of one day of the table `days`. */
export function dayOf(day: number, more: Partial<WindowJob> = {}): WindowJob {
  const from = BigInt(day) * 86_400_000_000n
  return { source: 'shop', table: 'days', partition: '', from, to: from + 86_400_000_000n, lane: 'backfill', ...more }
}

/** Windows, each with its rank in the order that they are given in. */
export const ranked = (windows: readonly WindowJob[]) => windows.map((window, rank) => ({ window, rank }))

export const ALL = { limit: 1, sources: ['shop', 'crm'], perSource: 100 }

/** What is queued, runs and failed, of a queue that is there. */
export async function statusOf(database: QueueDatabase): Promise<WorkStatus> {
  const status = await workStatus(database)
  if (status === undefined) throw new Error('there is no queue')
  return status
}
