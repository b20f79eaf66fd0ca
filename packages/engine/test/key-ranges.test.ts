import { columnsChanged, defineSource, deleted } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { resync } from '../src/commands/resync.ts'
import { sync } from '../src/commands/sync.ts'
import type { RunOptions } from '../src/options.ts'
import type { Report } from '../src/report/report.ts'
import { fixedClock } from './catalog-of.ts'
import { type Asked, Keyed } from './keyed.ts'
import { first } from './memory-world.ts'
import { Lines, openMemory } from './system.ts'

let keyed: Keyed
let destination: Destination

beforeEach(async () => {
  keyed = new Keyed()
  destination = await openMemory()
})
afterEach(() => destination.close())

const options = (more: Partial<RunOptions> = {}): RunOptions => ({
  sources: [{ name: 'memory', source: keyed.source() as never, config: {}, options: {} }],
  destination,
  clock: fixedClock(1_000_000_000n),
  settings: { batch: { rows: 5, bytes: 1e6 } },
  ...more,
})
const run = (more: Partial<RunOptions> = {}): Promise<Report> => sync(options(more))
const stateOf = async () => (await destination.state()).tables.get('memory_events')?.partitions.get('')

async function stored(): Promise<Map<number, string>> {
  const rows = new Map<number, string>()
  for await (const row of destination.read('memory_events')) rows.set(Number(row['id']), String(row['text']))
  return rows
}

/** The run breaks for good when a range is asked for, as if its process had been killed. */
function breakAt(from: number | undefined): { mend(): void } {
  keyed.before = (range) => {
    if (range.from === from) throw new Error('the process was killed')
  }
  return {
    mend() {
      keyed.before = () => {}
    },
  }
}
const ONE_TRY = { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 }
/** One range after another, so that it is known which are committed. */
const broken = { settings: { batch: { rows: 5, bytes: 1e6 }, retry: ONE_TRY, perTable: 1 } }

const RANGES = [
  { from: undefined, to: 100 },
  { from: 100, to: 200 },
  { from: 200, to: 300 },
  { from: 300, to: undefined },
]

describe('a full refresh in key ranges', () => {
  it('reads each range once, and all of them are the table', async () => {
    keyed.fill([-5, 0, 99, 100, 150, 199, 200, 299, 300, 1000])
    const report = await run()
    expect(report.exitCode).toBe(0)
    expect(keyed.asked).toEqual(RANGES)
    expect(await stored()).toEqual(keyed.rows)
    expect(first(report.tables)).toMatchObject({ status: 'complete', stepsDone: 4, stepsLeft: 0 })
    expect(await stateOf()).toMatchObject({ refreshed: [], completedAt: expect.any(BigInt) })
  })

  it('marks what vanished in each range, also at its open ends', async () => {
    keyed.fill([-5, 1, 99, 100, 101, 199, 200, 299, 300, 301, 1000])
    await run()
    for (const id of [-5, 99, 100, 299, 300, 1000]) keyed.rows.delete(id)
    const report = await run()
    expect(first(report.tables).rows).toMatchObject({ deleted: 6, written: 0, unchanged: 5 })
    expect(await stored()).toEqual(keyed.rows)
  })

  it('trims what a source yields beside the range', async () => {
    keyed.fill([1, 101, 201, 301])
    keyed.surplus = true
    const report = await run()
    expect(first(report.tables).rows).toMatchObject({ read: 16, written: 4, trimmed: 12 })
    expect(await stored()).toEqual(keyed.rows)
    const again = await run()
    expect(first(again.tables).rows).toMatchObject({ unchanged: 4, deleted: 0 })
  })

  it('is one read where its source gives nothing to cut at', async () => {
    keyed.fill([1, 101])
    keyed.bounds = undefined
    await run()
    expect(keyed.asked).toEqual(['whole'])
    keyed.bounds = []
    await run()
    expect(keyed.asked).toEqual(['whole', 'whole'])
  })

  it('a reported deletion outside of the range is not heard', async () => {
    keyed.fill([1, 101])
    await run()
    keyed.more = {
      async *read({ keyRange }: { keyRange?: Asked }) {
        if (keyRange?.from === undefined) yield deleted([{ id: 101 }])
        yield [
          { id: 1, text: 'a' },
          { id: 101, text: 'a' },
        ]
      },
    }
    const report = await run()
    expect(first(report.tables).rows).toMatchObject({ written: 0, unchanged: 2, deleted: 0 })
    expect([...(await stored()).keys()]).toEqual([1, 101])
  })

  it('cut where its numbers are not integers fails with the value', async () => {
    keyed.bounds = [1.5]
    const report = await run()
    expect(first(first(report.tables).failures).failure).toMatchObject({
      remedy: 'fix-source',
      message: 'table "events": keyRanges.bounds() returned 1.5, which is not an integer of 64 bits',
    })
  })
})

