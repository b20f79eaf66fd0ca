import { expect, it } from 'vitest'
import { reference, testProject } from './test-project.ts'

// Words that keys, names, statuses and numbers are made of: each is somebody's password.
const SECRETS = [
  'name',
  'complete',
  'shop',
  'orders',
  'table',
  'status',
  '1234',
  'tables',
  'written',
  'true',
  'shop_orders',
]

const SOURCE = `
import { defineSource, register, secret } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop', config: z.object({ keys: z.array(secret()) }) })
const t = (name, read) => source.table({ name, row: z.object({ id: z.int(), name: z.string() }), primaryKey: ['id'], read })
export default register(source.with([
  t('orders', async function* () { yield [{ id: 1234, name: 'complete' }, { id: 1235, name: 1234 }] }),
  t('throws', async function* ({ client, config }) { throw new Error(${JSON.stringify(SECRETS)}.map((one) => 'key ' + one + ' is wrong').join(', ')) }),
]))`

it('secrets that are words are hidden in what is said, never in keys, names, statuses and numbers', async () => {
  const project = testProject()
  project.install('shop', SOURCE)
  const run = async (args: readonly string[]) => {
    const { stdout, stderr } = await project.run(args, { KEY: 'unused' })
    return { stdout, stderr }
  }
  const answers = async () => ({
    status: JSON.parse((await run(['status', '--json'])).stdout),
    runs: JSON.parse((await run(['runs', '1', '--json'])).stdout),
    plan: JSON.parse((await run(['plan', '--json'])).stdout),
    tables: JSON.parse((await run(['tables', '--json'])).stdout),
    rejects: JSON.parse((await run(['rejects', '--json'])).stdout),
    verify: JSON.parse((await run(['verify', 'shop_orders', '--json'])).stdout),
  })
  // The same project without secrets says how it is right.
  project.config({ sources: { shop: { config: { keys: [] } } } })
  await run(['sync'])
  const right = await answers()
  project.config({ sources: { shop: { config: { keys: SECRETS } } } })
  const shown = await answers()

  expect(shown.tables).toEqual(right.tables)
  expect(shown.rejects.rejects[0]).toMatchObject({
    table: 'shop_orders',
    code: 'invalid',
    payload: '{"id":1235,"name":1234}',
  })
  expect(shapeOf(shown)).toEqual(shapeOf(right))
  const again = await run(['sync', '--json'])
  const report = JSON.parse(again.stdout)
  // Set aside by a run that knows the secrets.
  expect((await answers()).rejects.rejects[0].payload).toBe('{"id":1235,"name":1234}')
  expect(report.tables.map(({ name }: { name: string }) => name)).toEqual(['shop_orders', 'shop_throws'])
  expect(report.tables[0].status).toBe('complete')
  const said = SECRETS.map(() => 'key *** is wrong').join(', ')
  expect(report.tables[1].failures[0].failure.message).toBe(said)
  // For people, the command with its names.
  const text = await run(['sync'])
  expect(text.stdout).toContain(`failed: table shop_throws: ${said}`)
  expect(text.stdout).toContain('npx tidemark sync shop_throws')
  expect(again.stderr).toContain('npx tidemark sync shop_throws')
  expect((await run(['verify', 'shop_orders'])).stdout).toContain('npx tidemark rejects list shop_orders')
})

it('an own secret does not hide the table that is called like it', async () => {
  const project = testProject()
  project.install('shop', SOURCE)
  project.config({ sources: { shop: { config: { keys: [reference('KEY')] } } } })
  const { stdout } = await project.run(['sync', '--json'], { KEY: 'shop_throws' })
  expect(JSON.parse(stdout).tables.map(({ name }: { name: string }) => name)).toEqual(['shop_orders', 'shop_throws'])
})

/** Every key of a document, with the texts under keys that name things. */
function shapeOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one, at) => shapeOf(one, `${path}[${at}]`))
  if (typeof value !== 'object' || value === null)
    return [`${path}${/\.(?:name|status|table|source|kind|code)$/.test(path) ? `=${value}` : ''}`]
  return Object.entries(value).flatMap(([key, one]) => shapeOf(one, `${path}.${key}`))
}
