import { setTimeout as wait } from 'node:timers/promises'
import { minutes } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { overviewOf, type TableOverview } from '../src/report/overview.ts'
import { statusOf } from '../src/report/status.ts'
import { systemClock } from '../src/time/clock.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, openMemory, run, type Spec, System } from './system.ts'

let system: System
let destination: Destination
beforeEach(async () => {
  system = new System()
  system.put({ id: 1, at: 10, text: 'a' })
  destination = await openMemory()
})
afterEach(() => destination.close())

const look = async (): Promise<TableOverview & { readonly to: string | null }> => {
  const overview = overviewOf(await destination.state(), { now: await destination.now() })
  return { ...overview.tables[0]!, to: overview.to_timestamp }
}
const millis = (text: string | null): number => Date.parse(text ?? '')

const whole: Spec = { cursor: undefined, minAge: undefined, lookback: undefined, revision: () => 'r1' }
const unmoved: Spec = { end: () => instant(500) }
const byId: Spec = {
  cursor: 'id',
  minAge: undefined,
  lookback: undefined,
  end: () => 100,
  async *read() {
    yield [{ id: 1, at: instant(10), text: 'a' }]
  },
}

// What is read by a time is complete up to the time that the source gave: its snapshot may be older than the question.
describe.each([
  ['read whole, and its revision is the same', whole, 'asked'],
  ['read by a time, and its revision is the same', { revision: () => 'r1' }, 'the clock'],
  ['whose end is where it was, read by an integer', byId, 'asked'],
  ['whose end is where it was', unmoved, instant(500)],
  [
    'whose source has no end this time',
    { ...unmoved, end: () => (system.now > 1000 ? undefined : instant(500)) },
    instant(500),
  ],
])('a table %s', (_, spec: Spec, upTo) => {
  it('is as fresh as the last question, and complete as far as the source said', async () => {
    await run({ system, destination, spec })
    const first = await look()
    expect(first.status).toBe('complete')
    for (let round = 1; round <= 2; round++) {
      await wait(30)
      const asked = Date.now()
      system.now = 1000 + round
      await run({ system, destination, spec })
      const now = await look()
      expect(millis(now.last_checked_at)).toBeGreaterThanOrEqual(asked - 1)
      expect(now.stale).toBe(false)
      if (upTo === 'asked') {
        expect(millis(now.to)).toBeGreaterThanOrEqual(asked - 1)
        expect(now.lag_ms).toBeLessThan(5000)
      } else expect(millis(now.to)).toBe(upTo === 'the clock' ? system.now * 1000 : millis(upTo))
      // Nothing was written for it.
      if (upTo !== 'the clock') expect(now.last_synced_at).toBe(first.last_synced_at)
    }
  })

  it('whose source does not answer ages', async () => {
    await run({ system, destination, spec })
    const { last_checked_at: before } = await look()
    await wait(20)
    const revision = (): never => {
      throw new Error('it does not answer')
    }
    await run({ system, destination, spec: { ...spec, revision } })
    expect(await look()).toMatchObject({ status: 'failing', last_checked_at: before })
  })
})

it('a check counts from the question, not from the answer', async () => {
  let answeredAt = 0
  const slow: Spec = {
    ...whole,
    revision: async () => {
      await wait(80)
      answeredAt = Date.now()
      return 'r1'
    },
  }
  const options = { clock: { ...fixedClock(at(system.now)), sleep: systemClock.sleep } }
  await run({ system, destination, spec: slow, options })
  await run({ system, destination, spec: slow, options })
  expect(millis((await look()).last_checked_at)).toBeLessThanOrEqual(answeredAt - 70)
})

it('a table of partitions is as fresh as the one that was asked longest ago', async () => {
  system.rows = new Map([
    ['x', []],
    ['y', []],
  ])
  for (const partition of ['x', 'y']) system.put({ id: 1, at: 10, text: 'a' }, partition)
  let broken = false
  const spec: Spec = {
    ...whole,
    revision: ({ partition }: { partition: string }) => {
      if (broken && partition === 'y') throw new Error('y is away')
      return 'r1'
    },
  }
  await run({ system, destination, spec })
  await wait(20)
  await run({ system, destination, spec })
  const { last_checked_at: both } = await look()
  await wait(20)
  broken = true
  await run({ system, destination, spec })
  expect(await look()).toMatchObject({ status: 'failing', partitions_failing: 1, last_checked_at: both })
  broken = false
  const asked = Date.now()
  await run({ system, destination, spec })
  const after = await look()
  expect(after.status).toBe('complete')
  expect(millis(after.last_checked_at)).toBeGreaterThanOrEqual(asked - 1)
})

it('windows of history are no check of what is new', async () => {
  for (let id = 0; id < 100; id++) system.put({ id, at: id * 10, text: 'a' })
  const checks: (string | null)[] = []
  const spec: Spec = { window: minutes(2), start: instant(0) }
  let pages = 0
  system.beforePage = async () => {
    if (++pages > 2) {
      checks.push((await look()).last_checked_at)
      await wait(10)
    }
  }
  await run({ system, destination, spec, pageSize: 100 })
  expect(checks.length).toBeGreaterThan(4)
  expect(new Set(checks).size).toBe(1)
  expect(checks[0]).not.toBeNull()
})

it('a table whose rows are counted by an integer says that it is complete, without a time where none is known', async () => {
  await run({
    system,
    destination,
    spec: { ...byId, row: z.object({ id: z.int(), at: z.string(), text: z.string() }) },
  })
  const state = await destination.state()
  expect(statusOf(state).to_timestamp).not.toBeNull()
  const [table] = state.tables.values()
  const [partition] = table!.partitions.values()
  const before = { ...table!, lastCheckedAt: null, partitions: new Map([['', { ...partition!, checkedAt: null }]]) }
  expect(statusOf({ tables: new Map([['memory_events', before]]) })).toMatchObject({
    to_timestamp: null,
    synced_tables: ['memory_events'],
  })
})
