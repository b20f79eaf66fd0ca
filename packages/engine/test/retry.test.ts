import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../src/failure/failure.ts'
import { delayBefore, retry } from '../src/source/retry.ts'
import { overTime } from '../src/source/stall.ts'
import { systemClock } from '../src/time/clock.ts'
import { DEFAULT_RETRY } from '../src/time/retry-policy.ts'
import { fixedClock } from './catalog-of.ts'

describe('what a thrown value asks for', () => {
  const network = (code: string) => Object.assign(new Error('x'), { code })
  it.each([
    ['a SyncError says it itself', new SyncError('x', 'fix-config'), 'fix-config'],
    ['a connection that was reset', network('ECONNRESET'), 'retry'],
    ['a name that is not found', network('ENOTFOUND'), 'retry'],
    ["undici's timeout", network('UND_ERR_CONNECT_TIMEOUT'), 'retry'],
    ['a failed fetch', new TypeError('fetch failed', { cause: network('ECONNREFUSED') }), 'retry'],
    ['a timeout signal', AbortSignal.abort(new DOMException('t', 'TimeoutError')).reason, 'retry'],
    ["the source's bug", new TypeError('x is not a function'), 'fix-source'],
    ['a missing file is no network', network('ENOENT'), 'fix-source'],
    ['a text', 'broken', 'fix-source'],
    ['nothing', undefined, 'fix-source'],
  ])('%s', (_, error, remedy) => {
    expect(failureOf(error).remedy).toBe(remedy)
  })

  it("keeps the stack of a source's bug and only of that", () => {
    expect(failureOf(new TypeError('x')).stack).toMatch(/retry.test/)
    expect(failureOf(network('EPIPE')).stack).toBeUndefined()
  })
})

it.each([1e300, 1e23, 86_400_001])('a delay of %d ms is a day', (retryAfterMs) => {
  expect(failureOf(new SyncError('busy', 'retry', { retryAfterMs })).retryAfterMs).toBe(86_400_000)
})

it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, '3' as never])('a delay of %s is none', (retryAfterMs) => {
  const failure = failureOf(new SyncError('busy', 'retry', { retryAfterMs }))
  expect(failure.retryAfterMs).toBeUndefined()
  expect(delayBefore(1, failure, DEFAULT_RETRY, () => 0)).toBe(DEFAULT_RETRY.firstDelayMs / 2)
})

describe('trying again', () => {
  const signal = new AbortController().signal
  const transient = () => new SyncError('busy', 'retry')

  it('waits longer each time, at least half of a doubling delay, and never above the ceiling', () => {
    const failure = failureOf(transient())
    for (let attempt = 1; attempt < 12; attempt++) {
      const ceiling = Math.min(60_000, 1000 * 2 ** (attempt - 1))
      expect(delayBefore(attempt, failure, DEFAULT_RETRY, () => 0)).toBe(ceiling / 2)
      expect(delayBefore(attempt, failure, DEFAULT_RETRY, () => 0.999)).toBeLessThan(ceiling)
    }
  })

  it('never waits less than the system asked for', () => {
    const failure = failureOf(new SyncError('busy', 'retry', { retryAfterMs: 90_000 }))
    expect(delayBefore(1, failure, DEFAULT_RETRY, () => 0)).toBe(90_000)
  })

  it('gives up after the attempts, and at once where the remedy is another', async () => {
    const clock = fixedClock(0n)
    let tries = 0
    const fail = (error: unknown) =>
      retry(
        () => {
          tries++
          return Promise.reject(error)
        },
        { clock, policy: DEFAULT_RETRY, signal },
      )
    await expect(fail(transient())).rejects.toThrow('busy')
    expect(tries).toBe(5)
    expect(clock.slept.length).toBe(4)
    tries = 0
    await expect(fail(new Error('bug'))).rejects.toThrow('bug')
    expect(tries).toBe(1)
  })

  it('stops waiting when the run is stopped', async () => {
    const stop = new AbortController()
    const clock = {
      ...fixedClock(0n),
      sleep: async (_: number, own: AbortSignal) => {
        stop.abort(new Error('stopped'))
        own.throwIfAborted()
      },
    }
    await expect(
      retry(() => Promise.reject(transient()), { clock, policy: DEFAULT_RETRY, signal: stop.signal }),
    ).rejects.toThrow('stopped')
  })

  it('by the time limit of the run says that, and why the source had not answered', async () => {
    const stop = new AbortController()
    const policy = { ...DEFAULT_RETRY, firstDelayMs: 60_000 }
    const waiting = retry(() => Promise.reject(transient()), { clock: systemClock, policy, signal: stop.signal })
    setImmediate(() => stop.abort(overTime()))
    const failure = failureOf(await waiting.catch((error: unknown) => error))
    expect(failure).toMatchObject({ remedy: 'retry', code: 'max-time' })
    expect(failure.message).toBe('the source had not answered when the time limit of the run was reached: busy')
  })
})

it('what a source tried for itself counts among the attempts', async () => {
  const asked: number[] = []
  const work = (attempts: number | undefined) => async (attempt: number) => {
    asked.push(attempt)
    throw new SyncError('busy', 'retry', { attempts })
  }
  const patient = { clock: { ...fixedClock(0n), sleep: async () => {} }, signal: new AbortController().signal }
  const policy = { attempts: 5, firstDelayMs: 1, maxDelayMs: 1 }
  await expect(retry(work(5), { ...patient, policy })).rejects.toThrow('busy')
  expect(asked.splice(0)).toEqual([1])
  await expect(retry(work(2), { ...patient, policy })).rejects.toThrow('busy')
  expect(asked.splice(0)).toEqual([1, 3, 5])
  for (const none of [undefined, 0, -1, 1.5, Number.NaN]) {
    await expect(retry(work(none), { ...patient, policy })).rejects.toThrow('busy')
    expect(asked.splice(0)).toEqual([1, 2, 3, 4, 5])
  }
})
