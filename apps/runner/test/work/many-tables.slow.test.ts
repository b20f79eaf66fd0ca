import { setTimeout as sleep } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { testProject } from '../test-project.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

// By hand 10,000.
const TABLES = Number(process.env['TIDEMARK_WORK_TABLES'] ?? 300)
const MOST_QUEUED = 10_000

const SOURCE = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'many' })
export default register(source.with(Array.from({ length: ${TABLES} }, (_, n) => source.table({
  name: 't' + n, row: z.object({ id: z.int(), at: z.int() }), primaryKey: ['id'], cursor: 'at', window: 1, start: 0, end: () => 100,
  async *read({ from }) { yield [{ id: Number(from), at: Number(from) }] },
}))))
`

it('a hundred windows of each of many tables: the first are read while others are planned, and few of them wait', async () => {
  const project = testProject()
  project.install('many', SOURCE)
  const { url, schema } = await server.newSchema()
  const { child, ended } = project.start(['work', '--every', '1h'], { DATABASE_URL: url })
  onTestFinished(() => void child.kill('SIGKILL'))
  const asked = `select (select count(*) from "${schema}_jobs".job where name = 'windows' and state < 'active'),
    (select count(*) from "${schema}_jobs".job where name = 'windows' and state = 'completed'),
    (select count(*) from "${schema}"._tidemark_tables)`
  const seen: { readonly queued: number; readonly done: number; readonly tables: number }[] = []
  const isFull = (): boolean => seen.some(({ queued }) => queued > MOST_QUEUED - 500)
  for (let full = 0; full < 20; full += isFull() ? 1 : 0) {
    const [row] = (await server.rows(asked).catch(() => [[0, 0, 0]])) as readonly unknown[][]
    const [queued, done, tables] = row!.map(Number)
    seen.push({ queued: queued!, done: done!, tables: tables! })
    await sleep(100)
  }
  child.kill('SIGTERM')
  expect((await ended).code).toBe(143)
  // No table waits for the end of another: the newest window of each is queued or done.
  const newest = `select count(distinct data->>'table')::integer from "${schema}_jobs".job where name = 'windows' and data->>'to' = '100'`
  expect(await server.rows(newest)).toEqual([[TABLES]])
  expect(Math.max(...seen.map(({ queued }) => queued))).toBeLessThanOrEqual(MOST_QUEUED)
  expect(seen.find(({ done }) => done > 0)?.tables).toBeLessThan(TABLES)
})
