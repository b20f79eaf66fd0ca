import { hostname, userInfo } from 'node:os'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FED_SOURCE, tell } from './fed-source.ts'
import { pacedSource } from './paced-source.ts'
import { dailySource, reference, type TestProject, testProject } from './test-project.ts'

const ME = `${userInfo().username}@${hostname()}`

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

interface Table {
  readonly name: string
  readonly status: string
  readonly paused_for: string | null
  readonly fix: { readonly command: string } | null
}

async function tablesOf(
  project: TestProject,
  environment?: Record<string, string>,
): Promise<ReadonlyMap<string, Table>> {
  const { stdout } = await project.run(['status', '--json'], environment)
  return new Map((JSON.parse(stdout) as { tables: Table[] }).tables.map((table) => [table.name, table]))
}

describe.each(['sqlite', 'postgres'] as const)('on %s', (kind) => {
  it('a paused table is not read, whatever else is; it says who paused it and why; resumed, it is read again', async () => {
    const project = testProject()
    const environment = { TARGET: kind === 'postgres' ? (await server.newSchema()).url : 'data/x.db' }
    project.config({ destination: reference('TARGET') })
    project.install('shop', dailySource('shop', ['orders', 'users']))
    const run = (...args: readonly string[]) => project.run(args, environment)
    expect((await run('sync')).code).toBe(0)
    const paused = await run('pause', 'shop_orders', '--reason', 'the shop moves\u001b[31m')
    expect(paused).toMatchObject({
      code: 0,
      stdout: 'shop_orders is paused: no run reads it until npx tidemark resume shop_orders\n',
    })
    const orders = (await tablesOf(project, environment)).get('shop_orders')!
    expect(orders.status).toBe('paused')
    expect(orders.paused_for).toMatch(new RegExp(`^paused by ${ME} at \\d{4}-.*Z: the shop moves$`))
    expect(orders.fix?.command).toBe('npx tidemark resume shop_orders')

    // Everything of it is asked for, and nothing of it is read.
    await run('resync', 'shop_orders')
    const sync = await run('sync', '--json')
    expect(sync.code).toBe(0)
    const report = JSON.parse(sync.stdout) as { tables: { name: string; status: string; steps_done: number }[] }
    expect(report.tables.find(({ name }) => name === 'shop_orders')).toMatchObject({
      status: 'paused',
      steps_done: 0,
    })
    expect((await run('pause', 'shop_orders')).stdout).toBe('shop_orders is paused already.\n')
    expect((await tablesOf(project, environment)).get('shop_orders')!.paused_for).toBe(orders.paused_for)

    expect((await run('resume', 'shop_orders')).stdout).toMatch(
      /^shop_orders is resumed; the next run reads what it lacks/,
    )
    expect((await run('resume', 'shop_orders')).stdout).toBe('shop_orders is not paused.\n')
    expect((await run('sync')).code).toBe(0)
    expect((await tablesOf(project, environment)).get('shop_orders')).toMatchObject({
      status: 'complete',
      paused_for: null,
    })
    const { stdout } = await run(
      'query',
      "select change from _tidemark_changes where name = 'shop_orders' order by id",
      '--json',
    )
    expect(stdout).toMatch(new RegExp(`paused by ${ME} at .*: the shop moves.*resumed by ${ME}`, 's'))
  })
})

it('a decision names whoever it is said to be of, on one line', async () => {
  const project = testProject()
  project.install('shop', dailySource('shop', ['orders']))
  await project.run(['sync'])
  const by = '--by=-ada\u001b[31m\n@example.com'
  expect((await project.run(['pause', by, 'shop_orders'])).code).toBe(0)
  const paused = (await tablesOf(project)).get('shop_orders')!.paused_for!
  expect(paused).toMatch(/^paused by -ada.*@example\.com at 20[^\n]*Z$/)
  expect(paused).not.toContain('\u001b')
  expect((await project.run(['resume', '--by', 'ben', 'shop_orders'])).code).toBe(0)
  const { stdout } = await project.run(['query', 'select change from _tidemark_changes', '--json'])
  expect(stdout).toContain('resumed by ben')
  for (const wrong of ['', ' ', 'x'.repeat(201)]) {
    const { code, stderr } = await project.run(['pause', `--by=${wrong}`, 'shop_orders'])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--by has \d+ characters; write 1 to 200/)])
  }
})

it('all tables are paused, or none: one that is not known is named', async () => {
  const project = testProject()
  project.install('shop', dailySource('shop', ['orders', 'users']))
  await project.run(['sync'])
  const wrong = await project.run(['pause', 'shop_orders', 'shop_user'])
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toMatch(/shop_user.*did you mean "shop_users"/)
  expect((await tablesOf(project)).get('shop_orders')!.status).toBe('complete')
})

it('waits while another runner holds the table, and says so', async () => {
  const project = testProject()
  project.install('shop', pacedSource({ orders: 400 }))
  const run = project.start(['sync'])
  await run.says('needs history')
  await expect.poll(async () => (await project.run(['runs', '--json'])).stdout).toContain('"running"')
  const pause = project.start(['pause', 'shop_orders'])
  await pause.says('held by another runner')
  expect((await run.ended).code).toBe(0)
  expect(await pause.ended).toMatchObject({ code: 0 })
  expect((await tablesOf(project)).get('shop_orders')!.status).toBe('paused')
})

it('a table of a feed is not paused: its changes would be lost', async () => {
  const project = testProject()
  project.install('shop', FED_SOURCE)
  tell(project, { table: 'orders', row: { id: 1, note: 'a' } }, { commit: true })
  await project.run(['sync'])
  const { code, stderr } = await project.run(['pause', 'shop_orders'])
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/belongs to the feed "wal"/) })
  expect((await tablesOf(project)).get('shop_orders')!.paused_for).toBeNull()
  // Nor is the feed, by whichever of its names; what to do instead is said.
  for (const name of ['wal', 'shop/wal'])
    for (const verb of ['pause', 'resume'])
      expect(await project.run([verb, name])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(
          /the feed "wal" of "shop" cannot be paused: .*stop the sync.*set its tables to false/s,
        ),
      })
  expect((await project.run(['resume', 'shop_orders'])).stdout).toBe('shop_orders is not paused.\n')
})
