import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { overviewOf } from '../src/report/overview.ts'
import { statusOf } from '../src/report/status.ts'
import { systemClock } from '../src/time/clock.ts'
import { openMemory } from './system.ts'
import { Log, put, resyncLog, runLog } from './told.ts'

let log: Log
let destination: Destination
beforeEach(async () => {
  log = new Log()
  destination = await openMemory()
})
afterEach(() => destination.close())

const TOLD = new Date('2026-01-01T10:00:00Z')
const told = { op: 'commit', at: TOLD } as const
const run = (more: Partial<Parameters<typeof runLog>[0]> = {}) =>
  runLog({ log, destination, options: { clock: systemClock }, ...more })
const feed = async () => statusOf(await destination.state()).feeds[0]!
const completedAt = async () => (await destination.state()).tables.get('memory_orders')?.partitions.get('')?.completedAt

describe('the status of a feed', () => {
  it('says from where it continues, when it was read, and which tables it tells', async () => {
    log.tables = ['orders', 'lines']
    log.add(put(1, 'a', 1), told)
    await run()
    expect(await feed()).toEqual({
      name: 'log',
      source: 'memory',
      offset: '{"at":2}',
      last_committed_at: expect.stringMatching(/^20.*Z$/),
      told_at: '2026-01-01T10:00:00Z',
      last_checked_at: expect.stringMatching(/^20.*Z$/),
      history_complete: true,
      lost_for: null,
      backlog: null,
      keeps_own_state: false,
      tables: ['memory_lines', 'memory_orders'],
      left_out: [],
    })
    const { tables, synced_tables, to_timestamp } = statusOf(await destination.state())
    expect(tables.map((one) => [one.feed, one.deletions])).toEqual([
      ['log', 'reported'],
      ['log', 'reported'],
    ])
    expect(synced_tables).toEqual(['memory_lines', 'memory_orders'])
    expect(to_timestamp).toBe((await feed()).last_checked_at)
  })

  it('is not complete, and has no time, until it was read to its end', async () => {
    log.add(put(1, 'a', 1), told, put(2, 'b', 2))
    log.before = (at) => {
      if (at === 2) throw Object.assign(new Error('forbidden'), { remedy: 'fix-config' })
    }
    await run({ options: { clock: systemClock, settings: { retry: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 } } } })
    expect(await feed()).toMatchObject({ history_complete: false, last_checked_at: null })
    expect(statusOf(await destination.state())).toMatchObject({ synced_tables: [], to_timestamp: null })
  })

  it('has no table that the config leaves out among those that are left out', async () => {
    log.tables = ['orders', 'lines']
    log.add(put(1, 'a', 1), put(2, 'l', 2, { table: 'lines' }), told)
    await run({ use: { options: { tables: { lines: false } } } })
    expect(await feed()).toMatchObject({ tables: ['memory_orders'], left_out: [] })
  })

  it('names a table that is paused, until a resync has its feed read again', async () => {
    log.tables = ['orders', 'lines']
    for (let id = 0; id < 30; id++) log.add({ op: 'put', table: 'lines', row: { id, note: 5, total: id } as never })
    log.add(told)
    await run()
    expect(await feed()).toMatchObject({ left_out: ['memory_lines'] })
    expect(statusOf(await destination.state()).tables[0]!.paused_for).toMatch(
      /^its changes are left out: none of 30 rows fit: note: Invalid input/,
    )
    log.entries = [told]
    await resyncLog({ log, destination }, 'memory_lines')
    expect(await feed()).toMatchObject({ left_out: [], history_complete: true })
  })

  it('says why it is read again from its beginning, until it was', async () => {
    log.add(put(1, 'a', 1), told)
    await run()
    log.lostFor = 'its slot was dropped'
    const seen: unknown[] = []
    log.before = async () => seen.push(await feed())
    await run()
    expect(seen[0]).toMatchObject({
      lost_for: 'its slot was dropped',
      offset: null,
      told_at: null,
      history_complete: false,
    })
    expect(await feed()).toMatchObject({ lost_for: null, history_complete: true })
  })
})

describe('a feed with a head', () => {
  beforeEach(() => {
    log.spec = { head: () => ({ at: log.entries.length }) }
  })

  it('counts as read up to when its source was asked for it, not to the end of the read', async () => {
    log.add(put(1, 'a', 1), told)
    let readAt = 0n
    log.before = async () => {
      await systemClock.sleep(5, new AbortController().signal)
      readAt = await destination.now()
    }
    await run()
    expect(await completedAt()).toBeLessThan(readAt)
  })

  it('is as fresh as the last question where it has nothing new, and keeps when its changes were made', async () => {
    log.add(put(1, 'a', 1), told)
    await run()
    const first = (await completedAt())!
    log.before = () => {
      throw new Error('there is nothing to read')
    }
    await systemClock.sleep(5, new AbortController().signal)
    await run()
    expect(await completedAt()).toBeGreaterThan(first)
    expect(await feed()).toMatchObject({ told_at: '2026-01-01T10:00:00Z' })
    const now = (await completedAt())! + 7_000_000n
    expect(overviewOf(await destination.state(), { now })).toMatchObject({
      feeds: [{ lag_ms: 7000 }],
      tables: [{ lag_ms: 7000, stale: false }],
    })
  })
})
