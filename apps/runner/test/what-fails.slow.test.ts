import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startUi } from './dashboard/start-ui.ts'
import { type Running, type TestProject, testProject } from './test-project.ts'

interface Table {
  readonly name: string
  readonly status: string
  readonly last_error: string | null
  readonly error_code: string | null
  readonly error_remedy: string | null
  readonly next_try_at: string | null
  readonly fix: { readonly what: string; readonly when: string; readonly command: string; readonly see: string } | null
}

const tableOf = async (project: TestProject, name: string): Promise<Table | undefined> => {
  const { tables } = JSON.parse((await project.run(['status', '--json'])).stdout) as { tables: readonly Table[] }
  return tables.find((table) => table.name === name)
}

/** One table in windows of a day up to now; `BREAK` says what its fourth window, or all of them, throw. */
function shop(more = ''): TestProject {
  const project = testProject()
  project.install(
    'shop',
    `
import { days, defineSource, register, SyncError } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop' })
const DAY = 86_400_000
const start = Math.floor(Date.now() / DAY) * DAY - 6 * DAY
const orders = source.table({
  name: 'orders',
  row: z.object({ id: z.int(), at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'at',
  window: days(1),
  start: new Date(start).toISOString(),
  async *read({ from }) {
    const breaks = process.env.BREAK
    if (breaks === 'all') throw new SyncError('the shop is closed', 'retry', { code: 'network' })
    if (breaks === 'old' && Date.parse(from) < start + 2 * DAY) throw new SyncError('too old for you', 'fix-config', { code: 'forbidden' })
    yield [{ id: Date.parse(from) / 1000, at: from }]
    console.log('read')
    ${more}
  },
})
export default register(source.with([orders]))`,
  )
  project.config({ concurrency: 1 })
  return project
}

function start(project: TestProject, args: readonly string[], environment: Record<string, string>): Running {
  const running = project.start(args, environment)
  onTestFinished(() => void running.child.kill('SIGKILL'))
  return running
}

describe('a table whose first try fails', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)(
    'is failing with its error while the run goes on, and after %s',
    async (signal) => {
      const project = shop()
      const running = start(project, ['sync'], { BREAK: 'all' })
      await running.says('trying again')
      const expected = {
        status: 'failing',
        last_error: 'the shop is closed',
        error_code: 'network',
        error_remedy: 'retry',
        fix: { what: 'the next run tries again', when: 'to do it now', command: 'npx tidemark sync shop_orders' },
      }
      const during = await tableOf(project, 'shop_orders')
      expect(during).toMatchObject(expected)
      expect(during?.next_try_at).not.toBeNull()
      running.child.kill(signal)
      await running.ended
      // Nobody is there any more to try again.
      expect(await tableOf(project, 'shop_orders')).toMatchObject({ ...expected, next_try_at: null })
      const { stdout } = await project.run(['status'])
      expect(stdout).toMatch(/^Not every table is complete yet: of 1, 1 failing\.$/m)
      expect(stdout).toMatch(
        /^failing: table shop_orders: the shop is closed \(the next run tries again; to do it now: npx tidemark sync shop_orders; see \S+errors\.md#network\)$/m,
      )
    },
  )
})

it('the metric of a table that fails never says anything else while it is tried again and again', async () => {
  const project = shop()
  await project.run(['sync'], { BREAK: 'old' })
  expect(await tableOf(project, 'shop_orders')).toMatchObject({ status: 'failing', error_code: 'forbidden' })
  const running = start(project, ['sync', '--every', '1s', '--listen', '0'], { BREAK: 'old' })
  let stderr = ''
  running.child.stderr?.on('data', (chunk: string) => {
    stderr += chunk
  })
  await running.says('/metrics\n')
  const url = /health and metrics: (\S+)\/healthz/.exec(stderr)?.[1] ?? ''
  const seen = new Set<string>()
  const statuses = new Set<string>()
  let runs = 0
  for (const until = Date.now() + 12_000; Date.now() < until && runs < 4; await wait(50)) {
    const text = await (await fetch(`${url}/metrics`)).text()
    seen.add(/^tidemark_table_status\{table="shop_orders",source="shop",status="(\w+)"\} 1$/m.exec(text)?.[1] ?? 'none')
    runs = Number(/^tidemark_runs_total\{exit_code="3"\} (\d+)$/m.exec(text)?.[1] ?? 0)
    statuses.add((await tableOf(project, 'shop_orders'))?.status ?? 'none')
  }
  expect(runs).toBeGreaterThan(1)
  expect(seen).toEqual(new Set(['failing']))
  expect(statuses).toEqual(new Set(['failing']))
  // What is new is read all the same.
  const rows = await project.run(['query', '--json', 'select count(*) as n from shop_orders'])
  expect(JSON.parse(rows.stdout).rows[0].n).toBeGreaterThan(4)
})

