import { milliseconds, SyncError, seconds } from '@tidemark/core'
import { type Destination, intersect, type Range, type TableState, union } from '@tidemark/core/engine'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sync } from '../src/commands/sync.ts'
import type { RangeOptions } from '../src/plan/asked-range.ts'
import { overviewOf } from '../src/report/overview.ts'
import { statusOf } from '../src/report/status.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, openMemory, type Run, rowsIn, run, type Spec, System, sorted, sourceOf } from './system.ts'

let system: System
let destination: Destination
beforeEach(async () => {
  system = new System()
  for (let id = 0; id < 40; id++) system.put({ id, at: id * 25, text: `row ${id}` })
  destination = await openMemory()
})
afterEach(() => destination.close())

const byTens: Spec = { window: seconds(100), start: instant(0) }
const range = (from?: number, to?: number): RangeOptions => ({
  ...(from === undefined ? {} : { from: instant(from) }),
  ...(to === undefined ? {} : { to: instant(to) }),
})
const ranged = (asked: RangeOptions, more: Partial<Run> = {}) =>
  run({ system, destination, spec: byTens, ...more, options: { select: ['events'], range: asked, ...more.options } })
const known = async (): Promise<TableState> => (await destination.state()).tables.get('memory_events')!
const coveredIn = (table: TableState | undefined, partition = '') =>
  union(table?.partitions.get(partition)?.covered ?? []).map(({ from, to }): Range => ({ from, to }))
const covered = async (partition = '') => coveredIn(await known(), partition)
const askedOf = () =>
  system.asked.map(({ from, to }) => [from === undefined ? undefined : secondOf(from), secondOf(to)])
const secondOf = (text: string): number => Date.parse(text) / 1000

describe('runs of ranges', () => {
  const bound = fc.integer({ min: -50, max: 1100 })
  it('together cover and hold what one run does, whatever the line is cut into, and each only its own', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(bound, { maxLength: 5 }),
        fc.option(fc.integer({ min: 7, max: 400 }), { nil: undefined }),
        fc.option(fc.integer({ min: 0, max: 900 }), { nil: undefined }),
        fc.nat(),
        async (cuts, window, start, seed) => {
          const spec: Spec = {
            lookback: seconds(30),
            minAge: seconds(20),
            ...(window === undefined ? {} : { window: seconds(window) }),
            ...(start === undefined ? {} : { start: instant(start) }),
          }
          const [one, many] = [await openMemory(), await openMemory()]
          await run({ system, destination: one, spec })
          const bounds = [undefined, ...cuts.toSorted((a, b) => a - b), undefined]
          const ranges = bounds.slice(1).map((to, n) => [bounds[n], to] as const)
          const turn = seed % ranges.length
          for (const [from, to] of [...ranges.slice(turn), ...ranges.slice(0, turn)]) {
            if (from === undefined && to === undefined) continue
            const before = coveredIn((await many.state()).tables.get('memory_events'))
            const asked = {
              from: from === undefined ? undefined : at(from),
              to: to === undefined ? at(10_000) : at(to),
            }
            const report = await ranged(range(from, to), { destination: many, spec })
            expect(report.exitCode).toBe(0)
            const after = coveredIn((await many.state()).tables.get('memory_events'))
            expect(after).toEqual(union(before, intersect(after, [asked])))
          }
          if (cuts.length === 0) await run({ system, destination: many, spec })
          const whole = (await one.state()).tables.get('memory_events')!
          const parts = (await many.state()).tables.get('memory_events')!
          expect(coveredIn(parts)).toEqual(coveredIn(whole))
          expect(await rowsIn(many)).toEqual(await rowsIn(one))
          const recorded = ({ partitions }: TableState) => {
            const { backfillEnd, start: from } = partitions.get('')!
            return { backfillEnd, from }
          }
          expect(recorded(parts)).toEqual(recorded(whole))
          expect(parts.status).toBe(whole.status)
          await one.close()
          await many.close()
        },
      ),
      { numRuns: 40 },
    )
  })

  it('read only inside, in windows cut at its bounds, and say how the table stands', async () => {
    const report = await ranged(range(130, 370))
    expect(askedOf()).toEqual([
      [330, 370],
      [230, 330],
      [130, 230],
    ])
    expect(await covered()).toEqual([{ from: at(130), to: at(370) }])
    expect(report).toMatchObject({ exitCode: 0, tables: [{ status: 'backfilling', stepsDone: 3, stepsLeft: 0 }] })
    expect((await known()).partitions.get('')).toMatchObject({ backfillEnd: at(1000), start: at(0) })
    expect((await known()).status).toBe('backfilling')
  })

  it('read nothing a second time, and nothing of what another one covers', async () => {
    await ranged(range(130, 370))
    system.asked = []
    await ranged(range(130, 370))
    expect(system.asked).toEqual([])
    await ranged(range(100, 400))
    expect(askedOf()).toEqual([
      [370, 400],
      [100, 130],
    ])
  })

  it('stop below the minimum age, whatever --to says', async () => {
    const spec: Spec = { ...byTens, minAge: seconds(60) }
    await ranged(range(900, 5000), { spec })
    expect(await covered()).toEqual([{ from: at(900), to: at(940) }])
    await ranged(range(900), { spec })
    expect(await covered()).toEqual([{ from: at(900), to: at(940) }])
    const report = await ranged(range(950, 990), { spec })
    expect(report.exitCode).toBe(0)
    expect(await covered()).toEqual([{ from: at(900), to: at(940) }])
  })

  it('do requested resyncs inside, and leave those outside requested', async () => {
    await run({ system, destination, spec: byTens })
    const { leases } = await destination.lease(['memory_events'])
    const window = { from: at(100), to: at(500) }
    await destination.record(leases[0]!, [{ kind: 'resync', partition: '', window, reason: 'resync' }])
    await destination.release(leases)
    system.remove(8)
    system.remove(16)
    system.asked = []
    const report = await ranged(range(150, 250))
    expect(report).toMatchObject({ exitCode: 0, tables: [{ status: 'backfilling', rows: { deleted: 1 } }] })
    const left = (await known()).partitions.get('')!.resyncs.map(({ from, to }) => [from, to])
    expect(left.toSorted((a, b) => Number(a[0]! - b[0]!))).toEqual([
      [at(100), at(150)],
      [at(250), at(500)],
    ])
    await ranged(range(undefined, 1000))
    expect((await known()).partitions.get('')!.resyncs).toEqual([])
    expect((await known()).status).toBe('complete')
    expect(sorted((await rowsIn(destination)).filter(({ id }) => id === 8 || id === 16))).toEqual([])
  })

  it('remove a deleted row of a table with hard deletes only once nothing older is left', async () => {
    const options = { deletes: 'hard' as const }
    const use = { options }
    await run({ system, destination, spec: byTens, use })
    const { leases } = await destination.lease(['memory_events'])
    const window = { from: at(0), to: at(1000) }
    await destination.record(leases[0]!, [{ kind: 'resync', partition: '', window, reason: 'resync' }])
    await destination.release(leases)
    system.remove(30)
    const count = async () =>
      Number((await destination.query('select count(*) from memory_events where id = 30')).rows[0]![0])
    await ranged(range(700, 1000), { use })
    expect(await count()).toBe(1)
    await ranged(range(undefined, 700), { use })
    expect(await count()).toBe(0)
  })
})

