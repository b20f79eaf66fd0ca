import { minutes } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { sync } from '../src/commands/sync.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, openMemory, rowsIn, run, type Spec, System, sorted, sourceOf } from './system.ts'

const spec: Spec = { start: instant(0), lookback: minutes(1), window: minutes(10) }

function filled(rows: number, step = 10): System {
  const system = new System()
  system.now = 10_000
  for (let id = 0; id < rows; id++) system.put({ id, at: 100 + id * step, text: `${id}` })
  return system
}

describe('rows that share the value of the cursor', () => {
  it.each([
    ['in windows', spec],
    ['in ascending order', { ...spec, window: undefined, ordered: 'ascending' }],
    ['in descending order', { ...spec, ordered: 'descending' }],
    ['without a key', { ...spec, primaryKey: undefined }],
  ] as const)('are all there once, also those that come later, over pages and windows: %s', async (_, how) => {
    const system = new System()
    system.now = 620
    // 250 of them where a window ends (600), pages of 100, parts of 70.
    for (let id = 0; id < 250; id++) system.put({ id, at: 600, text: 'tie' })
    for (let id = 250; id < 260; id++) system.put({ id, at: 590, text: 'before' })
    const destination = await openMemory()
    const settings = { batch: { rows: 70, bytes: 1e6 } }
    const go = async () => {
      const order = how === undefined || !('ordered' in how) ? 0 : how.ordered === 'ascending' ? 1 : -1
      system.rows.set(
        '',
        system.all().toSorted((a, b) => order * (a.at - b.at)),
      )
      return await run({ system, destination, spec: how, pageSize: 100, options: { settings } })
    }
    expect((await go()).exitCode).toBe(0)
    for (let id = 300; id < 303; id++) system.put({ id, at: 600, text: 'tie, later' })
    for (const now of [640, 705, 720]) {
      system.now = Math.max(now, system.now)
      expect((await go()).exitCode).toBe(0)
    }
    system.now = 730
    expect((await go()).exitCode).toBe(0)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })
})

describe('a cursor', () => {
  it('far beyond the present stands still: nothing is read, nothing fails, and it does not move back', async () => {
    const system = filled(3)
    const destination = await openMemory()
    const far = at(32_503_680_000)
    const own: Spec = { ...spec, window: undefined, end: () => new Date(Number(far / 1000n)).toISOString() }
    await run({ system, destination, spec: own })
    system.asked = []
    const report = await run({ system, destination, spec: own })
    expect([report.exitCode, system.asked]).toEqual([0, []])
    const { rows } = await destination.query('select max(to_position) from _tidemark_coverage')
    expect(BigInt(rows[0]?.[0] as bigint)).toBe(far)
  })

  it.each([
    ['reject', 2, 1],
    ['skip', 2, 0],
    ['keep', 3, 0],
  ] as const)('that is NULL is treated as its table says: %s', async (nullCursor, kept, rejected) => {
    const row = z.object({ id: z.int(), at: z.iso.datetime().nullable(), text: z.string() })
    const system = new System()
    system.now = 2000
    const read = async function* () {
      yield [
        { id: 1, at: instant(500), text: 'a' },
        { id: 2, at: null, text: 'b' },
        { id: 3, at: instant(600), text: 'c' },
      ]
    }
    const destination = await openMemory()
    const report = await run({ system, destination, spec: { ...spec, window: undefined, row, nullCursor, read } })
    expect(report.tables[0]?.rows).toMatchObject({ written: kept, rejected })
  })
})

