import { SyncError } from '@tidemark/core'
import {
  openDestination,
  openQueueDatabase,
  placeOf,
  type WindowJob,
  WorkQueue,
  workStatus,
} from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { WindowOutcome, WorkEngine } from '../../src/work/work-engine.ts'
import { WorkLoop, type WorkLoopOptions } from '../../src/work/work-loop.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const window = (from: number, more: Partial<WindowJob> = {}): WindowJob => ({
  ...{ source: 'shop', table: 'days', partition: '', lane: 'backfill' },
  ...{ from: BigInt(from), to: BigInt(from + 1) },
  ...more,
})

/** A worker that reads by a function, planned once. */
async function newLoop(planned: readonly WindowJob[], run: WorkEngine['run'], more: Partial<WorkLoopOptions> = {}) {
  const { url } = await server.newSchema()
  const runner = { id: 'the worker', host: 'test', pid: process.pid, startedAt: 1n }
  const destination = await openDestination({ url, runner })
  const database = await openQueueDatabase(placeOf(url))
  const queue = await WorkQueue.open({ database, runner })
  const stop = new AbortController()
  const warnings: string[] = []
  const log = { debug: () => {}, info: () => {}, warn: (message: string) => void warnings.push(message) }
  const loop = new WorkLoop({
    ...{ queue, sources: ['shop'], concurrency: 1, perSource: 1, everyMs: 3_600_000, leaseMs: 60_000, idleMs: 50, log },
    engine: {
      async *plan() {
        yield* planned
      },
      run,
    },
    renew: () => destination.renew(),
    signal: stop.signal,
    ...more,
  })
  const running = loop.run()
  running.catch(() => {})
  onTestFinished(async () => {
    stop.abort()
    await running.catch(() => {})
    await queue.close()
    await destination.close()
  })
  const status = async () => (await workStatus(database))!
  return { running, stop, status, warnings, queue }
}

/** Ends as it is told to, once a window: a second time, and otherwise, it is done. */
function endsOnce(outcomes: Readonly<Record<string, WindowOutcome | Error>>) {
  const read: string[] = []
  const run: WorkEngine['run'] = async ({ from }) => {
    const outcome = read.includes(`${from}`) ? undefined : outcomes[`${from}`]
    read.push(`${from}`)
    if (outcome instanceof Error) throw outcome
    return outcome ?? 'done'
  }
  return { read, run }
}

const retry = (more: object): WindowOutcome => ({ message: 'x', remedy: 'retry', code: undefined, ...more })

describe('a window that', () => {
  it.each([
    ['another runner holds', 'held', { queued: 1, dead: 0 }],
    ['another version reads otherwise', 'changed', { queued: 1, dead: 0 }],
    ['may pass', retry({ retryAfterMs: 3_600_000 }), { queued: 1, dead: 0 }],
    ['needs somebody', { message: 'x', remedy: 'fix-config', code: 'config' }, { queued: 0, dead: 1 }],
    ['fails by an error of the source', new Error('undefined is not a function'), { queued: 0, dead: 1 }],
    ['fails for a while by an error', new SyncError('x', 'retry'), { queued: 1, dead: 0 }],
  ] as const)('%s is put off or kept with the reason, and the others are read', async (_, outcome, expected) => {
    const { read, run } = endsOnce({ 9: outcome })
    const { status } = await newLoop([window(9), window(8), window(7)], run)
    await expect.poll(() => read.length).toBeGreaterThanOrEqual(3)
    await expect
      .poll(async () => (await status()).sources[0])
      .toMatchObject({ ...expected, running: 0, pausedUntil: undefined })
    expect(read).toEqual(['9', '8', '7'])
  })

  it('meets a rate limit pauses its source for all', async () => {
    const { read, run } = endsOnce({ 9: retry({ code: 'rate-limited', retryAfterMs: 3_600_000 }) })
    const { status, queue } = await newLoop([window(9), window(8)], run)
    await expect.poll(async () => (await status()).sources[0]?.pausedUntil).toBeGreaterThan(Date.now() + 3_000_000)
    expect(await queue.fetch({ limit: 5, sources: ['shop'], perSource: 10 })).toEqual([])
    expect(read).toEqual(['9'])
  })
})

it('every fourth window is a backfill, however many current ones there are', async () => {
  const { read, run } = endsOnce({})
  const current = Array.from({ length: 12 }, (_, at) => window(100, { lane: 'current', partition: `${at}` }))
  await newLoop([...current, window(2), window(1)], run, { perSource: 1 })
  await expect.poll(() => read.length).toBe(14)
  expect(read.slice(0, 8).filter((from) => from !== '100').length).toBeGreaterThanOrEqual(1)
})

it('a source that cannot be listed is no end of the worker', async () => {
  const engine: WorkEngine = {
    async *plan(): AsyncGenerator<WindowJob> {
      throw new Error('the API is down')
    },
    run: async () => 'done',
  }
  const { stop, running, warnings } = await newLoop([], engine.run, { engine })
  await expect
    .poll(() => warnings)
    .toEqual([expect.stringMatching(/windows of shop cannot be listed now: the API is down/)])
  stop.abort()
  await running
})

it('a mistake that no later try can fix ends the worker', async () => {
  const renew = async (): Promise<void> => {
    throw new SyncError('no such database', 'fix-config', { code: 'destination-unavailable' })
  }
  const { running } = await newLoop([], async () => 'done', { renew })
  await expect(running).rejects.toThrow('no such database')
})

it('a window that ends after the signal is completed all the same', async () => {
  const began = Promise.withResolvers<void>()
  const { stop, running, status } = await newLoop([window(1)], async (_, { signal }) => {
    began.resolve()
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    return 'done'
  })
  await began.promise
  stop.abort()
  await running
  expect((await status()).sources).toMatchObject([{ queued: 0, running: 0, dead: 0 }])
})