describe('a full refresh that broke off', () => {
  it('resumes: what is committed is not read again', async () => {
    keyed.fill([1, 101, 201, 301])
    const { mend } = breakAt(200)
    const report = await run(broken)
    expect(first(report.tables)).toMatchObject({ status: 'failing', stepsDone: 2, stepsLeft: 2 })
    expect([...(await stored()).keys()]).toEqual([1, 101])
    const middle = await stateOf()
    expect(middle).toMatchObject({ completedAt: null, refreshed: [{ from: null, to: 200n, deleted: 0 }] })
    mend()
    keyed.asked = []
    const resumed = await run()
    expect(resumed.exitCode).toBe(0)
    expect(keyed.asked).toEqual(RANGES.slice(2))
    expect(await stored()).toEqual(keyed.rows)
    // It is as old as what was read first.
    expect(await stateOf()).toMatchObject({ completedAt: middle!.refreshed[0]!.readAt, refreshed: [], failures: 0 })
  })

  it('is cut elsewhere, and still reads the rest alone', async () => {
    keyed.fill([1, 101, 201, 301])
    const { mend } = breakAt(200)
    await run(broken)
    mend()
    keyed.asked = []
    keyed.bounds = [50, 250]
    await run()
    expect(keyed.asked).toEqual([
      { from: 200, to: 250 },
      { from: 250, to: undefined },
    ])
    expect(await stored()).toEqual(keyed.rows)
  })

  it('is not as fresh as the run that ended it', async () => {
    keyed.fill([1, 101, 201, 301])
    const { mend } = breakAt(200)
    await run(broken)
    const readAt = (await stateOf())!.refreshed[0]!.readAt
    expect((await stateOf())!.checkedAt).toBeNull()
    mend()
    await run()
    expect((await stateOf())!.checkedAt).toBeLessThanOrEqual(readAt)
  })

  it('of one of two partitions is not as fresh either', async () => {
    const memory = defineSource({ name: 'memory' })
    let breaks = true
    const table = memory.table({
      name: 'events',
      row: z.object({ id: z.int() }),
      primaryKey: ['id'],
      partitions: memory.partitions(() => ['a', 'b']),
      keyRanges: { column: 'id', bounds: () => [100] },
      async *read({ partition, keyRange }) {
        if (breaks && partition === 'a' && keyRange?.to === undefined) throw new Error('the process was killed')
        yield [{ id: 1 }, { id: 101 }]
      },
    })
    const sources = [{ name: 'memory', source: memory.with([table]) as never, config: {}, options: {} }]
    await run({ ...broken, sources })
    const tableOf = async () => (await destination.state()).tables.get('memory_events')!
    expect((await tableOf()).lastCheckedAt).toBeNull()
    const { readAt } = (await tableOf()).partitions.get('a')!.refreshed[0]!
    breaks = false
    expect((await run({ sources })).exitCode).toBe(0)
    expect((await tableOf()).lastCheckedAt).toBe(readAt)
  })

  it('continues, and says so', async () => {
    keyed.fill([1, 101, 201, 301])
    const { mend } = breakAt(200)
    await run(broken)
    mend()
    const log = new Lines()
    await run({ log })
    expect(log.lines).toContain('memory_events continues, 2 windows of its backfill remaining')
  })

  it.each(['a resync', 'other columns', 'replaced data'])('starts again after %s', async (what) => {
    keyed.generation = 'one'
    keyed.fill([1, 101, 201, 301])
    const { mend } = breakAt(200)
    await run(broken)
    mend()
    keyed.asked = []
    if (what === 'a resync') await resync(options(), { table: 'memory_events' })
    else {
      if (what === 'replaced data') keyed.generation = 'two'
      else keyed.more = { row: z.object({ id: z.int(), text: z.string(), added: z.string().optional() }) }
      await run()
    }
    expect(keyed.asked).toEqual(RANGES)
    expect(await stateOf()).toMatchObject({ refreshed: [], resyncs: [] })
  })

  it('a resync that is asked for in its middle is answered by the next one', async () => {
    keyed.fill([1, 101, 201, 301])
    keyed.before = async ({ from }) => {
      if (from !== 200) return
      keyed.before = () => {}
      await destination.record({ table: 'memory_events', ...(await leaseOf()) } as never, [
        { kind: 'resync', partition: '', window: undefined, reason: 'test' },
      ])
    }
    await run()
    expect((await stateOf())!.resyncs).toHaveLength(1)
    keyed.asked = []
    await run()
    expect(keyed.asked).toEqual(RANGES)
    expect((await stateOf())!.resyncs).toHaveLength(0)
  })

  it('forgets its ranges with --full', async () => {
    keyed.fill([1, 101, 201, 301])
    const { mend } = breakAt(200)
    await run(broken)
    mend()
    keyed.asked = []
    await resync(options(), { table: 'memory_events', full: true })
    expect(keyed.asked).toEqual(RANGES)
  })
})

