import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { UNCHANGED } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { sync } from '../src/commands/sync.ts'
import { verify } from '../src/commands/verify.ts'
import type { VerifyOptions } from '../src/commands/verify-options.ts'
import type { RunOptions } from '../src/options.ts'
import { systemClock } from '../src/time/clock.ts'
import { fixedClock } from './catalog-of.ts'
import { Live } from './live.ts'
import { at, Lines, openMemory } from './system.ts'
import { type Entry, Log, put, commit as told } from './told.ts'

let live: Live
let url: string
let destination: Destination
beforeEach(async () => {
  live = new Live()
  for (let id = 0; id < 40; id++) live.transaction(put(id, `n${id}`, id))
  url = join(mkdtempSync(join(tmpdir(), 'tidemark-verify-fed-')), 'x.db')
  destination = await open()
})

async function open(): Promise<Destination> {
  const opened = await openMemory(url)
  onTestFinished(() => opened.close())
  return opened
}

const options = (more: Partial<RunOptions> = {}): RunOptions => ({
  sources: [{ name: 'memory', source: live.source(), config: {}, options: {} }],
  destination,
  clock: fixedClock(at(1000)),
  log: new Lines(),
  settings: { batch: { rows: 3, bytes: 1e6 }, deletionLimit: 'none' },
  ...more,
})
const run = async (more: Partial<RunOptions> = {}) => expect((await sync(options(more))).exitCode).toBe(0)
const compared = (more: Partial<RunOptions> = {}, wanted: Partial<VerifyOptions> = {}) =>
  verify(options(more), { table: 'memory_orders', ...wanted })

/** Changes rows by hand, behind the back of everybody. */
function byHand(...statements: readonly string[]): void {
  const database = new DatabaseSync(url)
  for (const statement of statements) database.exec(statement)
  database.close()
}

/** Makes a transaction of any kind now and then, the same each time. */
function changing(seed: number, most = 400): () => void {
  let state = seed
  const below = (bound: number): number => {
    state = (state * 1103515245 + 12345) % 2147483648
    return Math.floor((state / 2147483648) * bound)
  }
  let left = most
  return () => {
    if (left === 0 || below(3) > 0) return
    left--
    const ids = [...live.rows.keys()]
    const id = ids[below(ids.length)]!
    const free = 40 + below(30)
    const change = (): Entry => {
      if (below(4) === 0 && ids.length > 20) return { op: 'delete', id }
      if (below(3) === 0 && !live.rows.has(free)) return put(free, UNCHANGED, UNCHANGED, { before: id })
      if (!live.rows.has(free)) return put(free, `new ${left}`, left)
      return put(id, UNCHANGED, left)
    }
    live.transaction(change())
  }
}

