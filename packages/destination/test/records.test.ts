import { describe, expect, it } from 'vitest'
import { countRows, countTables, listChanges, listRuns, listSteps, listTableRuns } from '../src/index.ts'
import { open, prepare, type Ready } from './place.ts'
import { onPostgres } from './postgres-place.ts'

const place = onPostgres()
const urlOf = { sqlite: async () => ':memory:', postgres: async () => (await place()).url }

describe.each(['sqlite', 'postgres'] as const)('the records on %s', (database) => {
  /** One run with two steps of one table. */
  async function written(): Promise<Ready> {
    const table = await prepare(await open(await urlOf[database]()))
    await table.write([
      { id: 1, note: null },
      { id: 2, note: null },
    ])
    await table.write([
      { id: 2, note: null },
      { id: 3, note: null },
    ])
    return table
  }

  it('say of every run how it ended and what it did', async () => {
    const { destination } = await written()
    const [run] = await listRuns(destination)
    expect(run).toMatchObject({
      run: 1,
      state: 'running',
      endedAt: undefined,
      exitCode: undefined,
      tables: 1,
      steps: 2,
    })
    expect(run?.rows).toMatchObject({ read: 4, written: 3, unchanged: 1, deleted: 0 })
    await destination.recordRun(1, [{ kind: 'ended', exitCode: 3, error: 'one failed' }])
    await destination.startRun()
    const runs = await listRuns(destination)
    expect(runs.map((one) => [one.run, one.state, one.exitCode, one.error])).toEqual([
      [2, 'running', undefined, undefined],
      [1, 'ended', 3, 'one failed'],
    ])
    expect(await listRuns(destination, { limit: 1 })).toEqual([runs[0]])
    expect(await listRuns(destination, { runs: [1] })).toEqual([runs[1]])
    expect(await listRuns(destination, { runs: [] })).toEqual([])
  })

  it('say of every step what it read, and which go on', async () => {
    const { destination, lease } = await written()
    const steps = await listSteps(destination)
    expect(steps.map(({ step, kind, attempt }) => [step, kind, attempt])).toEqual([
      [2, 'full_refresh', 1],
      [1, 'full_refresh', 1],
    ])
    expect(await listSteps(destination, { run: 1, table: 'things', limit: 1 })).toEqual([steps[0]])
    expect(await listSteps(destination, { table: "o'; drop table x; --" })).toEqual([])
    expect(await listSteps(destination, { running: true })).toEqual([])
    const step = { ...steps[0]!, step: 3, window: { from: 5n, to: 9n } }
    await destination.record(lease, [{ kind: 'started', step }])
    expect(await listSteps(destination, { running: true })).toMatchObject([{ step: 3, window: { from: 5n, to: 9n } }])
    await destination.recordRun(1, [{ kind: 'ended', exitCode: 0, error: undefined }])
    expect(await listSteps(destination, { running: true })).toEqual([])
    const counts = { read: 1, deduped: 0, trimmed: 0, rejected: 0 }
    await destination.record(lease, [
      { kind: 'failure', step, counts, error: 'no answer', nextTryAt: 1n, durationMs: 7 },
    ])
    expect(await listSteps(destination, { failed: true })).toMatchObject([
      { step: 3, error: 'no answer', durationMs: 7 },
    ])
  })

  it('say what each run did to a table', async () => {
    const { destination } = await written()
    const [one, ...more] = await listTableRuns(destination, { runs: 5 })
    expect(more).toEqual([])
    expect(one).toMatchObject({ run: 1, table: 'things', steps: 2, failedSteps: 0, rows: { read: 4, written: 3 } })
    expect(await listTableRuns(destination, { runs: 5, table: 'things' })).toEqual([one])
    expect(await listTableRuns(destination, { runs: 5, table: 'none' })).toEqual([])
  })

  it('say what was done to its shape, and how many rows it has', async () => {
    const { destination } = await written()
    expect(await listChanges(destination, { table: 'things', limit: 5 })).toMatchObject([
      { table: 'things', change: 'table created' },
    ])
    expect(await countRows(destination, 'things', { most: 10 })).toEqual({ rows: 3, isExact: true })
    expect(await countRows(destination, 'things', { most: 1 })).toEqual({ rows: 1, isExact: false })
  })

  it('say how many rows each of many tables has, also where some cannot be counted', async () => {
    const { destination } = await written()
    const [things] = (await destination.state()).tables.keys()
    // More than one statement counts, and a failure among those of each.
    const names = Array.from({ length: 230 }, (_, at) => (at % 90 === 7 ? `gone_${at}` : things!))
    names[200] = '_tidemark_runs'
    const asked: string[] = []
    const counting: Pick<typeof destination, 'query'> = {
      query: (statement) => {
        asked.push(statement)
        return destination.query(statement)
      },
    }
    const counted = await countTables(counting, names, { most: 2 })
    expect(counted).toEqual(new Map([[things, { rows: 2, isExact: false }]]))
    expect(asked.length).toBeLessThan(70)
    asked.length = 0
    expect((await countTables(counting, [things!, things!], { most: 10 })).get(things!)).toEqual({
      rows: 3,
      isExact: true,
    })
    expect(asked.length).toBe(1)
  })
})
