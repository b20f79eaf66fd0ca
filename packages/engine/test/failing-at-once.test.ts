import { minutes, SyncError } from '@tidemark/core'
import type { Destination, State, TableState } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { overviewOf } from '../src/report/overview.ts'
import { statusOf } from '../src/report/status.ts'
import { systemClock } from '../src/time/clock.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, openMemory, run, System } from './system.ts'

let system: System
let destination: Destination
beforeEach(async () => {
  system = new System()
  destination = await openMemory()
})
afterEach(() => destination.close())

const tableIn = ({ tables }: State): TableState | undefined => tables.get('memory_events')
const stateOf = async (): Promise<TableState | undefined> => tableIn(await destination.state())

/** The same destination, and what the state says of the table after each of its transactions. */
function watched(): { readonly destination: Destination; readonly seen: { status: string; error: string | null }[] } {
  const seen: { status: string; error: string | null }[] = []
  const look = async <T>(result: T): Promise<T> => {
    const table = await stateOf()
    if (table !== undefined)
      seen.push({ status: table.status, error: statusOf(await destination.state()).tables[0]?.last_error ?? null })
    return result
  }
  const wrapped = new Proxy(destination, {
    get: (target, name) => {
      const own = Reflect.get(target, name) as unknown
      if (typeof own !== 'function') return own
      const called = own.bind(target) as (...args: unknown[]) => Promise<unknown>
      return ['commit', 'record', 'recordRun', 'prepare'].includes(String(name))
        ? async (...args: unknown[]) => look(await called(...args))
        : called
    },
  })
  return { destination: wrapped, seen }
}

const fill = (count: number, step = 10): void => {
  for (let id = 0; id < count; id++) system.put({ id, at: id * step, text: 'a' })
}
const windows = { window: minutes(2), start: instant(0) }
const breakBelow = (second: number, error: () => Error): void => {
  system.beforePage = (_, __, from) => {
    if (from < second) throw error()
  }
}

describe('a failure', () => {
  it('is in the state with its table failing, its error, its code and its fix, while the run waits to try again', async () => {
    fill(10)
    let tries = 0
    system.beforePage = () => {
      if (++tries < 3) throw new SyncError('not today', 'retry', { code: 'network' })
    }
    // Nothing comes due beside the step that waits: this clock never moves.
    const asleep: unknown[] = []
    const clock = {
      ...fixedClock(at(system.now)),
      sleep: async (ms: number, stopped: AbortSignal, kind?: 'limit') => {
        if (kind === 'limit') return systemClock.sleep(ms, stopped)
        const [table] = statusOf(await destination.state()).tables
        asleep.push([table?.status, table?.last_error, table?.error_code, table?.error_remedy])
      },
    }
    await run({ system, destination, options: { clock, settings: { perTable: 1 } } })
    expect(asleep).toEqual([
      ['failing', 'not today', 'network', 'retry'],
      ['failing', 'not today', 'network', 'retry'],
    ])
    expect(await stateOf()).toMatchObject({ status: 'complete' })
    expect(statusOf(await destination.state()).tables[0]).toMatchObject({ last_error: null, error_code: null })
  })

  it('of a window of history stays while other windows are read, in every transaction of every run', async () => {
    fill(100)
    breakBelow(480, () => new Error('closed'))
    await run({ system, destination, spec: windows })
    expect(await stateOf()).toMatchObject({ status: 'failing' })
    const { destination: looked, seen } = watched()
    for (let round = 1; round <= 4; round++) {
      system.now = 1000 + round * 60
      system.put({ id: 1000 + round, at: system.now - 10, text: 'complete' })
      const report = await run({ system, destination: looked, spec: windows })
      expect(report.exitCode).toBe(3)
      expect(report.tables[0]!.status).toBe('failing')
    }
    expect(seen.length).toBeGreaterThan(8)
    expect(new Set(seen.map(({ status, error }) => `${status}: ${error}`))).toEqual(new Set(['failing: closed']))
  })

  it('is overcome in the commit that reads what failed, and not before', async () => {
    fill(100)
    breakBelow(480, () => new Error('closed'))
    await run({ system, destination, spec: windows })
    system.beforePage = () => {}
    system.now = 1100
    const { destination: looked, seen } = watched()
    await run({ system, destination: looked, spec: windows })
    const statuses = seen.map(({ status }) => status)
    const last = statuses.lastIndexOf('failing')
    expect(last).toBeGreaterThan(0)
    expect(new Set(statuses.slice(0, last + 1))).toEqual(new Set(['failing']))
    // The rest of its history is read after that.
    expect(statuses.slice(last + 1)).toContain('backfilling')
    expect(statuses.at(-1)).toBe('complete')
  })

  it('of a window that is no longer wanted is none', async () => {
    fill(100)
    breakBelow(480, () => new Error('closed'))
    await run({ system, destination, spec: windows })
    await run({ system, destination, spec: { ...windows, start: instant(480) } })
    expect(await stateOf()).toMatchObject({ status: 'complete' })
    expect(overviewOf(await destination.state(), { now: 0n }).tables[0]).toMatchObject({ next_try_at: null })
  })

  it('of one partition makes the table failing while the others are read', async () => {
    system.rows = new Map([
      ['x', []],
      ['y', []],
    ])
    for (const partition of ['x', 'y']) system.put({ id: 1, at: 10, text: partition }, partition)
    system.beforePage = (_, partition) => {
      if (partition === 'y') throw new SyncError('no access to y', 'fix-config', { code: 'forbidden' })
    }
    await run({ system, destination })
    const { destination: looked, seen } = watched()
    for (const now of [1100, 1200]) {
      system.now = now
      for (const partition of ['x', 'y']) system.put({ id: now, at: now - 50, text: partition }, partition)
      await run({ system, destination: looked })
    }
    expect(new Set(seen.map(({ status, error }) => `${status}: ${error}`))).toEqual(
      new Set(['failing: no access to y']),
    )
    system.rows.delete('y')
    system.now = 1300
    await run({ system, destination })
    // A partition that is gone has no failure that anybody could fix.
    expect(await stateOf()).toMatchObject({ status: 'complete' })
    expect(statusOf(await destination.state()).tables[0]).toMatchObject({ partitions_failing: 0, last_error: null })
  })
})