describe('a run of a range claims nothing of the rest:', () => {
  const check = async (): Promise<string | null> =>
    overviewOf(await destination.state(), { now: await destination.now() }).tables[0]!.last_checked_at

  it('the table is not checked by it, also where it reads up to the end', async () => {
    await ranged(range(500))
    expect(await covered()).toEqual([{ from: at(500), to: at(1000) }])
    expect(await check()).toBeNull()
    await ranged(range(0))
    expect((await known()).status).toBe('complete')
    expect(await check()).toBeNull()
    await run({ system, destination, spec: byTens })
    const checked = await check()
    expect(checked).not.toBeNull()
    system.now = 1100
    await ranged(range(1000))
    expect(await check()).toBe(checked)
  })

  it('a table without partitions today is not checked by it either', async () => {
    system.rows = new Map()
    await ranged(range(0, 500))
    expect(await check()).toBeNull()
    await run({ system, destination, spec: byTens })
    expect(await check()).not.toBeNull()
  })

  it('a question that failed is not overcome where nothing is read', async () => {
    const spec: Spec = {
      ...byTens,
      end: () => {
        throw new SyncError('no end', 'fix-source')
      },
    }
    await run({ system, destination, spec })
    expect(await ranged(range(2000))).toMatchObject({ exitCode: 0, tables: [{ status: 'failing' }] })
    expect(await known()).toMatchObject({ status: 'failing' })
    expect(await check()).toBeNull()
  })

  it('a row that was deleted does not come back with an older window', async () => {
    system.deletions = [{ id: 4, at: 600, when: 600 }]
    await ranged(range(600, 700))
    await ranged(range(0, 600))
    expect((await rowsIn(destination)).map(({ id }) => id)).not.toContain(4)
    expect(await rowsIn(destination)).toHaveLength(27)
  })

  it('no revision is committed, and an ordinary run commits it', async () => {
    const spec: Spec = { ...byTens, revision: () => 'r1' }
    await ranged(range(0, 1000), { spec })
    expect((await known()).partitions.get('')).toMatchObject({ revision: null, pendingRevision: { text: 'r1' } })
    system.now = 1050
    await run({ system, destination, spec })
    expect((await known()).partitions.get('')?.revision?.text).toBe('r1')
  })

  it('tables and partitions that are no longer listed are left as they were', async () => {
    const parted = new System()
    parted.rows = new Map(['a', 'b', 'c'].map((name, n) => [name, [{ id: n, at: 10, text: name }]]))
    await run({ system: parted, destination, spec: byTens })
    parted.rows.delete('c')
    const asked: RangeOptions = { ...range(0, 500), partition: 'a' }
    const report = await run({
      system: parted,
      destination,
      spec: byTens,
      options: { select: ['memory'], range: asked },
    })
    expect(report.exitCode).toBe(0)
    expect((await known()).partitions.get('c')?.removedAt).toBeNull()
    await run({ system: parted, destination, spec: byTens })
    expect((await known()).partitions.get('c')?.removedAt).not.toBeNull()
  })

  it('a table that its source no longer lists does not count as removed, also where the name is that of the source', async () => {
    const use = { name: 'shop_memory', options: { prefix: 'shop' } }
    const unlimited = { acceptDeletions: true }
    await run({ system, destination, spec: { ...byTens, name: 'others' }, use })
    const spec = { ...byTens, name: 'memory' }
    const select = ['shop_memory']
    await run({ system, destination, spec, use, options: { select, range: range(0, 500), ...unlimited } })
    const statuses = async () =>
      [...(await destination.state()).tables.values()].map(({ name, status }) => [name, status])
    expect(Object.fromEntries(await statuses())).toEqual({ shop_memory: 'backfilling', shop_others: 'complete' })
    await run({ system, destination, spec, use, options: { select, ...unlimited } })
    expect(Object.fromEntries(await statuses())).toEqual({ shop_memory: 'complete', shop_others: 'removed' })
  })

  it('what failed elsewhere stays failing until it is read', async () => {
    let isBroken = true
    system.beforePage = (_page, _partition, low) => {
      if (isBroken && low >= 300 && low < 500) throw new Error('broken')
    }
    const retry = { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 }
    const options = { settings: { retry } }
    await run({ system, destination, spec: byTens, options })
    expect((await known()).status).toBe('failing')
    isBroken = false
    expect((await ranged(range(0, 100))).exitCode).toBe(0)
    expect((await known()).status).toBe('failing')
    expect((await known()).partitions.get('')?.failures).toBeGreaterThan(0)
    await ranged(range(0, 1000))
    expect(await known()).toMatchObject({ status: 'complete' })
    expect((await known()).partitions.get('')?.failures).toBe(0)
  })

  it('a table with too many windows stays failing, and a range of few is read', async () => {
    const spec: Spec = { ...byTens, window: milliseconds(1) }
    expect(await run({ system, destination, spec })).toMatchObject({ exitCode: 3 })
    const report = await ranged({ from: instant(500), to: new Date(500_010).toISOString() }, { spec })
    expect(report).toMatchObject({ exitCode: 0, tables: [{ status: 'failing', stepsDone: 10 }] })
    expect((await known()).partitions.get('')?.errorCode).toBe('too-many-windows')
  })

  it('rows above it are not too young', async () => {
    const spec: Spec = {
      ...byTens,
      async *read() {
        yield system.all().map((row) => ({ ...row, at: instant(row.at) }))
      },
    }
    const report = await ranged(range(0, 100), { spec })
    expect(report.tables[0]).toMatchObject({ rows: { written: 4, trimmed: 36 }, unread: { tooYoung: 0 } })
  })

  it('no incremental step comes due again beside it', async () => {
    let ends = 0
    const spec: Spec = { ...byTens, end: () => instant(1000 + 10 * ends++) }
    await ranged(range(0, 900), { spec, options: { select: ['events'], settings: { everyMs: 1 } } })
    expect(ends).toBe(1)
    expect(await covered()).toEqual([{ from: at(0), to: at(900) }])
  })
})

