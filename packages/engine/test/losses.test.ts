// Ways in which rows were lost, doubled or wrongly marked before they were tests.
import { deleted, minutes, SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { resync } from '../src/commands/resync.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, openMemory, type Row, rowsIn, run, System, sorted, sourceOf } from './system.ts'

let system: System
let destination: Destination
beforeEach(async () => {
  system = new System()
  destination = await openMemory()
})
afterEach(() => destination.close())
const row = (id: number, when: number, text = 'a'): Row => ({ id, at: when, text })
const fill = (count: number, step = 10, p = ''): void => {
  for (let id = 0; id < count; id++) system.put(row(id, id * step), p)
}
const small = { settings: { part: { rows: 4, bytes: 1e6 } } }
const ids = async (): Promise<number[]> => (await rowsIn(destination)).map((one) => one.id)

it('whole table, two partitions at once, several parts each: no row is lost', async () => {
  system.rows = new Map([
    ['x', []],
    ['y', []],
  ])
  fill(40, 10, 'x')
  fill(40, 10, 'y')
  system.beforePage = () => new Promise((r) => setTimeout(r, 1))
  const spec = { cursor: undefined, settle: undefined, lookback: undefined }
  await run({ system, destination, spec, options: small }).catch((e) => ({
    exitCode: String(e),
    tables: [{ rows: 0 }],
  }))
  const x = await rowsIn(destination, { partition: 'x' }),
    y = await rowsIn(destination, { partition: 'y' })
  expect([x.length, y.length]).toEqual([40, 40])
})

it('keyless, two partitions at once, several parts', async () => {
  system.rows = new Map([
    ['x', []],
    ['y', []],
  ])
  fill(40, 10, 'x')
  fill(40, 10, 'y')
  system.beforePage = () => new Promise((r) => setTimeout(r, 1))
  const spec = { primaryKey: undefined }
  await run({ system, destination, spec, options: small }).catch((e) => {
    console.log('A1b', String(e))
    return undefined
  })
  const x = await rowsIn(destination, { partition: 'x' }),
    y = await rowsIn(destination, { partition: 'y' })
  expect([x.length, y.length]).toEqual([40, 40])
})

it('a reread of one partition beside an ordinary step of another marks nothing that is there', async () => {
  system.rows = new Map([
    ['x', []],
    ['y', []],
  ])
  fill(40, 10, 'x')
  fill(10, 10, 'y')
  await run({ system, destination, options: small })
  fill(40, 10, 'y')
  const clock = fixedClock(at(1100))
  system.now = 1100
  for (let id = 100; id < 140; id++) system.put(row(id, 1000 + id - 100), 'y')
  system.beforePage = () => new Promise((r) => setTimeout(r, 1))
  const uses = [{ name: 'memory', source: sourceOf(system), config: {}, options: {} }]
  await resync(
    { uses, destination, clock, settings: small.settings },
    { table: 'memory_events', from: instant(0), to: instant(400) },
  )
  const x = await rowsIn(destination, { partition: 'x' })
  expect(x.length).toBe(40)
})

it('a reread is not struck out by a lookback, which marks nothing', async () => {
  fill(20, 50)
  const spec = { lookback: minutes(5) }
  await run({ system, destination, spec })
  system.remove(18) // at 900
  system.now = 1010
  // the run of the resync breaks in its reread
  system.beforePage = (_, __, from) => {
    if (from <= 0) throw new Error('broken')
  }
  const uses = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
  await resync({ uses, destination, clock: fixedClock(at(1010)) }, { table: 'memory_events' })
  await destination.state()
  system.beforePage = () => {}
  await run({ system, destination, spec })
  const ids = (await rowsIn(destination)).map((one) => one.id)
  expect(ids).not.toContain(18)
})

it('a column left out of a loose table is not in _extra; nor in rejects', async () => {
  const spec = {
    row: z.looseObject({ id: z.int(), at: z.iso.datetime(), text: z.string(), email: z.string() }),
    async *read() {
      yield [
        { id: 1, at: instant(5), text: 'a', email: 'secret@example.org', more: 1 },
        { id: 2, at: instant(6), text: 7, email: 'other@example.org' },
      ]
    },
  }
  await run({ system, destination, spec, use: { options: { tables: { events: { columns: { email: false } } } } } })
  const rows = await destination.query('select * from memory_events')
  const rejects = await destination.query('select payload from _tidemark_rejects')
  expect.soft(JSON.stringify(rows.rows, (_, v) => (typeof v === 'bigint' ? String(v) : v))).not.toContain('secret@')
  expect.soft(JSON.stringify(rejects.rows)).not.toContain('other@')
})

it('what another system has synced up to noon leaves the day of a date cursor to be read', async () => {
  const day = (n: number) => new Date(n * 86_400_000).toISOString().slice(0, 10)
  system.now = 10 * 86_400
  const spec = {
    row: z.object({ id: z.int(), at: z.iso.date(), text: z.string() }),
    settle: undefined,
    lookback: undefined,
    async *read({ from, to }: { from: string; to: string }) {
      yield Array.from({ length: 12 }, (_, id) => ({ id, at: day(id), text: 'a' })).filter(
        (one) => (from === undefined || one.at >= from) && one.at < to,
      )
    },
  }
  await run({
    system,
    destination,
    spec,
    options: { settings: { synced: { tables: ['events'], to: '1970-01-06T12:00:00Z' } } },
  })
  const ids = (await rowsIn(destination)).map((one) => one.id)
  expect(ids).toContain(5) // 1970-01-06: half of the day came after noon
})

it('the same where the read is stopped past the window', async () => {
  fill(40, 10)
  await run({ system, destination })
  system.now = 2000
  for (let id = 100; id < 130; id++) system.put(row(id, 1000 + (id - 100) * 20))
  system.put(row(900, 5000))
  system.remove(3)
  const all = () => system.all().sort((a, b) => a.at - b.at)
  const spec = {
    ordered: 'ascending',
    async *read({ from }: { from: string }) {
      const low = from === undefined ? -Infinity : Date.parse(from) / 1000
      const rows = all().filter((one) => one.at >= low)
      for (let i = 0; i < rows.length; i += 5)
        yield rows.slice(i, i + 5).map((one) => ({ ...one, at: instant(one.at) }))
      yield deleted([{ id: 3 }])
    },
  }
  await run({ system, destination, spec })
  const ids = (await rowsIn(destination)).map((one) => one.id)
  expect(ids).not.toContain(3)
})

it('a keyless table whose rows no longer fit is not emptied', async () => {
  fill(80, 10)
  const spec = { primaryKey: undefined, cursor: undefined, settle: undefined, lookback: undefined }
  await run({ system, destination, spec })
  system.rows.set(
    '',
    system.all().map((one) => ({ ...one, text: 7 as never })),
  )
  await run({ system, destination, spec })
  expect((await rowsIn(destination)).length).toBe(80)
})

it('keyless with cursor: a bad row in the lookback does not take the good one away', async () => {
  system.rows.set('', [row(1, 900), row(2, 950)])
  const spec = { primaryKey: undefined, lookback: minutes(5) }
  await run({ system, destination, spec })
  system.rows.set('', [row(1, 900), { ...row(2, 950), text: 7 as never }])
  system.now = 1100
  await run({ system, destination, spec })
  expect((await rowsIn(destination)).length).toBe(2)
})

it('a pass that marked nothing does not commit its revision', async () => {
  fill(5)
  const spec = { cursor: undefined, settle: undefined, lookback: undefined, revision: () => rev }
  let rev = 'r1'
  await run({ system, destination, spec })
  system.remove(3)
  rev = 'r2'
  const bad = {
    ...spec,
    async *read() {
      yield [...system.all().map((one) => ({ ...one, at: instant(one.at) })), { id: null, at: instant(1), text: 'x' }]
    },
  }
  await run({ system, destination, spec: bad })
  await run({ system, destination, spec })
  const ids = (await rowsIn(destination)).map((one) => one.id)
  expect(ids).not.toContain(3)
})

it('nor does such a reread count as answered', async () => {
  fill(20)
  await run({ system, destination })
  system.remove(3)
  const bad = {
    async *read() {
      yield [...system.all().map((one) => ({ ...one, at: instant(one.at) })), { id: null, at: instant(1), text: 'x' }]
    },
  }
  const use = (spec: object) => [{ name: 'memory', source: sourceOf(system, spec as never), config: {}, options: {} }]
  await resync({ uses: use(bad), destination, clock: fixedClock(at(1000)) }, { table: 'memory_events' })
  await run({ system, destination })
  const ids = (await rowsIn(destination)).map((one) => one.id)
  expect(ids).not.toContain(3)
})

it('a changed contract voids the revision: rejected rows of a mended schema, loose', async () => {
  fill(5)
  const base = { cursor: undefined, settle: undefined, lookback: undefined, revision: () => 'r1' }
  await run({
    system,
    destination,
    spec: { ...base, row: z.object({ id: z.int(), at: z.iso.datetime(), text: z.string().min(2) }) },
  })
  await run({ system, destination, spec: base })
  expect((await rowsIn(destination)).length).toBe(5)
})

it('resync --full of a table whose source is not there leaves its rows', async () => {
  fill(5)
  await run({ system, destination })
  await resync({ uses: [], destination, clock: fixedClock(at(1000)) }, { table: 'memory_events', full: true }).catch(
    (e) => String(e),
  )
  expect((await rowsIn(destination)).length).toBe(5)
})
it('retention: rows that left the system while a reread was settled are not marked', async () => {
  system.now = 1000
  for (let id = 0; id < 100; id++) system.put(row(id, id * 10))
  const keep = () =>
    system.rows.set(
      '',
      system.all().filter((o) => o.at >= system.now - 600),
    )
  const spec = { retention: minutes(10), settle: minutes(1) }
  keep()
  await run({ system, destination, spec })
  system.now = 1030
  keep()
  const uses = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
  await resync({ uses, destination, clock: fixedClock(at(1030)) }, { table: 'memory_events' })
  const marked = (await destination.query('select id from memory_events where _deleted_at is not null')).rows
  expect(marked).toEqual([])
})

it('an ascending page that goes back within itself is noticed', async () => {
  const pages = [
    [10, 20],
    [30, 500, 40],
    [50, 60],
    [490, 600],
  ]
  const spec = {
    ordered: 'ascending',
    window: minutes(6),
    start: instant(0),
    async *read() {
      for (const p of pages) yield p.map((n) => ({ id: n, at: instant(n), text: 'a' }))
    },
  }
  system.now = 360
  const r = await run({ system, destination, spec })
  expect(r.exitCode === 3 || (await rowsIn(destination)).some((o) => o.id === 60)).toBe(true)
})

it('goes back after a retry: what the first attempt covered is read again', async () => {
  fill(60)
  const all = system.all()
  let attempt = 0
  const spec = {
    ordered: 'ascending',
    async *read({ from }: { from?: string }) {
      attempt++
      const low = from === undefined ? -Infinity : Date.parse(from) / 1000
      const order = [...all.slice(0, 50), row(200, 5), ...all.slice(50)].filter((o) => o.at >= low || o.id === 200)
      for (let i = 0; i < order.length; i += 5) {
        if (attempt === 1 && i === 25) throw new SyncError('busy', 'retry')
        yield order.slice(i, i + 5).map((o) => ({ ...o, at: instant(o.at) }))
      }
    },
  }
  await run({ system, destination, spec, options: { settings: { part: { rows: 10, bytes: 1e6 } } } })
  const p = (await destination.state()).tables.get('memory_events')!.partitions.get('')!
  expect(p.rereads[0]?.from ?? undefined).toBeUndefined()
})
it('the signal of a step aborts when the step is given up', async () => {
  fill(40)
  let signal: AbortSignal | undefined
  const spec = {
    ordered: 'ascending',
    window: minutes(2),
    start: instant(0),
    async *read(c: { signal: AbortSignal; from: string; to: string }) {
      signal ??= c.signal
      throw new Error('broken')
    },
  }
  await run({ system, destination, spec })
  expect(signal!.aborted).toBe(true)
})

it('descending pages that go up are noticed', async () => {
  const pages = [
    [990, 980],
    [100, 90],
    [700, 600],
  ]
  const spec = {
    ordered: 'descending',
    window: minutes(10),
    start: instant(0),
    async *read() {
      for (const p of pages) yield p.map((n) => ({ id: n, at: instant(n), text: 'a' }))
    },
  }
  await run({ system, destination, spec })
})

it('pages as the docs have them: the deletions of the last page', async () => {
  const changes = [
    { id: 1, at: 100 },
    { id: 2, at: 200 },
    { id: 3, at: 950 },
  ]
  const gone = [{ id: 2, at: 980 }]
  const pages = [
    { rows: changes, gone: [] as { id: number; at: number }[] },
    {
      rows: [
        { id: 9, at: 970 },
        { id: 10, at: 1500 },
      ],
      gone,
    },
  ]
  const spec = {
    ordered: 'ascending',
    async *read() {
      for (const p of pages) {
        yield p.rows.map((o) => ({ id: o.id, at: instant(o.at), text: 'a' }))
        yield deleted(p.gone.map((o) => ({ id: o.id, at: instant(o.at) })))
      }
    },
  }
  await run({ system, destination, spec })
  system.now = 2000
  await run({ system, destination, spec })
  expect((await rowsIn(destination)).map((o) => o.id)).not.toContain(2)
})

it('keyless: what the system no longer keeps is not replaced away', async () => {
  for (let id = 0; id < 100; id++) system.put(row(id, id * 10))
  const keep = () =>
    system.rows.set(
      '',
      system.all().filter((o) => o.at >= system.now - 600),
    )
  const spec = { retention: minutes(10), settle: minutes(1), primaryKey: undefined }
  keep()
  await run({ system, destination, spec })
  system.now = 1030
  keep()
  const uses = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
  const r = await resync({ uses, destination, clock: fixedClock(at(1030)) }, { table: 'memory_events' })
  expect(r.tables[0]!.rows.deleted).toBe(0)
})

it('a claim is not lost where the first run broke before it was recorded', async () => {
  fill(20)
  let broken = true
  const d = new Proxy(destination, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'record') return member.bind(target)
      return (lease: never, facts: never) => {
        if (broken) {
          broken = false
          throw new SyncError('gone', 'retry', { code: 'destination-full' })
        }
        return target.record(lease, facts)
      }
    },
  })
  const settings = { synced: { tables: ['events'], to: instant(100) } }
  await run({ system, destination: d, options: { settings } })
  await run({ system, destination: d, options: { settings } })
  expect((await rowsIn(destination)).length).toBe(10)
})