const leaseOf = async () => {
  const { rows } = await destination.query(`select id, fence from _tidemark_leases where name = 'memory_events'`)
  return { id: Number(rows[0]![0]), fence: Number(rows[0]![1]) }
}

describe('a full refresh whose columns change in the middle', () => {
  /** The first range is read as it was found first; from the second on it has another column. */
  const source = (isStillCut: boolean) => {
    let found = 0
    const memory = defineSource({ name: 'memory' })
    return memory.with(() => {
      const isFirst = found++ === 0
      const before = z.object({ id: z.int(), text: z.string() })
      return [
        memory.table({
          name: 'events',
          row: isFirst ? before : before.extend({ more: z.string().optional() }),
          primaryKey: ['id'],
          keyRanges: isFirst || isStillCut ? { column: 'id', bounds: () => keyed.bounds } : undefined,
          async *read({ keyRange }) {
            keyed.asked.push(keyRange === undefined ? 'whole' : { from: keyRange.from, to: keyRange.to })
            if (isFirst && keyRange?.from === 100) throw columnsChanged('it has another column')
            yield [...keyed.rows].map(([id, text]) => ({ id, text }))
          },
        }),
      ]
    })
  }
  const sourcesOf = (one: ReturnType<typeof source>) => [
    { name: 'memory', source: one as never, config: {}, options: {} },
  ]

  it('is complete when the ranges before are read again, and not called complete until then', async () => {
    keyed.fill([1, 101, 201, 301])
    const sources = sourcesOf(source(true))
    const report = await run({ sources })
    expect(first(report.tables)).toMatchObject({ status: 'backfilling', failures: [] })
    expect(await stateOf()).toMatchObject({ completedAt: null, refreshed: [{ from: 100n, to: null }] })
    keyed.asked = []
    const next = await run({ sources })
    expect(first(next.tables).status).toBe('complete')
    expect(keyed.asked).toEqual([RANGES[0]])
    expect(await stateOf()).toMatchObject({ completedAt: expect.any(BigInt), refreshed: [] })
  })

  it('is one read by the next run where it is cut no more', async () => {
    keyed.fill([1, 101, 201, 301])
    const sources = sourcesOf(source(false))
    const report = await run({ ...broken, sources })
    expect(first(first(report.tables).failures).failure.message).toBe(
      'memory_events: it can no longer be read in ranges of "id"; the next sync reads all of it',
    )
    expect([...(await stored()).keys()]).toEqual([1])
    const next = await run({ sources })
    expect(next.exitCode).toBe(0)
    expect(keyed.asked.at(-1)).toBe('whole')
    expect(await stored()).toEqual(keyed.rows)
    expect(await stateOf()).toMatchObject({ refreshed: [], failures: 0 })
  })
})

