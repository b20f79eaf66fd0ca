import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { seedState } from './dashboard/seed-state.ts'
import { testProject } from './test-project.ts'

const DAY = 20_000
const at = DAY * 86_400_000 + 3_600_000

/** A project whose runs 3 to 90 changed nothing, and of which run 2 left a sum beside the record of a table. */
async function project() {
  const made = testProject()
  const path = join(made.folder, 'x.db')
  const step = { kind: 'incremental' as const, from: 0, to: 1, beganAt: at, endedAt: at, durationMs: 1, writingMs: 0 }
  await seedState(path, {
    tables: [],
    runs: [
      { run: 2, startedAt: at, endedAt: at + 5, exitCode: 0, steps: [{ ...step, table: 'shop_orders', written: 7 }] },
      { run: 91, startedAt: at + 9, endedAt: at + 10, exitCode: 0, steps: [] },
    ],
  })
  const db = new DatabaseSync(path)
  db.exec(`update _tidemark_runs set folded_steps = 4, folded_tables = 3, folded_read = 50, folded_unchanged = 50,
      folded_deduped = 0, folded_trimmed = 0 where run = 2;
    insert into _tidemark_folded_runs (day, runs, first_run, last_run, started_at, ended_at, steps, rows_read)
      values (${DAY}, 88, 3, 90, ${at}000, ${at}000, 352, 0)`)
  db.close()
  made.config({ destination: path })
  return made
}

describe('runs whose records are folded', () => {
  it('are counted in the run that they belong to', async () => {
    const { run } = await project()
    const { stdout } = await run(['runs', '2', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      tables: 4,
      steps: 5,
      folded_steps: 4,
      rows: { written: 7, unchanged: 50 },
      by_table: [{ table: 'shop_orders' }],
    })
    expect((await run(['runs', '2'])).stdout).toContain('Steps that changed nothing (only counted): 4.')
  })

  it('say with which others a run is kept that has no record of its own', async () => {
    const { run } = await project()
    const { code, stderr } = await run(['runs', '17'])
    expect(code).toBe(2)
    expect(stderr).toContain('run 17 changed nothing')
    expect(stderr).toContain('88 such runs of 2024-10-04, from run 3 to run 90, are stored as one record')
    expect((await run(['runs', '95'])).stderr).toContain('the last one is 91')
  })
})