describe('a table that cannot be asked for', () => {
  const unlisted = (): never => {
    throw new SyncError('the list is not for you', 'fix-config', { code: 'forbidden' })
  }

  it('is in the state with its error before anything of it was read', async () => {
    system.rows = new Map([['x', []]])
    const spec = { partitions: { list: unlisted } }
    for (let round = 1; round <= 2; round++) {
      await run({ system, destination, spec })
      const state = await destination.state()
      expect(state.tables.get('memory_events')).toMatchObject({ status: 'failing', failure: { failures: round } })
      expect(statusOf(state)).toMatchObject({
        to_timestamp: null,
        synced_tables: [],
        tables: [
          {
            name: 'memory_events',
            source: 'memory',
            table: 'events',
            status: 'failing',
            last_error: 'the list is not for you',
            error_code: 'forbidden',
            error_remedy: 'fix-config',
            complete_to: null,
          },
        ],
      })
      expect(overviewOf(state, { now: 0n }).tables[0]!.next_try_at).not.toBeNull()
    }
    const done = await run({ system, destination })
    expect(done.lines).toContain('memory_events is new, needs history from the beginning')
    const after = tableIn(await destination.state())
    expect(after).toMatchObject({ status: 'complete' })
    expect(after?.failure).toBeUndefined()
  })

  it('because its source cannot be reached keeps failing in every transaction, and is right again when it answers', async () => {
    fill(10)
    await run({ system, destination })
    const source = (ok: boolean) => ({
      source: {
        name: 'memory',
        contract: 1,
        config: undefined,
        identity: undefined,
        connect: () => {
          if (!ok) throw new SyncError('nobody is there', 'fix-config', { code: 'network' })
        },
        tables: [],
        configure: () => ({}),
      },
    })
    const { destination: looked, seen } = watched()
    for (let round = 0; round < 2; round++)
      await run({ system, destination: looked, use: source(false) as never }).catch(() => {})
    expect(seen.length).toBeGreaterThan(1)
    expect(new Set(seen.map(({ status, error }) => `${status}: ${error}`))).toEqual(
      new Set(['failing: nobody is there']),
    )
    // Nothing is new: no window is read, and all the same it fails no longer.
    await run({ system, destination })
    expect(await stateOf()).toMatchObject({ status: 'complete', failure: undefined })
  })
})