describe('the revision of a full refresh in key ranges', () => {
  it('is committed when all ranges were read under it', async () => {
    keyed.revision = 'one'
    keyed.fill([1, 101, 201, 301])
    await run()
    expect(await stateOf()).toMatchObject({ revision: { text: 'one' } })
    keyed.asked = []
    await run()
    expect(keyed.asked).toEqual([])
  })

  it('is void from the first range of another on, and not committed where ranges were read under two', async () => {
    keyed.revision = 'one'
    keyed.fill([1, 101, 201, 301])
    await run()
    keyed.revision = 'two'
    keyed.fill([1, 101, 201, 301], 'b')
    const { mend } = breakAt(200)
    await run(broken)
    expect(await stateOf()).toMatchObject({ revision: null })
    mend()
    // Back again: what was read under the other one is not what it was.
    keyed.revision = 'one'
    keyed.fill([1, 101, 201, 301])
    await run()
    expect(await stateOf()).toMatchObject({ revision: null, refreshed: [] })
    await run()
    expect(await stored()).toEqual(keyed.rows)
    expect(await stateOf()).toMatchObject({ revision: { text: 'one' } })
  })
})

describe('the deletion limit of a full refresh in key ranges', () => {
  const hundreds = (ids: number) => Array.from({ length: ids }, (_, at) => at)

  it('lets a whole range go that is a small part of the table', async () => {
    keyed.bounds = [200, 400, 600, 800]
    keyed.fill(hundreds(1000))
    await run()
    for (const id of hundreds(200)) keyed.rows.delete(id)
    const report = await run()
    expect(report.exitCode).toBe(0)
    expect(await stored()).toEqual(keyed.rows)
  })

  it('is one for all ranges, also of several runs', async () => {
    keyed.bounds = [200, 400, 600, 800]
    keyed.fill(hundreds(1000))
    await run()
    // Three fifths, a fifth with each of three ranges.
    for (const id of hundreds(600)) keyed.rows.delete(id)
    const held = await run()
    expect(held.exitCode).toBe(3)
    expect(first(first(held.tables).failures).failure).toMatchObject({ code: 'deletion-limit' })
    expect((await stored()).size).toBe(600)
    const again = await run()
    expect(first(first(again.tables).failures).failure.message).toMatch(/600 of 1000 rows/)
    expect((await stored()).size).toBe(600)
    const accepted = await run({ acceptDeletions: true })
    expect(accepted.exitCode).toBe(0)
    expect(await stored()).toEqual(keyed.rows)
  })

  it('is one for all partitions of the table, also of several runs', async () => {
    const memory = defineSource({ name: 'memory' })
    const names = ['a', 'b', 'c', 'd']
    let [kept, breaks] = [100, false]
    const sources = () => {
      const source = memory.with([
        memory.table({
          name: 'events',
          row: z.object({ id: z.int() }),
          primaryKey: ['id'],
          partitions: memory.partitions(() => names),
          keyRanges: { column: 'id', bounds: () => [60] },
          async *read({ partition, keyRange }) {
            if (breaks && (partition !== 'a' || keyRange?.to === undefined)) throw new Error('the process was killed')
            yield hundreds(100)
              .filter((id) => id >= 100 - kept)
              .map((id) => ({ id }))
          },
        }),
      ])
      return [{ name: 'memory', source: source as never, config: {}, options: {} }]
    }
    expect((await run({ sources: sources() })).exitCode).toBe(0)
    // Of each a hundred, which is too few to be judged alone.
    kept = 40
    breaks = true
    const begun = await run({ ...broken, sources: sources() })
    expect(first(begun.tables).rows.deleted).toBe(60)
    breaks = false
    const held = await run({ sources: sources() })
    expect(first(held.tables).rows.deleted).toBe(120)
    expect(first(first(held.tables).failures).failure.message).toMatch(/240 of 400 rows/)
  })

  it('never lets the table become empty', async () => {
    keyed.fill([1, 101, 201, 301])
    await run()
    keyed.rows.clear()
    const held = await run()
    expect(first(first(held.tables).failures).failure).toMatchObject({ code: 'deletion-limit' })
    expect((await stored()).size).toBeGreaterThan(0)
  })
})