it('claimed stays claimed when the contract changes', async () => {
  fill(20)
  const settings = { synced: { tables: ['events'], to: instant(100) } }
  const all = [{ from: undefined, to: instant(1000) }]
  const spec = {
    revision: ({ previous }: { previous?: string }) => ({ revision: 'r1', stale: previous === undefined ? all : [] }),
  }
  await run({ system, destination, spec, options: { settings } })
  system.now = 1100
  await run({
    system,
    destination,
    spec: {
      ...spec,
      row: z.object({ id: z.int(), at: z.iso.datetime(), text: z.string(), more: z.string().optional() }),
    },
    options: { settings },
  })
  expect((await rowsIn(destination)).length).toBe(10)
})

it('a stale window that reaches beyond the coverage leaves no reread for ever', async () => {
  fill(20)
  let n = 0
  const spec = {
    revision: () => ({ revision: `r${n}`, stale: n === 0 ? [] : [{ from: instant(0), to: instant(1_000_000) }] }),
  }
  await run({ system, destination, spec })
  n = 1
  system.now = 1100
  await run({ system, destination, spec })
  const p = (await destination.state()).tables.get('memory_events')!.partitions.get('')!
  expect(p.rereads).toEqual([])
})

it('one poison row whose refinement throws does not stop the table', async () => {
  const spec = {
    row: z
      .object({ id: z.int(), at: z.iso.datetime(), text: z.string() })
      .refine((v) => (JSON.parse(v.text) as object) !== null),
    async *read() {
      yield [
        { id: 1, at: instant(5), text: '1' },
        { id: 2, at: instant(6), text: '{' },
        { id: 3, at: instant(7), text: '2' },
      ]
    },
  }
  await run({ system, destination, spec })
})

