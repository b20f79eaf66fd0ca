import { feedLost, UNCHANGED } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { resync } from '../src/commands/resync.ts'
import { sync } from '../src/commands/sync.ts'
import type { RunOptions } from '../src/options.ts'
import { fixedClock } from './catalog-of.ts'
import { Live } from './live.ts'
import { at, Lines, openMemory } from './system.ts'
import { type Entry, toldIn, toldRow } from './told.ts'

let live: Live
let destination: Destination
beforeEach(async () => {
  live = new Live()
  destination = await openMemory()
})
afterEach(() => destination.close())

const lines = new Lines()
const options = (more: Partial<RunOptions> = {}): RunOptions => ({
  sources: [{ name: 'memory', source: live.source(), config: {}, options: {} }],
  destination,
  clock: fixedClock(at(1000)),
  log: lines,
  settings: { batch: { rows: 3, bytes: 1e6 }, deletionLimit: 'none' },
  ...more,
})
const run = (more: Partial<RunOptions> = {}) => sync(options(more))
const expected = () => [...live.rows.values()].sort((a, b) => a.id - b.id)
const put = (
  id: number,
  note: string | typeof UNCHANGED,
  total: number | typeof UNCHANGED,
  before?: number,
): Entry => ({
  op: 'put',
  row: { id, note, total },
  ...(before === undefined ? {} : { before }),
})
const fed = async () => (await destination.state()).tables.get('memory_orders')!

