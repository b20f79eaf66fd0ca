import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type TestProject, testProject } from './test-project.ts'

/** Ten windows; the fourth one waits for ever, or until it is told to stop. */
function slow(obeys: boolean): TestProject {
  const project = testProject()
  project.install(
    'slow',
    `
import { days, defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'slow' })
let windows = 0
const t = source.table({
  name: 't',
  row: z.object({ id: z.int(), at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'at',
  window: days(1),
  start: '2026-01-01T00:00:00Z',
  end: () => '2026-01-11T00:00:00Z',
  async *read({ from, signal }) {
    const id = ++windows
    yield [{ id, at: from }]
    if (id < 4) return
    console.log('waiting')
    await new Promise((resolve, reject) => {
      setInterval(() => {}, 1000)
      if (${obeys}) signal.addEventListener('abort', () => reject(signal.reason))
    })
  },
})
export default register(source.with([t]))`,
  )
  project.config({ concurrency: 1 })
  return project
}

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (signal, code) => {
  it(`stops a sync with ${code}, keeps what is committed, and the next run reads the rest`, async () => {
    const project = slow(true)
    const running = project.start(['sync', '--json'])
    await running.says('waiting')
    running.child.kill(signal)
    const outcome = await running.ended
    expect(outcome.code).toBe(code)
    expect(outcome.stderr).toContain(`${signal}: stopping; what is committed stays`)
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      exit_code: code,
      interrupted: true,
      tables: [{ name: 'slow_t', rows: { written: 3 }, steps_left: 7 }],
    })
    const rows = await project.run(['query', '--json', 'select count(*) as n from slow_t'])
    expect(JSON.parse(rows.stdout).rows).toEqual([{ n: 3 }])
    const left = await project.run(['plan', '--json'])
    expect(JSON.parse(left.stdout).tables[0].steps).toHaveLength(7)
  })

  it('ends at once when it comes twice', async () => {
    const project = slow(false)
    const running = project.start(['sync'])
    await running.says('waiting')
    running.child.kill(signal)
    await running.says('stopping')
    running.child.kill(signal)
    expect((await running.ended).code).toBe(code)
  })
})

it('a signal before the work ends at once', async () => {
  const project = testProject()
  project.install('stuck', 'console.log("importing"); await new Promise(() => setInterval(() => {}, 1000))')
  const running = project.start(['sync'])
  await running.says('importing')
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(143)
})

it('a killed runner is replaced at once on the same machine', async () => {
  const project = slow(false)
  const running = project.start(['sync'])
  await running.says('waiting')
  running.child.kill('SIGKILL')
  await running.ended
  const next = project.start(['sync', 't'])
  await next.says('waiting')
  next.child.kill('SIGKILL')
  await next.ended
  const rows = await project.run([
    'query',
    '--json',
    'select count(*) as n from slow_t',
    '--destination',
    join(project.folder, 'data/tidemark.db'),
  ])
  // Three windows each: the second run took the table over and went on.
  expect(JSON.parse(rows.stdout).rows[0].n).toBeGreaterThanOrEqual(3)
})
