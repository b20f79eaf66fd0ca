import { expect, it } from 'vitest'
import { dailySource, testProject } from './test-project.ts'

it('a source that ends the process in the middle of a run: the next one says so in the record, and goes on', async () => {
  const project = testProject()
  project.install(
    'demo',
    dailySource('demo', ['a']).replace(
      'yield rows',
      "yield rows; if (process.env.EXIT === 'yes' && to < '2026-01-20') process.exit(0)",
    ),
  )
  const broken = await project.run([], { EXIT: 'yes' })
  expect(broken.code).toBe(1)
  expect(broken.stderr).toContain('A source ended the process with process.exit(): what is committed stays')
  const next = await project.run(['--json'])
  expect(next.code).toBe(0)
  const runs = await project.run(['query', '--json', 'select run, state, error from tidemark_runs order by run'])
  expect(JSON.parse(runs.stdout).rows).toEqual([
    { run: 1, state: 'crashed', error: 'the runner stopped without ending the run' },
    { run: 2, state: 'ended', error: null },
  ])
  const count = await project.run(['query', '--json', 'select count(*) as n from demo_a'])
  expect(JSON.parse(count.stdout).rows).toEqual([{ n: 31 }])
})

it('a second runner says who holds the tables, since when and until when, and ends with 7', async () => {
  const project = testProject()
  project.install(
    'demo',
    dailySource('demo', ['a']).replace(
      'yield rows',
      "console.log('reading'); yield rows; await new Promise((done) => setTimeout(done, process.env.SLOW === 'yes' ? 20000 : 0))",
    ),
  )
  const first = project.start(['sync'], { SLOW: 'yes' })
  await first.says('reading')
  const second = await project.run(['sync'])
  expect(second.code).toBe(7)
  expect(second.stdout).toMatch(
    new RegExp(
      `held: table demo_a is held by another runner \\(process ${first.child.pid} on \\S+\\) since 20\\S+Z; the lock is released when that run ends, or expires at 20\\S+Z`,
    ),
  )
  first.child.kill('SIGKILL')
  await first.ended
  expect((await project.run(['sync'])).code).toBe(0)
})

it('of a thousand tables that another runner holds there is one line', async () => {
  const project = testProject()
  const names = Array.from({ length: 1000 }, (_, at) => `t${at}`)
  project.install(
    'demo',
    `import { defineSource, register } from '@tidemark/core'
    import { z } from 'zod'
    const source = defineSource({ name: 'demo' })
    const table = (name) => source.table({ name, row: z.object({ id: z.int() }), primaryKey: ['id'], async *read() {
      console.log('reading')
      await new Promise((done) => setTimeout(done, process.env.SLOW === 'yes' ? 60000 : 0))
      yield [{ id: 1 }]
    } })
    export default register(source.with(${JSON.stringify(names)}.map(table)))`,
  )
  const first = project.start(['sync'], { SLOW: 'yes' })
  await first.says('reading')
  for (const args of [['sync'], ['sync', '--json']]) {
    const { code, stdout, stderr } = await project.run(args)
    expect(code).toBe(7)
    const told = `${args.length === 1 ? stdout : ''}${stderr}`
    expect(told.match(/held by another runner/g)).toHaveLength(1)
    expect(told).toMatch(
      /held: 1000 tables are held by another runner \(process \d+ on \S+\) since 20\S+Z: demo_t0, demo_t1, .* and 995 more; the locks are released when/,
    )
    expect(told.split('\n').length).toBeLessThan(20)
  }
  first.child.kill('SIGKILL')
  await first.ended
})
