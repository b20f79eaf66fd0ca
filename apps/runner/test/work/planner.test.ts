import { setTimeout as sleep } from 'node:timers/promises'
import type { WindowJob } from '@tidemark/destination'
import { describe, expect, it } from 'vitest'
import { Planner, type PlannerOptions } from '../../src/work/planner.ts'

const window = (table: string, from: number, lane: WindowJob['lane'] = 'backfill'): WindowJob => ({
  ...{ source: 'shop', table, partition: '', lane },
  from: BigInt(from),
  to: BigInt(from + 1),
})

/** A queue that holds so many jobs, and loses some each time that somebody asks for room. */
class FakeQueue {
  readonly sent: Parameters<PlannerOptions['queue']['send']>[0][number][] = []
  queued = 0
  most = 0
  planned = 0
  isOurs = true
  dueInMs = 0
  readonly #size: number
  readonly #doneEachLook: number

  constructor(size: number, doneEachLook = 0) {
    this.#size = size
    this.#doneEachLook = doneEachLook
  }

  async claimPlanner() {
    return { isOurs: this.isOurs, dueInMs: this.dueInMs }
  }

  async recordPlanned() {
    this.planned++
  }

  async releasePlanner() {
    this.isOurs = false
  }

  async room() {
    this.queued = Math.max(0, this.queued - this.#doneEachLook)
    return this.#size - this.queued
  }

  async send(page: readonly (typeof this.sent)[number][]) {
    this.sent.push(...page)
    this.queued += page.length
    this.most = Math.max(this.most, this.queued)
    return page.length
  }
}

const NEVER = new AbortController().signal

function plannerOf(queue: FakeQueue, plan: PlannerOptions['plan'], more: Partial<PlannerOptions> = {}): Planner {
  const failures = (error: unknown) => {
    throw error
  }
  return new Planner({
    queue,
    source: 'shop',
    everyMs: 60_000,
    plan,
    isListing: () => false,
    lookMs: 1,
    onFailure: failures,
    signal: NEVER,
    ...more,
  })
}

describe('the planner of a source', () => {
  it('never has more in its hands than a page, nor in the queue than there is room for, however much is to read', async () => {
    const queue = new FakeQueue(10_000, 200)
    const tables = 1000
    let listed = 0
    let ahead = 0
    const planner = plannerOf(queue, async function* () {
      for (let table = 0; table < tables; table++)
        for (let from = 99; from >= 0; from--) {
          listed++
          ahead = Math.max(ahead, listed - queue.sent.length)
          yield window(`t${table}`, from)
        }
    })
    await planner.look()
    expect([listed, queue.sent.length, queue.planned]).toEqual([tables * 100, tables * 100, 1])
    expect(queue.most).toBe(10_000)
    expect(ahead).toBeLessThanOrEqual(502)
    const ofOne = queue.sent.filter(({ window: { table } }) => table === 't7')
    expect(ofOne.map(({ rank }) => rank)).toEqual(Array.from({ length: 100 }, (_, at) => at))
  })

  it('sends the first window while the rest is still listed', async () => {
    const queue = new FakeQueue(10_000)
    const more = Promise.withResolvers<void>()
    const planner = plannerOf(queue, async function* () {
      yield window('days', 2)
      await more.promise
      yield window('days', 1)
    })
    const looking = planner.look()
    await expect.poll(() => queue.sent.length).toBe(1)
    more.resolve()
    await looking
    expect(queue.sent.map(({ window: { from }, rank }) => [from, rank])).toEqual([
      [2n, 0],
      [1n, 1],
    ])
  })

  it('counts the newest window of each lane and partition from the start', async () => {
    const queue = new FakeQueue(10_000)
    const planner = plannerOf(queue, async function* () {
      yield window('days', 3, 'current')
      yield window('days', 2)
      yield { ...window('days', 2), partition: 'eu' }
      yield window('days', 1)
    })
    await planner.look()
    expect(queue.sent.map(({ rank }) => rank)).toEqual([0, 0, 0, 1])
  })

  it('plans again when the source is due, though the queue is full, so that what is new comes first', async () => {
    const queue = new FakeQueue(5)
    let plans = 0
    const planner = plannerOf(
      queue,
      async function* () {
        plans++
        for (let from = 99; from >= 0; from--) yield window('days', from)
      },
      { everyMs: 30 },
    )
    expect(await planner.look()).toBe(0)
    expect([queue.sent.length, queue.planned, plans]).toEqual([5, 1, 1])
    await planner.look()
    expect(plans).toBe(2)
  })

  it('does not begin again before all that is wanted is known and sent, so that the last tables have their turn', async () => {
    const queue = new FakeQueue(5, 2)
    let [plans, isListing] = [0, true]
    const planner = plannerOf(
      queue,
      async function* () {
        plans++
        for (let table = 0; table < 9; table++) yield window(`t${table}`, 1)
        await sleep(300)
        yield window('last', 1)
        isListing = false
        for (let from = 999; from >= 0; from--) yield window('days', from)
      },
      { everyMs: 5, isListing: () => isListing },
    )
    await planner.look()
    expect([plans, queue.planned]).toEqual([1, 1])
    expect(queue.sent[9]?.window.table).toBe('last')
    // A page is sent whole, and the next one is cut where the queue is full.
    expect(queue.sent.length).toBeLessThan(600)
  })

  it('stops where another worker took over, and lists nothing where it is not its turn', async () => {
    const queue = new FakeQueue(5)
    let plans = 0
    const planner = plannerOf(queue, async function* () {
      plans++
      for (let from = 99; from >= 0; from--) {
        queue.isOurs = from > 50
        yield window('days', from)
      }
    })
    await planner.look()
    expect([queue.sent.length, queue.planned]).toEqual([5, 0])
    expect(await planner.look()).toBe(1)
    Object.assign(queue, { isOurs: true, dueInMs: 500 })
    expect(await planner.look()).toBe(1)
    expect(plans).toBe(1)
  })

  it('keeps what it sent where the source fails then, says why, and is not done', async () => {
    const queue = new FakeQueue(10_000)
    const failures: unknown[] = []
    const planner = plannerOf(
      queue,
      async function* () {
        yield window('days', 1)
        throw new Error('the API is down')
      },
      { onFailure: (error) => failures.push(error) },
    )
    expect(await planner.look()).toBe(60_000)
    expect([queue.sent.length, queue.planned, failures]).toEqual([1, 0, [new Error('the API is down')]])
    expect(queue.isOurs, 'another worker may plan it').toBe(false)
  })
})