describe('a run of one partition', () => {
  beforeEach(() => {
    system.rows = new Map(['a', 'b'].map((name, n) => [name, [{ id: n, at: 10, text: name }]]))
  })

  it('reads that partition alone', async () => {
    const report = await ranged({ partition: 'b' })
    expect(report).toMatchObject({ exitCode: 0, tables: [{ status: 'backfilling' }] })
    expect(new Set(system.asked.map(({ partition }) => partition))).toEqual(new Set(['b']))
    expect([await covered('a'), await covered('b')]).toEqual([[], [{ from: at(0), to: at(1000) }]])
    await ranged({ ...range(0, 500), partition: 'a' })
    expect(await covered('a')).toEqual([{ from: at(0), to: at(500) }])
    // The other one is not asked by now, and still counts.
    system.now = 1100
    expect(await ranged({ partition: 'b' })).toMatchObject({ exitCode: 0, tables: [{ status: 'backfilling' }] })
    expect((await known()).status).toBe('backfilling')
  })

  it('asks no other for its end, except where a row may have moved there', async () => {
    const asked: string[] = []
    const end = ({ partition }: { partition: string }) => {
      asked.push(partition)
      return instant(1000)
    }
    await ranged({ partition: 'b' }, { spec: { ...byTens, end } })
    // Those that the state does not know are asked once, so that the table is not complete without them.
    expect(asked).toEqual(['a', 'b'])
    expect((await known()).status).toBe('backfilling')
    expect(statusOf(await destination.state()).synced_tables).toEqual([])
    await ranged({ partition: 'a' }, { spec: { ...byTens, end } })
    expect(asked).toEqual(['a', 'b', 'a'])
    expect((await known()).status).toBe('complete')
    expect(statusOf(await destination.state()).synced_tables).toEqual(['memory_events'])
    const other = await openMemory()
    await ranged({ partition: 'b' }, { spec: { ...byTens, end, globalKey: true }, destination: other })
    await ranged({ partition: 'b' }, { spec: { ...byTens, end, globalKey: true }, destination: other })
    expect(asked.slice(3)).toEqual(['a', 'b', 'a', 'b'])
    expect((await other.state()).tables.get('memory_events')?.status).toBe('backfilling')
    await other.close()
  })

  it('reads a partition of a table without a cursor as a whole', async () => {
    const spec: Spec = { cursor: undefined, minAge: undefined, lookback: undefined }
    const report = await ranged({ partition: 'b' }, { spec })
    expect(report).toMatchObject({ exitCode: 0, tables: [{ status: 'backfilling', rows: { written: 1 } }] })
    const completed = async () => [...(await known()).partitions.values()].map((one) => one.completedAt !== null)
    expect(await completed()).toEqual([false, true])
    await run({ system, destination, spec })
    expect(await completed()).toEqual([true, true])
  })

  it('does not fail because another one cannot be asked, and is not complete without it', async () => {
    const spec: Spec = {
      ...byTens,
      end: ({ partition }: { partition: string }) => {
        if (partition === 'a') throw new Error('no')
        return instant(1000)
      },
    }
    const report = await ranged({ partition: 'b' }, { spec })
    expect(report).toMatchObject({ exitCode: 0, tables: [{ status: 'failing', failures: [] }] })
    expect((await ranged({ partition: 'a' }, { spec })).exitCode).toBe(3)
    const again = await ranged({ partition: 'b' }, { spec })
    expect(again).toMatchObject({ exitCode: 0, tables: [{ status: 'failing', failures: [] }] })
  })
})

