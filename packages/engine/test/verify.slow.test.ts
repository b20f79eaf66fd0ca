import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { minutes } from '@tidemark/core'
import { type Destination, subtract } from '@tidemark/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { verify } from '../src/commands/verify.ts'
import type { VerifyOptions } from '../src/commands/verify-options.ts'
import type { RunOptions } from '../src/options.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, openMemory, run, type Spec, System, sourceOf } from './system.ts'

interface Bench {
  readonly system: System
  readonly destination: Destination
  readonly spec: Spec
  hand(statement: string): void
  rows(statement: string): Record<string, unknown>[]
}

/** A synced table in a file, so that a hand can be at it. */
async function bench(fill: (system: System) => void, spec: Spec = {}): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-verify-'))
  const file = join(folder, 'test.db')
  const destination = await openMemory(file)
  onTestFinished(async () => {
    await destination.close()
    rmSync(folder, { recursive: true })
  })
  const system = new System()
  fill(system)
  expect((await run({ system, destination, spec })).exitCode).toBe(0)
  const byHand = <T>(work: (database: DatabaseSync) => T): T => {
    const database = new DatabaseSync(file)
    try {
      return work(database)
    } finally {
      database.close()
    }
  }
  return {
    system,
    destination,
    spec,
    hand: (statement) => byHand((database) => database.exec(statement)),
    rows: (statement) => byHand((database) => database.prepare(statement).all()),
  }
}

const many =
  (count: number, partitions = ['']) =>
  (system: System) => {
    if (!partitions.includes('')) system.rows.clear()
    for (const partition of partitions) {
      for (let id = 0; id < count; id++) system.put({ id, at: id, text: `row ${id}` }, partition)
    }
  }

function look(
  { system, destination, spec }: Bench,
  more: Partial<VerifyOptions> = {},
  options: Partial<RunOptions> = {},
) {
  const sources = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
  return verify(
    { sources, destination, clock: fixedClock(at(system.now)), ...options },
    { table: 'memory_events', ...more },
  )
}

const state = async ({ destination }: Bench) => (await destination.state()).tables.get('memory_events')!

const KINDS: readonly (readonly [string, Spec, readonly string[]])[] = [
  ['keyed', {}, ['']],
  ['keyed in windows', { window: minutes(1), start: instant(0) }, ['']],
  ['ascending', { ordered: 'ascending' }, ['']],
  ['descending', { ordered: 'descending' }, ['']],
  ['partitioned', {}, ['a', 'b']],
  ['whole', { cursor: undefined, minAge: undefined, lookback: undefined }, ['']],
  ['whole and partitioned', { cursor: undefined, minAge: undefined, lookback: undefined }, ['a', 'b']],
  ['without a key', { primaryKey: undefined }, ['']],
]

