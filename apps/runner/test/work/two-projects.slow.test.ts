import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Running, type TestProject, testProject } from '../test-project.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const ROWS = 200

/** A source "shop" with one table of this name, in twenty windows, each of which takes a moment. */
const shop = (table: string): string => `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop' })
export default register(source.with([source.table({
  name: '${table}', row: z.object({ id: z.int(), at: z.int() }), primaryKey: ['id'], cursor: 'at', window: 10, start: 0, end: () => ${ROWS},
  async *read({ from, to }) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    yield Array.from({ length: Number(to) - Number(from) }, (_, n) => ({ id: Number(from) + n, at: Number(from) + n }))
  },
})]))
`

function projectWith(table: string): TestProject {
  const project = testProject()
  project.install('shop', shop(table))
  return project
}

it('two projects in one schema with a source of the same name: each plans and reads its own tables', async () => {
  const { url, schema } = await server.newSchema()
  const environment = { DATABASE_URL: url }
  const start = (project: TestProject): Running => {
    const running = project.start(['work', '--every', '1s'], environment)
    onTestFinished(() => void running.child.kill('SIGKILL'))
    return running
  }
  const [orders, customers] = [projectWith('orders'), projectWith('customers')]
  const workers = [start(orders), start(customers)]
  const counts = async (): Promise<unknown> =>
    await server
      .rows(`select (select count(*) from "${schema}".shop_orders), (select count(*) from "${schema}".shop_customers)`)
      .then(([row]) => (row as readonly unknown[]).map(Number))
      .catch(() => [0, 0])
  await expect.poll(counts).toEqual([ROWS, ROWS])

  const readBy = await server.rows(
    `select distinct pid::integer, name from "${schema}"._tidemark_steps join "${schema}"._tidemark_runs using (run)`,
  )
  const pairs = [
    [workers[0]!.child.pid, 'shop_orders'],
    [workers[1]!.child.pid, 'shop_customers'],
  ]
  expect(new Set(readBy.map((row) => JSON.stringify(row)))).toEqual(new Set(pairs.map((row) => JSON.stringify(row))))
  for (const [at, project] of [orders, customers].entries()) {
    const { work } = JSON.parse((await project.run(['status', '--json'], environment)).stdout) as { work: unknown }
    expect(work).toMatchObject({
      sources: [{ source: 'shop', dead_letters: 0, planned_at: expect.any(String) }],
      workers: [{ pid: workers[at]!.child.pid }],
      dead_letters: [],
    })
  }
  const statuses = `select name, status from "${schema}"._tidemark_tables order by name`
  // A table is called complete by the round that finds nothing more to read of it.
  await expect
    .poll(() => server.rows(statuses))
    .toEqual([
      ['shop_customers', 'complete'],
      ['shop_orders', 'complete'],
    ])
  for (const { child } of workers) child.kill('SIGTERM')
  for (const { ended } of workers) expect((await ended).code).toBe(143)
})