describe('rejected rows of a full refresh in key ranges', () => {
  const rejects = async () =>
    (await destination.query('select position, code from _tidemark_rejects order by position')).rows
  const page = (rows: readonly unknown[]) => ({
    async *read() {
      yield rows
    },
  })

  it('lie where their key does, and go when their range is read well', async () => {
    keyed.fill([1, 101, 201])
    await run()
    keyed.more = page([
      { id: 1, text: 7 },
      { id: 101, text: 'a' },
      { id: 201, text: 8 },
    ])
    await run()
    expect(await rejects()).toEqual([
      [1, 'invalid'],
      [201, 'invalid'],
    ])
    // They count as seen.
    expect([...(await stored()).keys()]).toEqual([1, 101, 201])
    keyed.more = page([
      { id: 1, text: 'a' },
      { id: 101, text: 'a' },
      { id: 201, text: 8 },
    ])
    await run()
    expect(await rejects()).toEqual([[201, 'invalid']])
  })

  it('are judged with the rows of all ranges, those that came since included', async () => {
    keyed.rows.set(1, 7 as never)
    const report = await run()
    expect(first(first(report.tables).failures).failure).toMatchObject({ code: 'reject-limit' })
    expect(first(report.tables)).toMatchObject({ stepsDone: 3, stepsLeft: 1 })
    keyed.fill([301, 302, 303, 304, 305, 306, 307, 308, 309, 310])
    keyed.asked = []
    const next = await run()
    expect(next.exitCode).toBe(0)
    // The one that failed is tried once more when rows of another have landed.
    expect(keyed.asked).toEqual([...RANGES, RANGES[0]])
    expect(await stateOf()).toMatchObject({ refreshed: [], failures: 0 })
    expect(await rejects()).toEqual([[1, 'invalid']])
  })

  it('whose key cannot be read keep what vanished in their range alone', async () => {
    keyed.fill([1, 2, 101, 102])
    await run()
    keyed.more = {
      async *read({ keyRange }: { keyRange?: Asked }) {
        yield keyRange?.from === undefined
          ? [
              { id: 1, text: 'a' },
              { id: null, text: 'a' },
            ]
          : [{ id: 101, text: 'a' }]
      },
    }
    const report = await run()
    expect(first(report.tables).rows).toMatchObject({ deleted: 1, rejected: 1 })
    expect([...(await stored()).keys()]).toEqual([1, 2, 101])
    expect(await stateOf()).toMatchObject({ refreshed: [] })
  })
})

const change = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    id: fc.integer({ min: -20, max: 420 }),
    text: fc.constantFrom('a', 'b'),
  }),
  fc.record({ kind: fc.constant('delete' as const), id: fc.integer({ min: -20, max: 420 }) }),
  // The key itself is changed: one row goes, another comes.
  fc.record({
    kind: fc.constant('move' as const),
    id: fc.integer({ min: -20, max: 420 }),
    to: fc.integer({ min: -20, max: 420 }),
  }),
)

function apply(one: typeof change extends fc.Arbitrary<infer T> ? T : never): void {
  if (one.kind === 'put') keyed.rows.set(one.id, one.text)
  else if (one.kind === 'delete') keyed.rows.delete(one.id)
  else if (keyed.rows.has(one.id)) {
    keyed.rows.set(one.to, keyed.rows.get(one.id)!)
    keyed.rows.delete(one.id)
  }
}

it('whatever changes between ranges and wherever runs break off: a full refresh of a quiet source ends equal to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: -20, max: 420 }), { maxLength: 40 }),
      fc.array(
        fc.record({
          bounds: fc.uniqueArray(fc.integer({ min: -10, max: 410 }), { maxLength: 6 }),
          changes: fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 8 }),
          breaksAt: fc.option(fc.nat({ max: 7 }), { nil: undefined }),
          perTable: fc.integer({ min: 1, max: 3 }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      async (ids, runs) => {
        keyed = new Keyed()
        keyed.fill(ids)
        await destination.close()
        destination = await openMemory()
        for (const { bounds, changes, breaksAt, perTable } of runs) {
          keyed.bounds = bounds
          let range = 0
          keyed.before = () => {
            const at = range++
            for (const one of changes[at] ?? []) apply(one)
            if (at === breaksAt) throw new Error('the process was killed')
          }
          await run({ settings: { ...broken.settings, perTable, perSource: perTable }, acceptDeletions: true })
        }
        keyed.before = () => {}
        // One ends what was begun, the next is a full refresh of its own.
        await run({ acceptDeletions: true })
        const report = await run({ acceptDeletions: true })
        expect(report.exitCode).toBe(0)
        expect(await stored()).toEqual(keyed.rows)
        expect(await stateOf()).toMatchObject({ refreshed: [] })
      },
    ),
    { numRuns: 40 },
  )
})
