import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sync } from '../src/commands/sync.ts'
import type { RunOptions } from '../src/options.ts'
import type { Report } from '../src/report/report.ts'
import { fixedClock } from './catalog-of.ts'
import { type Asked, Keyed } from './keyed.ts'
import { first } from './memory-world.ts'
import { openMemory } from './system.ts'

const ONE_TRY = { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 }

let keyed: Keyed
let destination: Destination

beforeEach(async () => {
  keyed = new Keyed()
  destination = await openMemory()
})
afterEach(() => destination.close())

const run = (more: Partial<RunOptions> = {}): Promise<Report> =>
  sync({
    sources: [{ name: 'memory', source: keyed.source() as never, config: {}, options: {} }],
    destination,
    clock: fixedClock(1_000_000_000n),
    settings: { perSource: 4 },
    ...more,
  })
const stateOf = async () => (await destination.state()).tables.get('memory_events')?.partitions.get('')

async function stored(): Promise<Map<number, string>> {
  const rows = new Map<number, string>()
  for await (const row of destination.read('memory_events')) rows.set(Number(row['id']), String(row['text']))
  return rows
}

/** Holds ranges back until so many are read at once; where that never comes, the run ends all the same. */
function untilAtOnce(count: number, then: (range: Asked) => unknown = () => {}): { most: number } {
  const seen = { most: 0 }
  let open = 0
  let waiting: (() => void)[] = []
  keyed.before = async (range) => {
    open++
    seen.most = Math.max(seen.most, open)
    const all = new Promise<void>((go) => waiting.push(go))
    if (waiting.length === count) {
      for (const go of waiting) go()
      waiting = []
    }
    await Promise.race([all, new Promise((late) => setTimeout(late, 200))])
    open--
    await then(range)
  }
  return seen
}

/** The destination, with something to wait for before each commit, and to do when a failure is recorded. */
function committing(before: () => Promise<void>, onFailure: () => void = () => {}): Destination {
  return new Proxy(destination, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name === 'record')
        return async (...asked: readonly [unknown, readonly { readonly kind: string }[]]) => {
          await value.apply(target, asked)
          if (asked[1].some(({ kind }) => kind === 'failure')) onFailure()
        }
      if (name !== 'commit') return value.bind(target)
      return async (...asked: unknown[]) => {
        await before()
        return value.apply(target, asked)
      }
    },
  })
}

