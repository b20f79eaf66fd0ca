import { setImmediate as turn } from 'node:timers/promises'
import type { Destination } from '@tidemark/core/engine'
import { expect, it } from 'vitest'
import { headStart } from '../src/run/head-start.ts'
import { type Clock, systemClock } from '../src/time/clock.ts'
import { instant, openMemory, rowsIn, run, System, sorted } from './system.ts'

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

it('lets each batch of a run come to its rows before more pages are read', async () => {
  const system = new System()
  const batches = 20
  for (let id = 1; id <= batches * 5; id++) system.put({ id, at: id, text: '' })
  const memory = await openMemory()
  let pages = 0
  system.beforePage = () => pages++
  let alone = 0
  const commit: Destination['commit'] = async (...batch) => {
    const before = pages
    // What a server answers.
    await turn()
    if (pages === before) alone++
    return await memory.commit(...batch)
  }
  const destination = new Proxy<Destination>(memory, {
    get(target, name) {
      const value = name === 'commit' ? commit : (Reflect.get(target, name) as unknown)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const options = { settings: { batch: { rows: 5, bytes: 1_000_000 } } }
  const report = await run({ system, destination, spec: { window: undefined, start: instant(0) }, options })
  expect(report.exitCode).toBe(0)
  expect(await rowsIn(memory)).toEqual(sorted(system.all()))
  // A machine with other work may stop the process for longer than the head start.
  expect(alone).toBeGreaterThan(batches / 2)
})
