import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { KINDS_SOURCE, ROWS } from './kinds.ts'
import { dailySource, type TestProject, testProject } from './test-project.ts'

async function daily(): Promise<TestProject> {
  const project = testProject()
  project.install('daily', dailySource('daily'))
  expect((await project.run(['sync'])).code).toBe(0)
  return project
}

function byHand(project: TestProject, statement: string): void {
  const database = new DatabaseSync(join(project.folder, 'data/tidemark.db'))
  database.exec(statement)
  database.close()
}

it('a table is compared with its source, told what differs, and mended', async () => {
  const project = await daily()
  const same = await project.run(['verify', 'daily_days'])
  expect(same.code, same.stderr).toBe(0)
  expect(same.stdout).toContain('It matches its source.')
  const part = await project.run(['verify', 'daily_days', '--from', '2026-01-10'])
  expect(part.stdout).toContain('What was compared matches its source.')
  expect(part.stdout).not.toContain('It matches')

  byHand(project, 'delete from daily_days where id in (3, 4)')
  byHand(project, "update daily_days set note = 'x' where id = 9")
  const told = await project.run(['verify', 'days'])
  expect(told.code).toBe(3)
  expect(told.stdout).toMatch(/2 missing, 1 different[\s\S]*missing: \[3\] {2}\[4\][\s\S]*verify daily_days --repair/)
  const json = JSON.parse((await project.run(['verify', 'days', '--json'])).stdout)
  expect(json).toMatchObject({ table: 'daily_days', exit_code: 3, missing: 2, extra: 0, different: 1 })
  expect(json.found[0].keys).toContainEqual({ kind: 'missing', key: '[3]', times: 1 })

  const sampled = await project.run(['verify', 'days', '--sample', '10%', '--seed', '5', '--json'])
  expect(JSON.parse(sampled.stdout)).toMatchObject({ sample: { share: 0.1, seed: 5 }, windows: { compared: 3 } })

  const mended = await project.run(['verify', 'days', '--repair'])
  expect(mended.code, mended.stdout).toBe(0)
  expect(mended.stdout).toContain(
    'Repaired: 3 rows written, 0 marked or replaced; what was compared matches its source now.',
  )
  expect((await project.run(['verify', 'days'])).code).toBe(0)
})

it.each([
  [['verify', 'nothing'], /nothing/],
  [['verify', 'days', '--sample', '0%'], /must be a share such as 5%/],
  [['verify', 'days', '--sample', '500%'], /must be a share such as 5%/],
  [['verify', 'days', '--seed', '1'], /--sample 5%/],
  [['verify', 'days', '--from', 'soon'], /is not a date/],
  [['verify', 'days', '--partition', 'x'], /has no partition "x"/],
  [['verify'], /missing required argument/],
])('%s is refused', async (args, message) => {
  const project = await daily()
  const { code, stderr } = await project.run(args)
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
})

it('a table is not said to match its source beside rejected rows and rows that its reader does not give', async () => {
  const project = testProject()
  project.install(
    'short',
    `import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const short = defineSource({ name: 'short', config: z.object({}) })
const row = z.object({ id: z.int(), day: z.string() })
const days = short.table({
  name: 'days',
  row,
  primaryKey: ['id'],
  countRows: async () => 30,
  async *read() { yield Array.from({ length: 20 }, (_, id) => ({ id, day: 'd' + id })) },
})
const bad = short.table({
  name: 'bad',
  row,
  primaryKey: ['id'],
  async *read() { yield [...Array.from({ length: 50 }, (_, id) => ({ id, day: 'd' + id })), { id: 50, day: 7 }] },
})
export default register(short.with([days, bad]))
`,
  )
  expect((await project.run(['sync'])).code).toBe(0)
  const short = await project.run(['verify', 'short_days'])
  expect(short.code, short.stdout).toBe(3)
  expect(short.stdout).toMatch(
    /the whole table: 10 not read[\s\S]*The source counts 10 rows that its reader did not return/,
  )
  expect(short.stdout).not.toContain('It matches its source.')
  const bad = await project.run(['verify', 'short_bad'])
  expect(bad.code, bad.stdout).toBe(4)
  expect(bad.stdout).toMatch(/that is not the whole table:\n {2}1 row rejected; to see why: .*rejects list short_bad/)
})

it('a source that fails is told, and nothing is called wrong', async () => {
  const project = await daily()
  project.install('daily', dailySource('daily').replace('const rows = []', "throw new Error('gone fishing')"))
  const { code, stdout } = await project.run(['verify', 'days'])
  expect(code).toBe(3)
  expect(stdout).toMatch(/could not be read: gone fishing/)
})

it('a repair that is killed at any moment is ended by the next', async () => {
  const project = testProject()
  project.install('kinds', KINDS_SOURCE)
  expect((await project.run(['sync'])).code).toBe(0)
  for (const ms of [400, 700, 1000, 1400]) {
    byHand(project, "delete from kinds_keyed where id % 7 = 0; update kinds_keyed set note = 'x' where id % 11 = 1")
    const running = project.start(['verify', 'kinds_keyed', '--repair'])
    await wait(ms)
    running.child.kill('SIGKILL')
    await running.ended
  }
  const last = await project.run(['verify', 'kinds_keyed', '--repair'])
  expect(last.code, last.stdout + last.stderr).toBe(0)
  const { stdout } = await project.run([
    'query',
    "select count(*) as n, sum(_deleted_at is not null) as gone, sum(note = 'x') as wrong from kinds_keyed",
    '--json',
  ])
  expect(JSON.parse(stdout).rows).toEqual([{ n: ROWS, gone: 0, wrong: 0 }])
})