const ONE = (key: string, rows: number, type = 'z.int()'): string => `
import { defineSource, register, SyncError } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'stock' })
const items = source.table({
  name: 'items',
  row: z.object({ id: z.int(), code: ${type} }),
  primaryKey: ['${key}'],
  async *read() {
    if (process.env.OLD) throw new SyncError('the format is newer', 'upgrade')
    yield Array.from({ length: ${rows} }, (_, id) => ({ id, code: ${type === 'z.int()' ? 'id' : "'c' + id"} }))
  },
})
export default register(source.with([items]))`

describe('the fix of a failure', () => {
  interface Line {
    readonly name: string
    readonly next_try_at: number | null
    readonly fix: Table['fix']
  }

  /** The same fix, wherever it is asked for. */
  async function fixOf(project: TestProject, said: string): Promise<Table> {
    const table = await tableOf(project, 'stock_items')
    expect(table?.fix).not.toBeNull()
    const { what, when, command, see } = table!.fix!
    const line = `${what}; ${when}: ${command}; see ${see}`
    expect((await project.run(['status'])).stdout).toContain(line)
    expect(said).toContain(command)
    expect(said).toContain(see)
    const ui = await startUi(project)
    const page = (await (await fetch(`${ui.origin}/api/table?name=stock_items`)).json()) as { table: Line }
    expect(page.table.fix).toEqual(table?.fix)
    expect(page.table.next_try_at).toBeNull()
    ui.running.child.kill('SIGKILL')
    return table!
  }

  it.each([
    ['a key that changed', ONE('code', 200), [], {}, 'resync stock_items --full', 'paused'],
    ['a type that cannot be held', ONE('id', 200, 'z.string()'), [], {}, 'resync stock_items --full', 'schema'],
    ['rows that would go', ONE('id', 20), [], {}, 'sync stock_items --accept-deletions', 'deletion-limit'],
    ['a newer format', ONE('id', 200), [], { OLD: 'yes' }, 'sync stock_items', 'source-upgrade'],
  ] as const)('%s', async (_, source, args, environment, command, entry) => {
    const project = testProject()
    project.install('stock', ONE('id', 200))
    // The type of a column that is not the key is widened where it can be; here it may not change at all.
    project.config({ sources: { stock: { schema: 'freeze' } } })
    await project.run(['sync'])
    project.install('stock', source)
    const report = await project.run(['sync', ...args, '--json'], environment)
    const [table] = JSON.parse(report.stdout).tables
    const { stdout } = await project.run(['sync', ...args], environment)
    const { fix, next_try_at, status } = await fixOf(project, stdout)
    expect(fix).toMatchObject({
      command: `npx tidemark ${command}`,
      see: expect.stringMatching(new RegExp(`#${entry}$`)),
    })
    expect(table.fix ?? table.failures[0].fix).toEqual(fix)
    expect(next_try_at).toBeNull()
    if (entry === 'paused') expect(status).toBe('paused')
  })
})