describe('a table of a feed is compared with its source', () => {
  it('where nothing changes', async () => {
    await run()
    expect(await compared()).toMatchObject({
      exitCode: 0,
      rows: { source: 40, destination: 40 },
      missing: 0,
      extra: 0,
      different: 0,
      windows: { compared: 1, of: 1 },
    })
  })

  it('and what was changed by hand is found, and nothing else', async () => {
    await run()
    byHand(
      "update memory_orders set note = 'x' where id = 7",
      'delete from memory_orders where id = 8',
      'insert into memory_orders (id, note, total, _cursor, _synced_at) select 99, note, total, _cursor, _synced_at from memory_orders where id = 9',
      'update memory_orders set _deleted_at = _synced_at where id = 10',
    )
    const report = await compared()
    expect(report).toMatchObject({ exitCode: 3, missing: 2, extra: 1, different: 1 })
    expect(report.found[0]!.keys.map(({ kind, key }) => `${kind} ${key}`).sort()).toEqual([
      'different [7]',
      'extra [99]',
      'missing [10]',
      'missing [8]',
    ])
  })

  it('and is repaired by reading its chunks again', async () => {
    await run()
    byHand("update memory_orders set note = 'x' where id = 7", 'delete from memory_orders where id = 8')
    expect(await compared({}, { repair: true })).toMatchObject({ exitCode: 0, repair: { remaining: 0 } })
    expect(await compared()).toMatchObject({ exitCode: 0 })
  })

  it.each(['soft', 'hard'] as const)(
    'exactly while it changes and no run reads its feed (%s deletes)',
    async (deletes) => {
      const sources = () => [{ name: 'memory', source: live.source(), config: {}, options: { deletes } }]
      await run({ sources: sources() })
      for (let seed = 1; seed <= 15; seed++) {
        live.meanwhile = changing(seed)
        const log = live.log.length
        expect(await compared({ sources: sources() })).toMatchObject({ failure: undefined, found: [], exitCode: 0 })
        expect(live.log.length).toBeGreaterThan(log)
        live.meanwhile = () => {}
        await run({ sources: sources() })
      }
    },
  )

  it('exactly while it changes and runs read its feed', async () => {
    await run()
    const other = await open()
    let isOver = false
    const running = (async () => {
      while (!isOver) await run({ destination: other })
    })()
    try {
      for (let seed = 1; seed <= 5; seed++) {
        live.meanwhile = changing(seed)
        expect(await compared({ clock: systemClock })).toMatchObject({ failure: undefined, found: [], exitCode: 0 })
      }
    } finally {
      live.meanwhile = () => {}
      isOver = true
      await running
    }
  })

  it('and what was changed by hand is found while it changes', async () => {
    await run()
    live.meanwhile = changing(7)
    byHand("update memory_orders set note = 'x'", 'delete from memory_orders where id between 20 and 29')
    const report = await compared()
    expect(report.different).toBeGreaterThan(5)
    expect(report.missing).toBeGreaterThan(2)
    expect(report.notes).toEqual([
      expect.stringMatching(/^not compared, as the feed changed them meanwhile: \d+ rows?$/),
    ])
  })

  it('and a row that cannot be read is no difference', async () => {
    live.rows.set(5, { id: 5, note: 'n5', total: 'no number' as never })
    await run()
    expect(await compared()).toMatchObject({ exitCode: 4, missing: 0, rows: { source: 39, rejected: 1 } })
  })
})

describe('a table of a feed is not compared', () => {
  it('while its backfill is not complete, and that is said', async () => {
    let chunks = 0
    live.meanwhile = () => {
      if (live.chunksRead.length > 2 && chunks++ === 0) throw new Error('the connection broke')
    }
    await sync(options({ settings: { perSource: 1 } }))
    expect(await compared()).toMatchObject({
      exitCode: 3,
      windows: { compared: 0, of: 0 },
      unreadPartitions: [{ why: 'never-read', message: '2 of the 4 chunks of its backfill are read' }],
    })
  })

  it('where its source emptied it and no sync has read that', async () => {
    await run()
    live.transaction({ op: 'truncate' }, put(1, 'a', 1))
    const report = await compared()
    expect(report).toMatchObject({ exitCode: 3, missing: 0, extra: 0 })
    expect(report.found[0]!.failure?.message).toMatch(/all rows of memory_orders were replaced at its source.*sync it/)
    await run()
    expect(await compared()).toMatchObject({ exitCode: 0 })
  })

  it.each([
    ['of all its tables', 'its log was cut off'],
    ['of this table', { orders: 'its log was cut off' }],
  ])('where its feed cannot continue from its offset, %s', async (_, lost) => {
    await run()
    live.lostFor = lost
    expect((await compared()).found[0]!.failure?.message).toMatch(
      /cannot continue from its offset: its log was cut off; sync/,
    )
  })

  it('where its feed alone tells its rows', async () => {
    const log = new Log().add(put(1, 'a', 1), told)
    const sources = [{ name: 'memory', source: log.source(), config: {}, options: {} }]
    await run({ sources })
    const { failure, exitCode } = await compared({ sources })
    expect(exitCode).toBe(3)
    expect(failure?.message).toMatch(/comes from the feed "log" alone, which cannot be read a second time/)
  })
})
