import { join } from 'node:path'
import type { Destination, RunLogLine } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { openReader } from '../src/index.ts'
import { byHand, folder, open, runner } from './place.ts'
import { onPostgres } from './postgres-place.ts'

const postgres = onPostgres()

const PLACES: Readonly<Record<string, () => Promise<string>>> = {
  sqlite: async () => join(folder(), 'x.db'),
  duckdb: async () => join(folder(), 'x.duckdb'),
  postgres: async () => (await postgres()).url,
}

const line = (number: number, more: Partial<RunLogLine> = {}): RunLogLine => ({
  ...{ line: number, at: 1_700_000_000_000_000n + BigInt(number), level: 'info', event: 'message' },
  ...{ source: null, table: null, partition: null, message: `line ${number}`, fields: null },
  ...more,
})

const numbers = async (destination: Destination, run: number, filter = {}): Promise<readonly number[]> =>
  (await destination.runLog(run, filter)).lines.map((one) => one.line)

/** A run that ended well, did nothing and logged a line. */
async function logged(destination: Destination): Promise<number> {
  const run = await destination.startRun()
  await destination.recordRun(run, [
    { kind: 'logged', lines: [line(1)], from: 1 },
    { kind: 'ended', exitCode: 0, error: undefined },
  ])
  return run
}

describe.each(Object.keys(PLACES))('the log of a run in %s', (kind) => {
  it('changes the mark of a reader with each line, also behind the end of its run', async () => {
    const url = await PLACES[kind]!()
    const marks: string[] = []
    const mark = async (): Promise<void> => {
      const reader = await openReader({ url, project: undefined })
      marks.push(await reader.mark())
      await reader.close()
    }
    // A file of DuckDB is open once.
    const write = async (...changes: Parameters<Destination['recordRun']>[1]): Promise<void> => {
      const destination = await open(url)
      await destination.recordRun(1, changes)
      if (kind === 'duckdb') await destination.close()
      await mark()
    }
    const destination = await open(url)
    expect(await destination.startRun()).toBe(1)
    if (kind === 'duckdb') await destination.close()
    await mark()
    await write({ kind: 'logged', lines: [line(1)], from: 1 })
    await write({ kind: 'logged', lines: [line(2)], from: 1 })
    await write({ kind: 'ended', exitCode: 0, error: undefined })
    await write({ kind: 'logged', lines: [line(3)], from: 1 })
    const second = await open(url)
    expect(await second.startRun()).toBe(2)
    if (kind === 'duckdb') await second.close()
    await mark()
    await write({ kind: 'logged', lines: [line(4)], from: 1 })
    expect(new Set(marks).size).toBe(marks.length)
    await mark()
    expect(marks.at(-1)).toBe(marks.at(-2))
  })

  it('is stored beside its record, read from either end, and cut at its beginning', async () => {
    const url = await PLACES[kind]!()
    const destination = await open(url)
    const run = await destination.startRun()
    expect(await destination.runLog(run)).toEqual({ lines: [], first: undefined })
    const full = line(1, {
      ...{ level: 'error', event: 'table-failed', source: 'shop', table: 'shop_orders', partition: 'é"' },
      ...{ message: 'it’s "off"\n\ud83d\ude00', fields: '{"code":"x"}' },
    })
    await destination.recordRun(run, [{ kind: 'logged', lines: [full, line(2), line(3)], from: 1 }])
    expect((await destination.runLog(run)).lines[0]).toEqual(full)
    // An answer that was lost: the same lines come again.
    await destination.recordRun(run, [{ kind: 'logged', lines: [line(3), line(4, { level: 'warn' })], from: 1 }])
    expect(await numbers(destination, run)).toEqual([1, 2, 3, 4])
    expect(await numbers(destination, run, { limit: 2 })).toEqual([3, 4])
    expect(await numbers(destination, run, { before: 3, limit: 1 })).toEqual([2])
    expect(await numbers(destination, run, { after: 1, limit: 2 })).toEqual([2, 3])
    expect(await numbers(destination, run, { levels: ['warn', 'error'] })).toEqual([1, 4])
    const many = Array.from({ length: 1200 }, (_, at) => line(5 + at))
    await destination.recordRun(run, [{ kind: 'logged', lines: many, from: 1000 }])
    const cut = await destination.runLog(run)
    expect([cut.first, cut.lines.length, cut.lines.at(-1)?.line]).toEqual([1000, 205, 1204])
    expect(await numbers(destination, run + 1)).toEqual([])
    // A file of DuckDB is open once.
    if (kind === 'duckdb') await destination.close()
    const reader = await openReader({ url })
    expect((await reader.runLog(run, { limit: 1 })).lines).toEqual([line(1204)])
    await reader.close()
  })

  // DuckDB takes a tenth of a second for each run that begins, and more where a machine has other work.
  it('is dropped with a run whose record is folded', async () => {
    const destination = await open(await PLACES[kind]!())
    const quiet = await logged(destination)
    // The newest 500 runs stay as they are; then one that changed nothing becomes part of its day.
    for (let more = 0; more < 510; more++) await destination.startRun()
    const last = await logged(destination)
    expect(await numbers(destination, last)).toEqual([1])
    expect(await numbers(destination, quiet)).toEqual([])
  })
})

it('is dropped after 30 days, when another run begins', async () => {
  const path = join(folder(), 'x.db')
  const destination = await open(path)
  const [old, newer] = [await logged(destination), await logged(destination)]
  const db = byHand(path)
  const days = (count: number): bigint => BigInt(Date.now() - count * 86_400_000) * 1000n
  db.prepare('update _tidemark_runs set started_at = ? where run = ?').run(days(31), old)
  db.prepare('update _tidemark_runs set started_at = ? where run = ?').run(days(29), newer)
  await destination.startRun()
  expect(await numbers(destination, old)).toEqual([])
  expect(await numbers(destination, newer)).toEqual([1])
})

it('is dropped with the oldest runs where all of them have 100,000 lines', async () => {
  const path = join(folder(), 'x.db')
  const destination = await open(path)
  const [first, second] = [await logged(destination), await logged(destination)]
  byHand(path).exec(`with recursive n (i) as (select 2 union all select i + 1 from n where i < 100000)
    insert into _tidemark_run_log select ${second}, i, 0, 'info', 'message', null, null, null, '', null from n`)
  await destination.startRun()
  expect(await numbers(destination, first)).toEqual([])
  expect((await numbers(destination, second)).length).toBe(100_000)
})

it('two processes that log for the first time at once make one table', async () => {
  const { url } = await postgres()
  const both = [await open(url), await open(url, { runner: { ...runner, id: 'two' } })]
  const runs = await Promise.all(both.map((destination) => destination.startRun()))
  await Promise.all(
    both.map((destination, at) =>
      destination.recordRun(runs[at]!, [{ kind: 'logged', lines: [line(1), line(2)], from: 1 }]),
    ),
  )
  for (const run of runs) expect(await numbers(both[0]!, run)).toEqual([1, 2])
})