describe('a source that cannot be asked', () => {
  const OTHER = `
import { defineSource, register, SyncError } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'crm', connect: () => {
  if (process.env.CLOSED) throw new SyncError('the crm lets nobody in', 'fix-config', { code: 'forbidden' })
} })
const people = source.table({ name: 'people', row: z.object({ id: z.int() }), primaryKey: ['id'], async *read() { yield [{ id: 1 }] } })
export default register(source.with([people]))`

  interface Answer {
    readonly to_timestamp: string | null
    readonly failing_sources: readonly object[]
    readonly tables: readonly Table[]
  }

  const answer = async (project: TestProject): Promise<Answer> =>
    JSON.parse((await project.run(['status', '--json'])).stdout) as Answer

  const crm = {
    name: 'crm',
    failures: 1,
    last_error: 'the crm lets nobody in',
    error_code: 'forbidden',
    error_remedy: 'fix-config',
    fix: { command: 'npx tidemark sync crm', see: expect.stringMatching(/#forbidden$/) },
  }

  it('is said though no table of it is known, until it answers, or is not installed any more', async () => {
    const project = shop()
    project.install('crm', OTHER)
    await project.run(['sync', 'crm'], { CLOSED: '1' })
    expect((await project.run(['status'])).stdout).toMatch(
      /^No table can be synced: the tables of crm could not be discovered\./,
    )
    await project.run(['sync', 'shop'])
    const before = await answer(project)
    expect(before).toMatchObject({ to_timestamp: null, failing_sources: [crm] })
    const { stdout } = await project.run(['status'])
    expect(stdout).toMatch(/^Not every table is up to date: the tables of crm could not be discovered\./)
    expect(stdout).toMatch(
      /failing: source crm: the crm lets nobody in \(correct the config; then: npx tidemark sync crm;/,
    )
    const ui = await startUi(project)
    const page = (await (await fetch(`${ui.origin}/api/overview`)).json()) as { failing_sources: readonly object[] }
    expect(page.failing_sources).toMatchObject([{ name: 'crm', problem: crm.last_error, fix: crm.fix }])
    ui.running.child.kill('SIGKILL')
    await project.run(['sync'], { CLOSED: '1' })
    expect(await answer(project)).toMatchObject({ failing_sources: [{ ...crm, failures: 2 }] })
    await project.run(['sync'])
    expect(await answer(project)).toMatchObject({ failing_sources: [], to_timestamp: expect.any(String) })
    expect((await project.run(['status'])).stdout).toMatch(/^Every table is complete/)
    await project.run(['sync'], { CLOSED: '1' })
    project.write('package.json', JSON.stringify({ name: 'a-project', dependencies: { 'source-shop': '1.0.0' } }))
    await project.run(['sync'])
    expect(await answer(project)).toMatchObject({ failing_sources: [] })
  })

  it('because its package cannot be loaded is failing with its tables', async () => {
    const project = shop()
    project.install('crm', OTHER)
    await project.run(['sync'])
    project.install('crm', "throw new Error('half an upgrade')")
    expect((await project.run(['sync'])).code).toBe(3)
    const { failing_sources, tables } = await answer(project)
    expect(failing_sources).toMatchObject([{ name: 'crm', last_error: expect.stringContaining('half an upgrade') }])
    expect(tables).toMatchObject([
      { name: 'crm_people', status: 'failing' },
      { name: 'shop_orders', status: 'complete' },
    ])
  })
})

describe('what no run sees', () => {
  it('is said in plan, status and on the page, until a deletion is reported', async () => {
    const project = testProject()
    const source = (page: string): string => `
import { defineSource, deleted, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'crm' })
const row = z.object({ id: z.int(), at: z.iso.datetime() })
const people = source.table({ name: 'people', row, primaryKey: ['id'], cursor: 'at', end: () => '2026-02-01T00:00:00Z', async *read() {
  yield [{ id: 1, at: '2026-01-01T00:00:00.000Z' }]
  ${page}
} })
const all = source.table({ name: 'all', row, primaryKey: ['id'], async *read() { yield [] } })
export default register(source.with([people, all]))`
    project.install('crm', source(''))
    const notSeen =
      /deletions are not detected: the table is synced by a cursor, and its source does not report them; to find them: npx tidemark resync crm_people; see \S+#deletions-unseen/
    expect((await project.run(['plan'])).stdout).toMatch(notSeen)
    await project.run(['sync'])
    expect((await project.run(['plan'])).stdout).toMatch(notSeen)
    expect((await project.run(['status'])).stdout).toMatch(
      /^Deletions are not detected in crm_people: .* npx tidemark resync crm_people; see \S+#deletions-unseen$/m,
    )
    const deletions = async () =>
      (
        JSON.parse((await project.run(['status', '--json'])).stdout) as {
          tables: { name: string; deletions: string }[]
        }
      ).tables.map((table) => [table.name, table.deletions])
    expect(await deletions()).toEqual([
      ['crm_all', 'seen'],
      ['crm_people', 'unseen'],
    ])
    const ui = await startUi(project)
    const page = await (await fetch(`${ui.origin}/api/table?name=crm_people`)).json()
    expect(page).toMatchObject({
      table: { deletions: 'unseen' },
      deletions_see: expect.stringContaining('#deletions-unseen'),
    })
    ui.running.child.kill('SIGKILL')
    project.install('crm', source("yield deleted([{ id: 2, at: '2026-01-02T00:00:00.000Z' }])"))
    await project.run(['resync', 'crm_people'])
    expect(await deletions()).toContainEqual(['crm_people', 'reported'])
    expect((await project.run(['plan'])).stdout).not.toMatch(notSeen)
  })

  it('a long table that is read whole although its key is a counter is named in plan', async () => {
    const project = testProject()
    project.install('stock', ONE('id', 3000))
    await project.run(['sync'])
    expect((await project.run(['plan'])).stdout).toMatch(
      /all of its 3,000 rows are read on every sync; if rows are only added and "id" only grows, a cursor on it reads only the new ones/,
    )
    project.install('stock', ONE('code', 3000, 'z.string()'))
    expect((await project.run(['plan'])).stdout).not.toContain('rows are read on every sync')
  })
})