describe('what was there before a feed began', () => {
  beforeEach(() => {
    for (let id = 0; id < 40; id++) live.transaction(put(id, `n${id}`, id))
  })

  it('is read in chunks, once; the feed goes on from where it was', async () => {
    const report = await run()
    expect(report.exitCode).toBe(0)
    expect(report.tables).toMatchObject([{ status: 'complete' }])
    expect(await toldIn(destination)).toEqual(expected())
    expect(live.chunksRead.sort((a, b) => a - b)).toEqual([0, 10, 20, 30])
    live.transaction(put(3, 'x', UNCHANGED), { op: 'delete', id: 4 })
    expect((await run()).tables).toMatchObject([{ rows: { read: 1, deleted: 1 } }])
    expect(live.chunksRead).toHaveLength(4)
    expect(await toldIn(destination)).toEqual(expected())
  })

  it('is right for a feed that ends when it has told all', async () => {
    live.isEndless = false
    let isOnce = false
    live.meanwhile = () => {
      if (isOnce) return
      isOnce = true
      live.transaction(put(5, 'new', 5), put(50, 'y', 50))
    }
    expect((await run()).exitCode).toBe(0)
    expect(await toldIn(destination)).toEqual(expected())
  })

  it('is continued by the next run after a failure, chunk by chunk', async () => {
    let chunks = 0
    live.meanwhile = () => {
      if (live.chunksRead.length > 2 && chunks++ === 0) throw new Error('the connection broke')
    }
    expect((await run({ settings: { perSource: 1 } })).exitCode).toBe(3)
    expect(await fed()).toMatchObject({ status: 'failing', fed: { chunks: { of: 4, unread: 2 } } })
    live.meanwhile = () => {}
    live.chunksRead = []
    expect((await run()).exitCode).toBe(0)
    expect(live.chunksRead.sort((a, b) => a - b)).toEqual([20, 30])
    expect(await fed()).toMatchObject({ status: 'complete' })
    expect(await toldIn(destination)).toEqual(expected())
  })

  it('is read again when the feed was lost: what is gone is deleted, and rows stay readable', async () => {
    await run()
    for (const id of [1, 2, 3]) live.rows.delete(id)
    live.log.push({ op: 'commit' })
    live.lostFor = 'its log was cut off'
    live.meanwhile = async () => {
      expect((await toldIn(destination)).length).toBeGreaterThanOrEqual(37)
      live.lostFor = undefined
    }
    expect((await run()).exitCode).toBe(0)
    expect(await toldIn(destination)).toEqual(expected())
    expect(await toldIn(destination)).toHaveLength(37)
    const synced = await destination.query('select count(distinct _synced_at) from memory_orders')
    // Rows that are as they were were not touched.
    expect(Number(synced.rows[0]![0])).toBeLessThanOrEqual(15)
  })

  it('is read again alone when it was lost alone, and the feed continues', async () => {
    await run()
    for (const id of [1, 2, 3]) live.rows.delete(id)
    live.lostFor = { orders: 'it was not in the log for a while', others: 'it is not a table of this feed' }
    live.chunksRead = []
    const [before] = [...(await destination.state()).feeds!.values()]
    live.meanwhile = () => {
      live.lostFor = {}
    }
    const report = await run()
    expect(report.exitCode).toBe(0)
    expect(live.chunksRead).toHaveLength(4)
    expect(await toldIn(destination)).toEqual(expected())
    const [after] = [...(await destination.state()).feeds!.values()]
    // It did not begin again.
    expect(after).toMatchObject({ id: before!.id, lostFor: null })
    expect(live.begun).toBe(1)
  })

  it('is read again when the feed says so with its last checkpoint', async () => {
    await run()
    live.log.push({ op: 'lost' } as never)
    live.rows.delete(1)
    live.chunksRead = []
    expect((await run()).exitCode).toBe(0)
    expect(live.chunksRead).toHaveLength(4)
    expect(await toldIn(destination)).toEqual(expected())
  })

  it('is read again when a chunk comes upon a loss', async () => {
    let isRewritten = true
    live.meanwhile = () => {
      if (live.chunksRead.length < 2 || !isRewritten) return
      isRewritten = false
      live.lostFor = { orders: 'it was rewritten' }
      live.rows.delete(1)
      throw feedLost('orders was rewritten')
    }
    const whileLost = { settings: { perSource: 1, retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 } } }
    const report = await run(whileLost)
    expect(report.exitCode).toBe(0)
    // Those that were read by then, and all of them once more.
    expect(live.chunksRead.length).toBeGreaterThanOrEqual(6)
    expect(await toldIn(destination)).toEqual(expected())
  })

  it.each([
    ['before the first batch of a chunk', 0],
    ['between two batches of it', 1],
    ['after its last one', 3],
  ])('is read again where its columns change %s', async (_, moment) => {
    live.betweenPages = async (chunk, pages) => {
      if (chunk !== 10 || pages !== moment) return
      live.betweenPages = () => {}
      const before = lines.lines.length
      live.added = { more: null }
      live.log.push({ op: 'columns', row: toldRow.extend({ more: z.string().nullable() }) }, { op: 'commit' })
      live.transaction(put(17, 'later', 17))
      while (!lines.lines.slice(before).some((line) => /"?more"?/.test(line)))
        await new Promise((later) => setTimeout(later, 1))
    }
    const report = await run()
    expect(report.tables[0]!.failures).toEqual([])
    expect(live.chunksRead.filter((chunk) => chunk === 10)).toHaveLength(2)
    expect(await toldIn(destination)).toEqual(expected())
  })

  it('answers nothing of what its feed told: a reject of a row that no chunk holds stays', async () => {
    live.meanwhile = () => {
      live.meanwhile = () => {}
      live.log.push({ op: 'put', row: { id: 100, note: 7, total: 1 } as never }, { op: 'commit' })
    }
    expect((await run({ settings: { perSource: 1, deletionLimit: 'none' } })).tables[0]!.rows.rejected).toBe(1)
    expect(live.chunksRead).toEqual([0, 10, 20, 30])
    const { rows } = await destination.query('select message from _tidemark_rejects')
    expect(rows).toHaveLength(1)
  })

  it('is withheld where too much of it is gone', async () => {
    await run()
    live.rows = new Map([[1, live.rows.get(1)!]])
    const settings = { deletionLimit: { share: 0.5, above: 10 } }
    const lost = { settings, restartFeed: 'memory/log' }
    const report = await run(lost)
    expect(report.tables[0]!.failures).toMatchObject([{ failure: { code: 'deletion-limit' } }])
    expect(await toldIn(destination)).toHaveLength(40)
    expect((await run({ acceptDeletions: true })).exitCode).toBe(0)
    expect(await toldIn(destination)).toEqual(expected())
  })

  it('is read again on request, with what the table lost outside', async () => {
    await run()
    live.chunksRead = []
    const report = await resync(options(), { table: 'memory_orders' })
    expect(report.exitCode).toBe(0)
    expect(live.chunksRead).toHaveLength(4)
    expect(await toldIn(destination)).toEqual(expected())
  })
})

