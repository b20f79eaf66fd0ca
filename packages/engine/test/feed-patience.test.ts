import { setTimeout as sleep } from 'node:timers/promises'
import type { Source } from '@tidemark/core'
import type { Destination, Feed, Table } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../src/time/clock.ts'
import { openMemory } from './system.ts'
import { commit, Log, put, runLog, toldIn } from './told.ts'

let log: Log
let destination: Destination
beforeEach(async () => {
  log = new Log()
  destination = await openMemory()
})
afterEach(() => destination.close())

/** An engine that waits a tenth of a second for rows. */
const impatient = { clock: systemClock, settings: { stallTimeoutMs: 20 } }

describe('a feed that yields nothing for a while', () => {
  it('is given up, unless it watches the silence of its system itself', async () => {
    log.add(put(1, 'a', 1), commit)
    log.before = () => sleep(400)
    const stalled = await runLog({ log, destination, options: impatient })
    expect(stalled.tables).toMatchObject([{ failures: [{ failure: { code: 'stalled' } }] }])
    log.spec = { watchesSilence: true }
    expect((await runLog({ log, destination, options: impatient })).exitCode).toBe(0)
    expect(await toldIn(destination)).toEqual([{ id: 1, note: 'a', total: 1 }])
  })
})

describe('a feed that takes long to find its tables', () => {
  it('is given up, unless it watches the silence of its system itself', async () => {
    log.add(put(1, 'a', 1), commit)
    const { tables } = log.source().tables![0 as never] as unknown as Feed & { readonly tables: readonly Table[] }
    const found = async () => {
      await sleep(400)
      return tables.map((table) => ({ table }))
    }
    const source = () => {
      const [feed] = log.source().tables as readonly Feed[]
      return { ...log.source(), tables: [{ ...feed, tables: found }] } as Source
    }
    const silent = await runLog({ log, destination, use: { source: source() }, options: impatient })
    expect(silent.sources).toMatchObject([{ failure: { code: 'timeout' } }])
    log.spec = { watchesSilence: true }
    expect((await runLog({ log, destination, use: { source: source() }, options: impatient })).exitCode).toBe(0)
    expect(await toldIn(destination)).toEqual([{ id: 1, note: 'a', total: 1 }])
  })
})

/** Sooner than what is read lets go. */
const retry = { attempts: 3, firstDelayMs: 1, maxDelayMs: 1 }

describe('a feed that is tried again', () => {
  it('is not read before what read it has let go', async () => {
    log.add(put(1, 'a', 1), { op: 'commit', waits: true }, put(2, 'b', 2), commit)
    const { read } = log.source().tables![0 as never] as unknown as { read(context: object): AsyncGenerator }
    let [open, tries] = [0, 0]
    const most: number[] = []
    log.spec = {
      async *read(context: object) {
        most.push(++open)
        try {
          yield* read(context)
        } finally {
          await sleep(100)
          open--
        }
      },
      acknowledge() {
        if (++tries === 1) throw Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' })
      },
    }
    expect((await runLog({ log, destination, options: { clock: systemClock, settings: { retry } } })).exitCode).toBe(0)
    expect(most).toEqual([1, 1])
  })

  it('is read again all the same where it never lets go', async () => {
    log.add(put(1, 'a', 1), { op: 'commit', waits: true }, put(2, 'b', 2), commit)
    const { read } = log.source().tables![0 as never] as unknown as { read(context: object): AsyncGenerator }
    let [reads, tries] = [0, 0]
    log.spec = {
      async *read(context: object) {
        const isFirst = ++reads === 1
        try {
          yield* read(context)
        } finally {
          if (isFirst) await new Promise(() => {})
        }
      },
      acknowledge() {
        if (++tries === 1) throw Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' })
      },
    }
    // The clock of these tests sleeps for two milliseconds at most.
    expect((await runLog({ log, destination })).exitCode).toBe(0)
    expect(await toldIn(destination)).toHaveLength(2)
  })
})