describe.each(KINDS)('a table %s', (_name, spec, partitions) => {
  const ordered: Spec =
    spec['ordered'] === undefined
      ? spec
      : {
          ...spec,
          async *read({ from, to }: { from?: string; to: string }) {
            const rows = many500.filter((row) => (from === undefined || row.at >= from) && row.at < to)
            yield spec['ordered'] === 'ascending' ? rows : rows.toReversed()
          },
        }
  const many500 = Array.from({ length: 500 }, (_, id) => ({ id, at: instant(id), text: `row ${id}` }))

  it('that matches its source is said to match, and nothing is written', async () => {
    const one = await bench(many(500, [...partitions]), ordered)
    const before = await state(one)
    const report = await look(one)
    expect(report).toMatchObject({ exitCode: 0, missing: 0, extra: 0, different: 0, found: [] })
    expect(report.rows).toEqual({
      source: 500 * partitions.length,
      destination: 500 * partitions.length,
      rejected: 0,
      undeclared: 0,
    })
    expect(await state(one)).toEqual(before)
  })

  it('of which rows were deleted, changed and added by hand is told and mended row by row', async () => {
    const one = await bench(many(500, [...partitions]), ordered)
    const of = partitions[0] === '' ? '' : ` and _partition = 'a'`
    const keyed = spec['primaryKey'] !== undefined || !('primaryKey' in spec)
    one.hand(`delete from memory_events where id in (3, 77, 78, 120, 333, 400, 499)${of}`)
    one.hand(`update memory_events set text = 'broken' where id in (5, 6, 250, 410, 411)${of}`)
    const columns = partitions[0] === '' ? '' : ', _partition'
    const value = partitions[0] === '' ? '' : `, 'a'`
    const position = spec['cursor'] === undefined && 'cursor' in spec ? 'null' : '90000000'
    one.hand(
      `insert into memory_events (id, at, text, _cursor, _synced_at${columns}) select id, '1970-01-01T00:01:30.000000Z', 'x', ${position}, '2020-01-01T00:00:00.000000Z'${value} from (select 9001 as id union all select 9002)`,
    )
    const before = one.rows('select * from memory_events order by id, text')
    const covered = (await state(one)).partitions
    const report = await look(one)
    expect(report.exitCode).toBe(3)
    expect([report.missing, report.extra, report.different]).toEqual(keyed ? [7, 2, 5] : [12, 7, 0])
    const keys = report.found.flatMap((window) => window.keys)
    if (keyed) {
      const of = (kind: string) => keys.filter((one) => one.kind === kind).map((one) => Number(JSON.parse(one.key)[0]))
      expect(of('missing').sort((a, b) => a - b)).toEqual([3, 77, 78, 120, 333, 400, 499])
      expect(of('different').sort((a, b) => a - b)).toEqual([5, 6, 250, 410, 411])
      expect(of('extra').sort((a, b) => a - b)).toEqual([9001, 9002])
    }
    expect(one.rows('select * from memory_events order by id, text')).toEqual(before)

    const mended = await look(one, { repair: true })
    expect(
      mended,
      JSON.stringify(mended.repair?.report, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
    ).toMatchObject({
      exitCode: 0,
      repair: { remaining: 0 },
    })
    expect(mended.repair?.report.tables[0]?.rows).toMatchObject({ written: 12, deleted: keyed ? 2 : 7 })
    expect(await look(one)).toMatchObject({ exitCode: 0, found: [] })
    expect(
      one.rows(`select count(*) as n from memory_events where text = 'broken' or (id > 9000 and _deleted_at is null)`),
    ).toEqual([{ n: 0 }])
    const touched = new Set([3, 77, 78, 120, 333, 400, 499, 5, 6, 250, 410, 411, 9001, 9002])
    const quiet = (rows: Record<string, unknown>[]) =>
      rows.filter((row) => row['_partition'] === 'b' || !touched.has(Number(row['id'])))
    expect(quiet(one.rows('select * from memory_events order by id, text'))).toEqual(quiet(before))
    const after = (await state(one)).partitions
    for (const [id, { covered: ranges }] of covered) {
      expect([subtract(after.get(id)!.covered, ranges), subtract(ranges, after.get(id)!.covered)]).toEqual([[], []])
      expect(after.get(id)!.resyncs).toEqual([])
    }
  })
})

describe('what is not wrong', () => {
  it('a row that changed since it was read, and comes with the next sync', async () => {
    const one = await bench(many(100))
    one.system.put({ id: 7, at: 1500, text: 'later' })
    one.system.put({ id: 200, at: 1500, text: 'new' })
    one.system.now = 2000
    expect(await look(one)).toMatchObject({ exitCode: 0, rows: { source: 99, destination: 100 } })
  })

  it('a row that changes while it is looked at', async () => {
    const one = await bench(many(100))
    let page = 0
    one.system.beforePage = async () => {
      if (++page !== 3) return
      one.system.put({ id: 90, at: 1500, text: 'moving' })
      one.system.now = 2000
      await run({ system: one.system, destination: one.destination, spec: one.spec })
    }
    expect(await look(one)).toMatchObject({ exitCode: 0, found: [] })
  })

  it('a mark that a told deletion left, and rows that were rejected', async () => {
    const spec = { row: z.object({ id: z.int(), at: z.iso.datetime(), text: z.string().max(10) }) }
    const one = await bench((system) => {
      many(300)(system)
      system.put({ id: 300, at: 300, text: 'much too long for this' })
      system.deletions = [{ id: 4, at: 500, when: 500 }]
    }, spec)
    expect(one.rows('select count(*) as n from memory_events where _deleted_at is not null')).toEqual([{ n: 1 }])
    expect(await look(one)).toMatchObject({ exitCode: 4, found: [], rows: { rejected: 1 } })
  })

  it('a column that is new and was not read back', async () => {
    const one = await bench(many(50))
    const row = z.object({ id: z.int(), at: z.iso.datetime(), text: z.string(), more: z.string().optional() })
    const spec = {
      row,
      async *read({ from, to }: { from?: string; to: string }) {
        const all = one.system.all().map((each) => ({ ...each, at: instant(each.at), more: `more ${each.id}` }))
        yield all.filter((each) => (from === undefined || each.at >= from) && each.at < to)
      },
    }
    const later = { ...one, spec }
    const unread = await look(later)
    expect(unread).toMatchObject({ exitCode: 0, notes: ['not compared, as the next sync changes them: more'] })
    one.system.now = 1100
    one.system.put({ id: 60, at: 1050, text: 'x' })
    await run({ system: one.system, destination: one.destination, spec })
    expect(await look(later)).toMatchObject({ exitCode: 0 })
    one.hand(`update memory_events set more = 'other' where id in (60, 3)`)
    expect(await look(later)).toMatchObject({ different: 2 })
  })
})

describe('what is chosen', () => {
  it('is a window, a partition, or a sample that its seed chooses again', async () => {
    const one = await bench(many(500))
    one.hand('delete from memory_events where id in (10, 400)')
    expect(await look(one, { from: instant(0), to: instant(100) })).toMatchObject({ missing: 1 })
    expect(await look(one, { from: instant(100), to: instant(200) })).toMatchObject({ exitCode: 0 })
    await expect(look(one, { from: instant(100), to: instant(100) })).rejects.toThrow('--from is not before --to')
    await expect(look(one, { partition: 'x' })).rejects.toThrow('has no partition "x"')
    const sample = { share: 0.1, seed: 7 }
    const [first, second] = [await look(one, { sample }), await look(one, { sample })]
    expect(first.windows).toEqual({ compared: 10, of: 100 })
    expect(first.rows).toEqual(second.rows)
    const parts = await bench(many(50, ['a', 'b']))
    parts.hand('delete from memory_events where id = 3')
    expect(await look(parts, { partition: 'a' })).toMatchObject({ missing: 1 })
  })

  it('is nothing that is not covered', async () => {
    const one = await bench(many(100))
    one.hand('delete from _tidemark_coverage')
    one.hand('delete from memory_events where id < 50')
    expect(await look(one)).toMatchObject({
      exitCode: 3,
      windows: { compared: 0, of: 0 },
      unreadPartitions: [{ partition: '', why: 'never-read' }],
    })
  })
})

describe('a repair', () => {
  it('holds back under the rail, and a source that fails is told', async () => {
    const one = await bench(many(500))
    for (let id = 100; id < 500; id++) one.system.remove(id)
    const held = await look(one, { repair: true }, { settings: { deletionLimit: { share: 0.1, above: 10 } } })
    expect(held).toMatchObject({ exitCode: 3, extra: 400, repair: { remaining: 400 } })
    expect(held.repair?.report.tables[0]?.failures[0]?.failure.code).toBe('deletion-limit')
    one.system.beforePage = () => {
      throw new Error('broken')
    }
    const failed = await look(one)
    expect(failed).toMatchObject({ exitCode: 3, found: [{ failure: { message: 'broken' } }] })
  })

  it('is refused where another runner holds the table', async () => {
    const one = await bench(many(20))
    one.hand('delete from memory_events where id = 3')
    const file = one.rows(`select file from pragma_database_list where name = 'main'`)[0]?.['file']
    const other = await openMemory(String(file))
    await other.lease(['memory_events'])
    await expect(look(one, { repair: true })).rejects.toMatchObject({ code: 'held' })
    await other.close()
  })
})