describe('a history', () => {
  it('that changes while it is read ends as its source is', async () => {
    const system = filled(60, 60)
    const destination = await openMemory()
    let pages = 0
    system.beforePage = () => {
      pages++
      system.now += 5
      // Updates, new rows and rows that go, anywhere, while pages are on their way.
      if (pages % 3 === 0) system.put({ id: pages % 60, at: system.now, text: `changed ${pages}` })
      if (pages % 4 === 0) system.put({ id: 1000 + pages, at: system.now, text: 'new' })
      if (pages % 7 === 0) {
        system.remove(pages % 60)
        system.deletions.push({ id: pages % 60, at: system.now, when: system.now })
      }
    }
    await run({ system, destination, spec })
    system.beforePage = () => {}
    for (let more = 0; more < 2; more++) {
      system.now += 100
      expect((await run({ system, destination, spec })).exitCode).toBe(0)
    }
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('of five tables that breaks in one is not read again in the others', async () => {
    const system = filled(40, 60)
    const destination = await openMemory()
    const asked: string[] = []
    let isBroken = true
    const source = sourceOf(system, spec)
    const [table] = source.tables as readonly { readonly read: (question: never) => AsyncIterable<unknown> }[]
    const tables = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
      ...table,
      name,
      read: (question: never) => {
        asked.push(name)
        if (isBroken && name === 'd' && asked.filter((one) => one === 'd').length === 3) throw new Error('broken')
        return table!.read(question)
      },
    }))
    const sources = [{ name: 'five', source: { ...source, tables: tables as never }, config: {}, options: {} }]
    const clock = fixedClock(at(10_000))
    expect((await sync({ sources, destination, clock })).exitCode).toBe(3)
    asked.length = 0
    isBroken = false
    expect((await sync({ sources, destination, clock })).exitCode).toBe(0)
    expect(new Set(asked)).toEqual(new Set(['d']))
  })

  it('read twice is the same set of rows', async () => {
    const system = filled(100)
    const both = await Promise.all([openMemory(), openMemory()])
    for (const destination of both) await run({ system, destination, spec })
    expect(await rowsIn(both[0]!)).toEqual(await rowsIn(both[1]!))
  })
})

describe('pages', () => {
  it('may be empty in the middle', async () => {
    const system = filled(4)
    const read = async function* () {
      yield [{ id: 1, at: instant(200), text: 'a' }]
      yield []
      yield [{ id: 2, at: instant(300), text: 'b' }]
    }
    const destination = await openMemory()
    const report = await run({ system, destination, spec: { ...spec, window: undefined, read } })
    expect(report.tables[0]?.rows.written).toBe(2)
  })

  it('that come again and again are the end of an ascending table, not of the machine', async () => {
    const system = filled(4)
    const read = async function* () {
      for (;;) {
        yield [
          { id: 1, at: instant(200), text: 'a' },
          { id: 2, at: instant(300), text: 'b' },
        ]
      }
    }
    const destination = await openMemory()
    const report = await run({ system, destination, spec: { ...spec, window: undefined, ordered: 'ascending', read } })
    expect(report.tables[0]?.failures[0]?.failure.message).toContain('ascending')
  })
})

describe('what is set aside', () => {
  it('is stored safely, whatever it holds: NUL, half a surrogate pair, megabytes', async () => {
    const system = new System()
    system.now = 2000
    const big = 'x'.repeat(5_000_000)
    const read = async function* () {
      yield [
        { id: 1, at: instant(500), text: { nul: 'a\0b', half: '\ud800' } },
        { id: 2, at: instant(501), text: { big } },
        { id: 3, at: instant(502), text: { big: `${big}y` } },
      ]
    }
    const destination = await openMemory()
    await run({ system, destination, spec: { ...spec, window: undefined, read } })
    const { rows } = await destination.query('select payload, hash from _tidemark_rejects order by id')
    expect(rows.map(([payload]) => String(payload).length <= 10_000)).toEqual([true, true, true])
    expect(String(rows[0]?.[0])).not.toMatch(/\0|\ud800/)
    // Cut payloads are alike; what they were cut from is told apart by its hash.
    expect(rows[1]?.[0]).toBe(String(rows[2]?.[0]).replace('"id":3', '"id":2').replace('08:22', '08:21'))
    expect(rows[1]?.[1]).not.toBe(rows[2]?.[1])
  })
})
