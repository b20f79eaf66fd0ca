import { expect, it } from 'vitest'
import { type Outcome, type TestProject, testProject } from './test-project.ts'

const json = <T>({ stdout, stderr }: Outcome): T => {
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout) as T
}

/** Two tables of twenty rows, one of them without a cursor; a file says which rows are bad. */
const SOURCE = `
import { readFileSync } from 'node:fs'
import { days, defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop' })
const row = z.object({ id: z.int(), at: z.iso.datetime(), note: z.string() })
const bad = () => JSON.parse(readFileSync('bad.json', 'utf8'))
const rows = () => Array.from({ length: 20 }, (_, id) => ({ id, at: new Date(Date.UTC(2026, 0, 1 + id)).toISOString(), note: bad().includes(id) ? id : 'note ' + id }))
const asked = []
export default register(source.with([
  source.table({ name: 'orders', row, primaryKey: ['id'], cursor: 'at', window: days(10), start: '2026-01-01T00:00:00Z', end: () => '2026-01-21T00:00:00Z',
    async *read({ from, to }) { console.log('asked', from, to); yield rows().filter(({ at }) => at >= from && at < to) } }),
  source.table({ name: 'labels', row, primaryKey: ['id'], async *read() { yield rows() } }),
]))`

function shop(bad: readonly number[]): TestProject {
  const project = testProject()
  project.install('shop', SOURCE)
  project.write('bad.json', JSON.stringify(bad))
  project.config({ rejects: { share: 1, above: 0 } })
  return project
}

interface List {
  readonly rejects: readonly {
    readonly id: number
    readonly table: string
    readonly key: string
    readonly position: string | null
  }[]
  readonly counts: Record<string, number>
}

it('rows that were set aside are listed and shown, of all tables or of one', async () => {
  const project = shop([3, 15])
  await project.run(['sync', 'orders'])
  const list = json<List>(await project.run(['rejects', '--json']))
  expect(list.counts).toEqual({ shop_orders: 2 })
  expect(list.rejects.map(({ key, position }) => [key, position])).toEqual(
    expect.arrayContaining([
      ['[3]', '2026-01-04T00:00:00Z'],
      ['[15]', '2026-01-16T00:00:00Z'],
    ]),
  )
  const text = await project.run(['rejects', 'list', 'orders'])
  expect(text.stdout).toMatch(/shop_orders +\[15\] +invalid +note: /)
  expect(text.stdout).toMatch(/\(2 rows\) To show one: npx tidemark rejects show 2;/)
  const one = await project.run(['rejects', 'show', String(list.rejects[0]!.id), '--json'])
  expect(json<{ payload: string }>(one).payload).toContain('"note":')
  const wrong = await project.run(['rejects', 'show', '4711'])
  expect(wrong.stderr).toContain('there is no rejected row "4711"; "tidemark rejects" lists them with their ids')
  expect(wrong.code).toBe(2)
  expect((await project.run(['rejects', 'list', 'shop_ordres'])).stderr).toContain('did you mean "shop_orders"?')
})

it('equal rows without a key are counted each, by every one who counts them', async () => {
  const project = testProject()
  project.install(
    'shop',
    `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop' })
export default register(source.with([source.table({ name: 'visits', row: z.object({ page: z.string() }), async *read() {
  yield Array.from({ length: 200 }, (_, at) => ({ page: at % 2 === 0 ? 7 : '/' }))
} })]))`,
  )
  project.config({ rejects: { share: 1, above: 0 } })
  // Read again they are the same rows, and not more of them.
  for (let again = 0; again < 2; again++) {
    const [table] = json<{ tables: { rows: object }[] }>(await project.run(['sync', '--json'])).tables
    expect(table).toMatchObject({ rows: { rejected: 100 } })
    expect(json<{ tables: object[] }>(await project.run(['status', '--json'])).tables).toMatchObject([{ rejects: 100 }])
    expect((await project.run(['status'])).stdout).toMatch(/^Every table is complete.*, except 100 rejected rows\.$/m)
    expect(json<List>(await project.run(['rejects', '--json'])).counts).toEqual({ shop_visits: 100 })
    const verified = json<{ rows: object }>(await project.run(['verify', 'visits', '--json']))
    expect(verified).toMatchObject({ rows: { source: 100, destination: 100, rejected: 100 } })
  }
})

it('retry reads only the places where they lie; twice asks for the same; what is still bad stays', async () => {
  const project = shop([3, 15])
  await project.run(['sync'])
  project.write('bad.json', '[15]')
  const retried = await project.run(['rejects', 'retry', 'orders'])
  expect(retried.code).toBe(0)
  expect([...retried.stderr.matchAll(/asked (\S+) (\S+)/g)].map(([, from, to]) => [from, to])).toEqual(
    expect.arrayContaining([
      ['2026-01-04T00:00:00.000Z', '2026-01-04T00:00:01.000Z'],
      ['2026-01-16T00:00:00.000Z', '2026-01-16T00:00:01.000Z'],
    ]),
  )
  const left = json<List>(await project.run(['rejects', '--json']))
  expect(left.rejects.filter(({ table }) => table === 'shop_orders').map(({ key }) => key)).toEqual(['[15]'])
  const count = async () =>
    json<{ rows: unknown[] }>(
      await project.run(['query', '--json', 'select count(*) as n from shop_orders where _deleted_at is null']),
    ).rows
  expect(await count()).toEqual([{ n: 19 }])
  // Again, and all of them: the table without a cursor is read whole.
  project.write('bad.json', '[]')
  expect((await project.run(['rejects', 'retry'])).code).toBe(0)
  expect(await count()).toEqual([{ n: 20 }])
  const again = await project.run(['rejects', 'retry'])
  expect(again.stdout).toBe('There are no rejected rows.\n')
  expect(again.code).toBe(0)
  const { rows } = json<{ rows: unknown[] }>(await project.run(['query', '--json', 'select * from _tidemark_resyncs']))
  expect(rows).toEqual([])
})

it('drop forgets them, asks before, and leaves a record', async () => {
  const project = shop([3, 15])
  await project.run(['sync', 'orders'])
  const refused = await project.run(['rejects', 'drop', 'orders'])
  expect(refused.stderr).toContain('2 rejected rows will be deleted; this is not a terminal: pass --yes to confirm')
  expect(refused.code).toBe(2)
  const [first, second] = json<List>(await project.run(['rejects', '--json'])).rejects
  const dropped = await project.run(['rejects', 'drop', String(first!.id), '--yes'])
  expect(dropped.stdout).toBe('1 rejected row was deleted.\n')
  expect(json<List>(await project.run(['rejects', '--json'])).rejects.map(({ id }) => id)).toEqual([second!.id])
  const runs = await project.run(['query', '--json', 'select error from tidemark_runs where error is not null'])
  expect(json<{ rows: unknown[] }>(runs).rows).toEqual([
    { error: `rejected rows dropped by a user: 1 of shop_orders (${first!.id})` },
  ])
})