it('a hostile row: getters, proxies, cyclic rejects', async () => {
  const cyc: Record<string, unknown> = { id: 4, at: instant(8) }
  cyc['text'] = cyc
  const spec = {
    async *read() {
      yield [
        { id: 1, at: instant(5), text: 'a' },
        cyc,
        Object.assign(Object.create(null), { id: 6, at: instant(9), text: 'n' }),
        {
          id: 5,
          at: instant(9),
          get text(): string {
            throw new Error('getter')
          },
        },
      ]
    },
  }
  await run({ system, destination, spec })
})

it('reject limit, ascending: parts before the limit is reached are not covered', async () => {
  const spec = {
    ordered: 'ascending',
    async *read({ from }: { from?: string }) {
      const low = from === undefined ? -1 : Date.parse(from) / 1000
      for (let p = 0; p < 40; p++)
        yield Array.from({ length: 10 }, (_, i) => p * 10 + i)
          .filter((n) => n >= low)
          .map((n) => ({ id: n, at: instant(n), text: n % 2 ? 7 : 'a'.repeat(1000) }))
    },
  }
  await run({ system, destination, spec, options: { settings: { part: { rows: 50_000, bytes: 16_000 } } } })
  expect((await destination.state()).tables.get('memory_events')?.partitions.get('')?.covered).toEqual([])
})

