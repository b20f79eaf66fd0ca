import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { SharedRate } from '../src/index.ts'
import type { Turn } from '../src/queue/source-limits.ts'
import { onPostgres, until } from './postgres-place.ts'
import { newWorker } from './queue-place.ts'

const newPlace = onPostgres()

function startSender(url: string, requests: number) {
  const file = join(import.meta.dirname, 'rate-child.ts')
  const child = spawn(process.execPath, [file, url, String(requests)], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  return { lines, say: () => child.stdin.write('x\n'), ended: once(child, 'close') }
}

/** The most requests that began within any second. */
function mostInASecond(moments: readonly number[]): number {
  const sorted = [...moments].sort((a, b) => a - b)
  let first = 0
  return sorted.reduce((most, moment, at) => {
    while (moment - sorted[first]! >= 1000) first++
    return Math.max(most, at - first + 1)
  }, 0)
}

it('8 processes never begin more than 5 requests in any second, and each has its turn', async () => {
  const { url } = await newPlace()
  await newWorker(url)
  const senders = Array.from({ length: 8 }, () => startSender(url, 5))
  await until(async () => senders.every(({ lines }) => lines[0] === 'ready'))
  for (const { say } of senders) say()
  // As many as would be sent in five seconds; each process has sent some of them by then, or it starves.
  const count = () => senders.map(({ lines }) => lines.length - 1)
  await until(async () => count().reduce((sum, one) => sum + one, 0) >= 40)
  for (const { say } of senders) say()
  await Promise.all(senders.map(({ ended }) => ended))
  const moments = senders.flatMap(({ lines }) => lines.slice(1).map(Number))
  expect(mostInASecond(moments)).toBeLessThanOrEqual(5)
  expect(mostInASecond(moments)).toBeGreaterThan(3)
  expect(Math.min(...count()), `${count()}`).toBeGreaterThanOrEqual(3)
})

it('turns of a limit never add up to more than it within its time, and all of it is given at once', async () => {
  const { url } = await newPlace()
  const { queue } = await newWorker(url)
  const limit = { requests: 100, perMs: 3_600_000 }
  const turns: Turn[] = []
  for (const most of [1, 99, 50, 60, 1]) turns.push(await queue.reserve('shop', limit, most))
  expect(turns.map(({ requests }) => requests)).toEqual([1, 99, 50, 50, 1])
  const [first, second, third, fourth, fifth] = turns.map(({ from }) => from)
  expect([second, fourth]).toEqual([first, third])
  expect(third! - second!).toBeGreaterThanOrEqual(limit.perMs)
  expect(fifth! - fourth!).toBeGreaterThanOrEqual(limit.perMs)
  // The last moment of an early turn and the first of a later one are that far apart, too.
  expect(third! - turns[1]!.until).toBeGreaterThanOrEqual(limit.perMs)
})

it('turns that are asked for at the same moment are no exception', async () => {
  const { url } = await newPlace()
  const workers = await Promise.all([1, 2, 3, 4].map(() => newWorker(url)))
  const limit = { requests: 5, perMs: 1000 }
  const asked = workers.flatMap(({ queue }) => Array.from({ length: 25 }, () => queue.reserve('shop', limit, 1)))
  const turns = (await Promise.all(asked)).sort((a, b) => a.from - b.from)
  expect(turns.every(({ requests }) => requests === 1)).toBe(true)
  const apart = turns.slice(5).map(({ from }, at) => from - turns[at]!.until)
  expect(Math.min(...apart)).toBeGreaterThanOrEqual(limit.perMs)
})

it('a source that is paused gives no turn before', async () => {
  const { url } = await newPlace()
  const { queue } = await newWorker(url)
  await queue.pause('shop', 600_000)
  const { from, now } = await queue.reserve('shop', { requests: 5, perMs: 1000 }, 1)
  expect(from - now).toBeGreaterThan(590_000)
})

it('a turn that was overslept is lost, and a request waits for the next', async () => {
  const given: Turn[] = [
    { requests: 2, from: 0, until: -1, now: 0 },
    { requests: 2, from: 0, until: 60_000, now: 0 },
  ]
  let asked = 0
  const rate = new SharedRate({ limit: { requests: 5, perMs: 1000 }, reserve: async () => given[asked++]! })
  await Promise.all([rate.acquire(), rate.acquire()])
  expect(asked).toBe(2)
})

it('whoever waits can be stopped, and hears why no turn can be had', async () => {
  const stop = new AbortController()
  const never = new SharedRate({ limit: { requests: 5, perMs: 1000 }, reserve: () => new Promise<Turn>(() => {}) })
  const waiting = never.acquire(stop.signal)
  stop.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
  const broken = new SharedRate({
    limit: { requests: 5, perMs: 1000 },
    reserve: async () => {
      throw new Error('the database is away')
    },
  })
  await expect(broken.acquire()).rejects.toThrow('the database is away')
})