describe('a range that cannot be meant is refused before anything is read:', () => {
  const whole: Spec = { cursor: undefined, minAge: undefined, lookback: undefined }
  const parted = (): System => Object.assign(new System(), { rows: new Map([['a', []]]) })
  it.each([
    [
      'a table without a cursor',
      range(0, 10),
      whole,
      'has no cursor, so it is only read as a whole: leave out --from and --to',
    ],
    [
      'no date',
      { from: 'yesterday' },
      byTens,
      '--from: "yesterday" is not a date; write 2024-01-31 or 2024-01-31T00:00:00Z',
    ],
    ['nothing between its bounds', range(10, 10), byTens, '--from is not before --to'],
    [
      'a table without partitions',
      { partition: 'a' },
      byTens,
      'table "memory_events" has no partitions: leave out --partition',
    ],
  ])('%s', async (_, asked, spec, message) => {
    await expect(ranged(asked, { spec })).rejects.toMatchObject({
      message: expect.stringContaining(message),
      remedy: 'fix-config',
      code: 'usage',
    })
    expect(system.asked).toEqual([])
    expect((await destination.state()).tables.size).toBe(0)
  })

  it('a partition that does not exist', async () => {
    await expect(ranged({ partition: 'z' }, { system: parted() })).rejects.toThrow(
      'table "memory_events" has no partition "z"; it has a',
    )
  })

  it('a name that selects several tables, unless it is the name of one in the destination', async () => {
    const sources = ['one', 'two'].map((name) => ({ name, source: sourceOf(system, byTens), config: {}, options: {} }))
    const clock = fixedClock(at(system.now))
    const of = (select: readonly string[]) => sync({ sources, destination, clock, select, range: range(0, 100) })
    await expect(of(['events'])).rejects.toThrow(
      'a range is read of one table, and "events" selects 2: one_events, two_events; name one of them',
    )
    await expect(of(['one', 'two'])).rejects.toThrow('a range is read of one table: name that table, and no other')
    await expect(of(['nothing'])).rejects.toThrow('there is no table or source "nothing"')
    expect((await of(['one_events'])).exitCode).toBe(0)
    expect((await of(['two'])).exitCode).toBe(0)
    expect([...(await destination.state()).tables.keys()].sort()).toEqual(['one_events', 'two_events'])
  })
})