it('an update that moved a row out of a reread window', async () => {
  fill(20)
  await run({ system, destination })
  system.now = 1010
  const source = (s: object) => [
    { name: 'memory', source: sourceOf(system, s as never), config: {}, options: { deletes: 'hard' as const } },
  ]
  let first = true
  const spec = {
    async *read(c: { from?: string; to: string }) {
      const low = c.from === undefined ? -Infinity : Date.parse(c.from) / 1000,
        high = Date.parse(c.to) / 1000
      if (!first) system.put(row(4, 1011, 'moved')) // after the live step, before the reread
      first = false
      yield system
        .all()
        .filter((o) => o.at >= low && o.at < high)
        .map((o) => ({ ...o, at: instant(o.at) }))
    },
  }
  await resync({ uses: source(spec), destination, clock: fixedClock(at(1010)) }, { table: 'memory_events' })
  system.now = 1100
  await run({ system, destination })
  expect((await rowsIn(destination)).some((o) => o.id === 4)).toBe(true)
})

it('end undefined on the first run, claim', async () => {
  fill(20)
  const settings = { synced: { tables: ['events'], to: instant(100) } }
  let end: string | undefined
  const spec = { end: () => end }
  await run({ system, destination, spec, options: { settings } })
  end = instant(1000)
  await run({ system, destination, spec, options: { settings } })
  expect((await rowsIn(destination)).length).toBe(10)
})
it('lookback set in the config counts for "went back"', async () => {
  let end = 1000
  const spec = {
    row: z.object({ id: z.int(), text: z.string() }),
    cursor: 'id',
    settle: undefined,
    lookback: undefined,
    end: () => end,
    async *read() {},
  }
  const use = { options: { tables: { events: { lookback: 100 } } } }
  await run({ system, destination, spec, use })
  end = 950
  const r = await run({ system, destination, spec, use })
  expect(r.tables[0]!.status).toBe('live')
})
it('a revision that comes back after another was half read is asked for as new', async () => {
  fill(20)
  let answer = 'r1'
  // As a source must: without a revision to compare with, everything is stale.
  const revision = ({ previous }: { previous: string | undefined }) => ({
    revision: answer,
    stale:
      previous === undefined
        ? [{ from: instant(0), to: instant(5000) }]
        : previous === answer
          ? []
          : [
              { from: instant(100), to: instant(200) },
              { from: instant(0), to: instant(50) },
            ],
  })
  await run({ system, destination, spec: { revision } })
  const all = system.all()
  system.now = 1100
  system.rows.set(
    '',
    all.filter((one) => one.id !== 15),
  )
  answer = 'r2'
  system.beforePage = (_, __, from) => {
    if (from === 0) throw new Error('broken')
  }
  system.put(row(99, 1050))
  await run({ system, destination, spec: { revision } })
  expect(await ids()).not.toContain(15)
  system.beforePage = () => {}
  system.rows.set('', all)
  answer = 'r1'
  system.now = 1200
  await run({ system, destination, spec: { revision } })
  expect(await ids()).toContain(15)
})

it('resync --full leaves the rows of a table whose source cannot be connected', async () => {
  fill(5)
  await run({ system, destination })
  const source = { ...sourceOf(system), connect: () => Promise.reject(new SyncError('away', 'fix-config')) }
  const uses = [{ name: 'memory', source, config: {}, options: {} }]
  await expect(
    resync({ uses, destination, clock: fixedClock(at(1000)) }, { table: 'memory_events', full: true }),
  ).rejects.toThrow(/left as it is.*away/)
  expect((await rowsIn(destination)).length).toBe(5)
})

it('an ascending API that breaks every few pages still gets to its end, in one run', async () => {
  fill(200, 4)
  let pages = 0
  system.beforePage = () => {
    if (++pages % 4 === 0) throw new SyncError('busy', 'retry')
  }
  // Far fewer attempts than breaks: each begins where the one before came to, not at the start.
  const settings = { retry: { attempts: 3, firstDelayMs: 1, maxDelayMs: 1 } }
  const report = await run({ system, destination, spec: { ordered: 'ascending' }, options: { settings } })
  expect(report.exitCode).toBe(0)
  expect(await rowsIn(destination)).toEqual(sorted(system.all()))
})