/** Small, fast, and the same on every machine: mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below)
  }
}

/** Writes at random moments, for a while. */
function writeRandomly(random: (below: number) => number, writes: number): () => void {
  let left = writes
  const one = (): Entry[] => {
    const ids = [...live.rows.keys()]
    const id = ids[random(ids.length)]
    const unused = (): number => {
      for (;;) {
        const candidate = random(60)
        if (!live.rows.has(candidate)) return candidate
      }
    }
    const value = random(1000)
    switch (id === undefined ? 0 : random(12)) {
      case 0:
      case 1:
        return ids.length >= 55 ? [] : [put(unused(), `n${value}`, value)]
      case 2:
      case 3:
      case 4:
        return [put(id!, UNCHANGED, value)]
      case 5:
      case 6:
        return [put(id!, `m${value}`, UNCHANGED)]
      case 7:
        return ids.length >= 55 ? [] : [put(unused(), UNCHANGED, value, id!)]
      case 8:
        return ids.length >= 55 ? [] : [put(unused(), UNCHANGED, UNCHANGED, id!)]
      case 9:
      case 10:
        return [{ op: 'delete', id: id! }]
      default:
        return random(6) === 0 ? [{ op: 'truncate' }] : [put(id!, `w${value}`, value)]
    }
  }
  return () => {
    if (left <= 0 || random(3) !== 0) return
    left--
    const entries: Entry[] = []
    for (let count = 1 + random(4); count > 0; count--) {
      // Each is of the rows as those before have left them.
      const some = one()
      for (const entry of some) live.transaction(entry)
      live.log.splice(live.log.length - some.length * 2, some.length * 2, ...some)
      entries.push(...some)
    }
    live.log.push({ op: 'commit' })
  }
}

describe('a table that changes while it is read', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('is equal to its source in the end: seed %i', async (seed) => {
    const random = randomOf(seed)
    for (let id = 0; id < 30; id++) live.transaction(put(id, `n${id}`, id))
    live.meanwhile = writeRandomly(random, 120)
    const report = await run({ settings: { batch: { rows: 1 + random(5), bytes: 1e6 }, deletionLimit: 'none' } })
    expect(report.tables[0]!.failures).toEqual([])
    live.meanwhile = () => {}
    expect((await run()).exitCode).toBe(0)
    expect(await toldIn(destination)).toEqual(expected())
  })

  it('is never ahead of its feed, whenever it is looked at', async () => {
    for (let id = 0; id < 40; id++) live.transaction(put(id, 'n', 0))
    // Which version each place in the log has come to.
    const versions: number[] = []
    let version = 0
    const ahead: string[] = []
    let [isLooking, looks] = [false, 0]
    live.meanwhile = async () => {
      if (isLooking) return
      isLooking = true
      if (version < 150) {
        version++
        for (let id = 5; id < 40; id += 10) live.transaction(put(id, 'n', version))
        versions[live.log.length] = version
      }
      const shown = (await toldIn(destination).catch(() => [])).filter(({ id }) => id % 10 === 5)
      const { offset } = (await destination.state()).feeds?.get('memory/log') ?? {}
      const at = offset == null ? 0 : (JSON.parse(offset) as { at: number }).at
      const known = Math.max(0, ...versions.filter((_, place) => place <= at + 6))
      for (const { id, total } of shown) {
        looks++
        if (Number(total) > known) ahead.push(`${id} has version ${total}, and the offset is at ${known}`)
      }
      isLooking = false
    }
    await run({ settings: { batch: { rows: 3, bytes: 1e6 }, deletionLimit: 'none' } })
    expect(ahead).toEqual([])
    expect(looks).toBeGreaterThan(20)
  })
})
