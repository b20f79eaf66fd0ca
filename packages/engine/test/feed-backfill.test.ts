import { type Change, type Checkpoint, defineSource, feedLost, type Source, UNCHANGED } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { resync } from '../src/commands/resync.ts'
import { sync } from '../src/commands/sync.ts'
import type { RunOptions } from '../src/options.ts'
import { fixedClock } from './catalog-of.ts'
import { at, Lines, openMemory } from './system.ts'
import { type Entry, type Told, toldIn, toldRow } from './told.ts'

type Offset = { readonly at: number }

/** A database in memory that changes while it is read, and keeps a log of its changes. */
class Live {
  rows = new Map<number, Told>()
  log: Entry[] = []
  /** Called at every moment at which the source is waited for. */
  meanwhile: () => void | Promise<void> = () => {}
  chunksRead: number[] = []
  begun = 0
  isTold = false
  /** The log from before this is not kept. */
  begunAt = 0
  rowsByKey = true
  lostFor: string | Readonly<Record<string, string>> | undefined
  /** Its log goes on until the signal; else it ends when all is told. */
  isEndless = true

  transaction(...entries: Entry[]): void {
    for (const entry of entries) this.#apply(entry)
    this.log.push(...entries, { op: 'commit' })
  }

  #apply(entry: Entry): void {
    if (entry.op === 'delete') this.rows.delete(entry.id)
    else if (entry.op === 'truncate') this.rows.clear()
    else if (entry.op === 'put') {
      const { row, before } = entry
      const there = this.rows.get(before ?? row.id)
      if (before !== undefined) this.rows.delete(before)
      this.rows.set(row.id, {
        id: row.id,
        note: row.note === UNCHANGED ? there!.note : row.note,
        total: row.total === UNCHANGED ? there!.total : row.total,
      })
    }
  }

  source(): Source {
    const live = this
    const memory = defineSource({ name: 'memory' })
    const feed = memory.feed({ name: 'log', offset: z.object({ at: z.int() }) })
    const snapshot = async (want: (id: number) => boolean): Promise<Told[]> => {
      await live.meanwhile()
      return [...live.rows.values()].filter(({ id }) => want(id))
    }
    const orders = feed.table({
      name: 'orders',
      row: toldRow,
      primaryKey: ['id'],
      backfill: {
        *chunks() {
          for (let from = 0; from < 40; from += 10) yield { from, to: from === 30 ? null : from + 10 }
        },
        async *read({ chunk }) {
          live.chunksRead.push(chunk.from)
          const rows = await snapshot((id) => id >= chunk.from && (chunk.to === null || id < chunk.to))
          for (let first = 0; first < rows.length; first += 4) {
            yield rows.slice(first, first + 4)
            await live.meanwhile()
          }
          return { at: live.log.length }
        },
        ...(live.rowsByKey
          ? {
              async *rows({
                keys,
              }: {
                readonly keys: readonly { readonly id: unknown }[]
              }): AsyncGenerator<Told[], Offset> {
                const wanted = new Set(keys.map(({ id }) => Number(id)))
                yield await snapshot((id) => wanted.has(id))
                return { at: live.log.length }
              },
            }
          : {}),
      },
    })
    return memory.with([
      feed.of([orders], {
        begin() {
          live.begun++
          return { at: live.log.length }
        },
        head: () => ({ at: live.log.length }),
        lost() {
          const lost = live.isTold ? { orders: 'it was rewritten' } : live.lostFor
          live.isTold = false
          return lost
        },
        isPast: (one, other) => one.at >= other.at,
        repeatable: true,
        async *read({ offset, signal }): AsyncGenerator<Change<undefined> | Checkpoint<Offset>> {
          for (let index = offset?.at ?? 0; !signal.aborted; index++) {
            await live.meanwhile()
            while (index >= live.log.length) {
              if (!live.isEndless) return
              await new Promise((later) => setTimeout(later, 1))
              if (signal.aborted) return
            }
            const entry = live.log[index]!
            if (entry.op === 'put')
              yield orders.upserted(
                [entry.row as never],
                entry.before === undefined ? {} : { before: { id: entry.before } },
              )
            else if (entry.op === 'delete') yield orders.deleted([{ id: entry.id }])
            else if (entry.op === 'truncate') yield orders.truncated()
            else if ((entry as { op: string }).op === 'lost') {
              live.isTold = true
              yield feed.checkpoint({ at: index + 1 }, { lost: true })
            } else yield feed.checkpoint({ at: index + 1 })
          }
        },
      }),
    ]) as Source
  }
}

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
})
