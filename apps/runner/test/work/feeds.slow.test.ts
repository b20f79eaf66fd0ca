import { setTimeout as sleep } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FED_SOURCE, fed, tell } from '../fed-source.ts'
import { type Running, type TestProject, testProject } from '../test-project.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

interface Place {
  readonly project: TestProject
  readonly environment: Readonly<Record<string, string>>
  rows(table: string): Promise<number>
  steps(): Promise<number>
  start(): Running
}

async function place(settings: Parameters<typeof fed>[0]): Promise<Place> {
  const project = testProject()
  project.install('shop', FED_SOURCE)
  const { url, schema } = await server.newSchema()
  const environment = { DATABASE_URL: url, ...fed(settings) }
  const count = async (what: string): Promise<number> => {
    const [row] = await server.rows(`select count(*)::integer from "${schema}".${what}`).catch(() => [['0']])
    return Number(row![0])
  }
  return {
    project,
    environment,
    rows: (table) => count(table),
    steps: () => count(`_tidemark_steps where kind = 'changes' and rows_read > 0`),
    start: () => project.start(['work', '--every', '1s', '--concurrency', '1'], environment),
  }
}

async function until(is: () => Promise<boolean>): Promise<void> {
  await expect.poll(is, { interval: 100 }).toBe(true)
}

async function stopped(workers: readonly Running[]): Promise<void> {
  for (const { child } of workers) child.kill('SIGTERM')
  for (const { ended } of workers) {
    const { code, stderr } = await ended
    expect(code, stderr).toBe(143)
    expect(stderr).not.toMatch(/cannot be read now|rejected|fenced/)
  }
}

it('one worker reads a feed, for longer than a plan, while the windows of other tables go on', async () => {
  const { project, rows, steps, start, environment } = await place({ waitMs: 30 })
  for (let id = 0; id < 400; id++)
    tell(project, { table: 'orders', row: { id, note: 'n' } }, ...(id % 20 === 19 ? [{ commit: true } as const] : []))
  project.write('end', '2026-01-06T00:00:00Z')
  const workers = [start()]
  await until(async () => (await rows('shop_orders')) > 0 && (await rows('shop_days')) === 5)
  // Windows that come meanwhile are planned and read, too.
  project.write('end', '2026-01-11T00:00:00Z')
  await until(async () => (await rows('shop_days')) === 10)
  expect(await rows('shop_orders')).toBeLessThan(400)
  workers.push(start())
  await until(async () => (await rows('shop_orders')) === 400)
  // It was read once, whoever planned meanwhile.
  await sleep(2500)
  expect(await steps()).toBe(1)
  tell(project, { table: 'lines', row: { id: 1, note: 'new' } }, { commit: true })
  await until(async () => (await rows('shop_lines')) === 1)
  await stopped(workers)
  const status = JSON.parse((await project.run(['status', '--json'], environment)).stdout)
  expect(status.feeds).toMatchObject([{ name: 'wal', offset: '{"at":422}', history_complete: true, left_out: [] }])
  expect(status.tables.map(({ name, status: word }: Record<string, string>) => [name, word])).toEqual([
    ['shop_days', 'complete'],
    ['shop_lines', 'complete'],
    ['shop_orders', 'complete'],
  ])
})

it('where the worker that reads a feed is killed, another continues from its offset', async () => {
  const { project, rows, start } = await place({ waitMs: 30 })
  for (let id = 0; id < 200; id++) tell(project, { table: 'orders', row: { id, note: 'n' } }, { commit: true })
  const first = start()
  await until(async () => (await rows('shop_orders')) > 20)
  first.child.kill('SIGKILL')
  await first.ended
  expect(await rows('shop_orders')).toBeLessThan(200)
  const second = start()
  await until(async () => (await rows('shop_orders')) === 200)
  await stopped([second])
})
