import { expect, it } from 'vitest'
import { headStart } from '../src/run/head-start.ts'
import { type Clock, systemClock } from '../src/time/clock.ts'

const never = new Promise<never>(() => {})
const { signal } = new AbortController()

/** A clock on which nothing ends. */
const standing: Clock = { ...systemClock, sleep: () => never }
const asked: number[] = []
const quick: Clock = { ...systemClock, sleep: async (ms) => void asked.push(ms) }

it('ends with the batch that is written, or after a few milliseconds', async () => {
  await headStart(Promise.resolve(), { clock: standing, signal })
  await headStart(never, { clock: quick, signal })
  expect(asked).toHaveLength(1)
  expect(asked[0]).toBeGreaterThan(0)
  expect(asked[0]).toBeLessThan(20)
})

it('leaves it to others what fails, and stops where the run does', async () => {
  const failing = Promise.reject(new Error('refused'))
  await headStart(failing, { clock: standing, signal })
  await expect(failing).rejects.toThrow('refused')
  const stop = new AbortController()
  stop.abort(new Error('stopped'))
  await expect(headStart(never, { clock: systemClock, signal: stop.signal })).rejects.toThrow('stopped')
})