describe('key ranges of one partition', () => {
  it('are read side by side, and are the table', async () => {
    keyed.fill([-5, 0, 99, 100, 199, 200, 299, 300, 1000])
    const seen = untilAtOnce(4)
    const report = await run()
    expect(report.exitCode).toBe(0)
    expect(seen.most).toBe(4)
    expect(first(report.tables)).toMatchObject({ status: 'complete', stepsDone: 4, stepsLeft: 0 })
    expect(await stored()).toEqual(keyed.rows)
    expect(await stateOf()).toMatchObject({ refreshed: [], completedAt: expect.any(BigInt) })
  })

  it.each([
    ['perTable', { perSource: 4, perTable: 3 }, 3],
    ['perTable of one', { perSource: 4, perTable: 1 }, 1],
    ['perSource', { perSource: 3 }, 3],
    ['concurrency', { perSource: 9, concurrency: 2 }, 2],
  ])('are no more at once than the settings say: %s', async (_, settings, most) => {
    keyed.fill([1, 101, 201, 301])
    const seen = untilAtOnce(5)
    await run({ settings })
    expect(seen.most).toBe(most)
    expect(await stored()).toEqual(keyed.rows)
  })

  it('commit the revision that all were read under', async () => {
    keyed.revision = 'one'
    keyed.fill([1, 101, 201, 301])
    untilAtOnce(4)
    await run()
    expect(await stateOf()).toMatchObject({ revision: { text: 'one' } })
    keyed.asked = []
    await run()
    expect(keyed.asked).toEqual([])
  })

  it('that were committed when others broke off are not read again', async () => {
    keyed.fill([1, 101, 201, 301])
    untilAtOnce(4, ({ from }) => {
      if (from === 100) throw new Error('the process was killed')
    })
    const report = await run({ settings: { perSource: 4, retry: ONE_TRY } })
    expect(first(report.tables)).toMatchObject({ status: 'failing', stepsDone: 3, stepsLeft: 1 })
    expect([...(await stored()).keys()]).toEqual([1, 201, 301])
    expect(await stateOf()).toMatchObject({
      completedAt: null,
      failures: 1,
      refreshed: [
        { from: null, to: 100n },
        { from: 200n, to: null },
      ],
    })
    keyed.before = () => {}
    keyed.asked = []
    expect((await run()).exitCode).toBe(0)
    expect(keyed.asked).toEqual([{ from: 100, to: 200 }])
    expect(await stored()).toEqual(keyed.rows)
    expect(await stateOf()).toMatchObject({ failures: 0, refreshed: [] })
  })

  it('that failed before are overcome where the last of them are committed at the same time', async () => {
    keyed.fill([1, 101, 201, 301])
    keyed.before = () => {
      throw new Error('broken')
    }
    await run({ settings: { perSource: 4, retry: ONE_TRY } })
    expect(await stateOf()).toMatchObject({
      failures: expect.any(Number),
      lastError: expect.stringContaining('broken'),
    })
    untilAtOnce(4)
    // All say what they complete before any of them is committed.
    const all = Promise.withResolvers<void>()
    let commits = 0
    const report = await run({
      destination: committing(async () => {
        if (++commits === 4) all.resolve()
        await all.promise
      }),
    })
    expect(report).toMatchObject({ exitCode: 0, tables: [{ status: 'complete' }] })
    expect(await stateOf()).toMatchObject({ failures: 0, lastError: null, refreshed: [] })
    expect((await destination.state()).tables.get('memory_events')?.status).toBe('complete')
  })

  it('delete no more together than the deletion limit lets pass', async () => {
    const all = Array.from({ length: 400 }, (_, id) => id)
    keyed.fill(all)
    await run()
    // Three quarters, of which each range has one.
    for (const id of all) if (id % 4 !== 0) keyed.rows.delete(id)
    untilAtOnce(4)
    const held = await run()
    expect(first(first(held.tables).failures).failure).toMatchObject({ code: 'deletion-limit' })
    expect((await stored()).size).toBe(250)
    const accepted = await run({ acceptDeletions: true })
    expect(accepted.exitCode).toBe(0)
    expect(await stored()).toEqual(keyed.rows)
  })

  it('do not leave the table empty together', async () => {
    keyed.fill([1, 101, 201, 301])
    await run()
    keyed.rows.clear()
    untilAtOnce(4)
    const held = await run()
    expect(first(first(held.tables).failures).failure).toMatchObject({ code: 'deletion-limit' })
    expect((await stored()).size).toBe(1)
  })

  it('that fail while others are committed stay on record', async () => {
    keyed.fill([1, 101, 201, 301])
    const failed = Promise.withResolvers<void>()
    const others = Promise.withResolvers<void>()
    let commits = 0
    // One fails while the commits of the others are on their way, which knew of no failure when they began.
    const held = committing(
      async () => {
        if (++commits === 3) others.resolve()
        await failed.promise
      },
      () => failed.resolve(),
    )
    keyed.before = async ({ from }) => {
      if (from !== 300) return
      await others.promise
      throw new Error('broken')
    }
    const report = await run({ settings: { perSource: 4, retry: ONE_TRY }, destination: held })
    expect(first(report.tables)).toMatchObject({ status: 'failing', stepsDone: 3, stepsLeft: 1 })
    expect(await stateOf()).toMatchObject({ failures: 1, lastError: expect.stringContaining('broken') })
    expect((await destination.state()).tables.get('memory_events')?.status).toBe('failing')
  })
})
