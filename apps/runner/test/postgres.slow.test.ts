import { setTimeout as wait } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KINDS, KINDS_SOURCE, ROWS } from './kinds.ts'
import { dailySource, type Outcome, reference, type TestProject, testProject } from './test-project.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const CANARY = 'c4nary p%40ss/#'
const CANARY_FORMS = ['c4nary', encodeURIComponent(CANARY), encodeURI(CANARY), 'p%40ss', 'p%2540ss', btoa(CANARY)]

function daily(): TestProject {
  const project = testProject()
  project.install('daily', dailySource('daily'))
  return project
}

const rowsOf = (outcome: Outcome): unknown => (JSON.parse(outcome.stdout) as { rows: unknown }).rows

async function roleIn(schema: string, grants: string): Promise<string> {
  const role = `r_${schema}`
  await server.execute(`create role ${role} login password '${CANARY}'; ${grants.replaceAll('ROLE', role)}`)
  const url = new URL(`${server.url}?schema=${schema}`)
  url.username = role
  url.password = encodeURIComponent(CANARY)
  return url.href
}

describe('a project whose destination is Postgres', () => {
  it.each(['DATABASE_URL', 'destination'])('plans, syncs twice, and is asked: %s', async (where) => {
    const project = daily()
    const { url, schema } = await server.newSchema()
    const environment = { [where === 'destination' ? 'MY_DATABASE' : 'DATABASE_URL']: url }
    if (where === 'destination') project.config({ destination: reference('MY_DATABASE') })
    const run = (...args: readonly string[]) => project.run(args, environment)
    const objects = `select count(*) as n from pg_class where relnamespace = '${schema}'::regnamespace`

    for (const args of [['plan'], ['plan', '--json'], ['status'], ['check'], ['tables']])
      expect((await run(...args)).code, args.join(' ')).toBe(0)
    await server.execute(`do $$ begin if (${objects}) <> 0 then raise 'something was written'; end if; end $$`)

    const first = await run('sync', '--json')
    expect(first.code, first.stderr).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject({ tables: [{ name: 'daily_days', rows: { written: 31 } }] })
    const second = await run('sync', '--json')
    expect(second.code).toBe(0)
    expect(JSON.parse(second.stdout)).toMatchObject({ tables: [{ name: 'daily_days', rows: { written: 0 } }] })
    const status = await run('status', '--json')
    expect(JSON.parse(status.stdout)).toMatchObject({ tables: [{ name: 'daily_days', status: 'complete' }] })
    const asked = await run(
      'query',
      'select count(*) as n, min(at) as first, max(id) as last from daily_days',
      '--json',
    )
    expect(rowsOf(asked)).toEqual([{ n: 31, first: '2026-01-01T00:00:00.000000Z', last: 30 }])
    const views = await run('query', 'select name, status, gaps from tidemark_status', '--json')
    expect(rowsOf(views)).toMatchObject([{ name: 'daily_days', status: 'complete' }])
    expect((await run('query', 'delete from daily_days')).code).toBe(2)
    expect((await run('resync', 'daily_days', '--full', '--yes')).code).toBe(0)
    const again = await run('query', 'select count(*) as n from daily_days', '--json')
    expect(rowsOf(again)).toEqual([{ n: 31 }])
  })

  it('keeps ORDERS beside orders as they are; SQLite takes both under names that are given', async () => {
    const project = testProject()
    project.install('shop', dailySource('shop', ['orders', 'ORDERS', 'other']))
    const { url } = await server.newSchema()
    const there = { DATABASE_URL: url }
    const count = `select (select count(*) from shop_orders) as a, (select count(*) from "shop_ORDERS") as b`
    for (const _ of [1, 2]) expect((await project.run(['sync'], there)).code).toBe(0)
    expect(rowsOf(await project.run(['query', count, '--json'], there))).toEqual([{ a: 31, b: 31 }])
    expect((await project.run(['verify', 'shop_ORDERS'], there)).code).toBe(0)

    const moved = await project.run(['move', 'here.db'], there)
    expect([moved.code, moved.stderr]).toEqual([2, expect.stringMatching(/table of that name \(shop_ORDERS\) already/)])
    const refused = await project.run(['sync', '--json'])
    expect(refused.code).toBe(3)
    const names = (JSON.parse(refused.stdout) as { tables: { name: string }[] }).tables.map(({ name }) => name)
    expect(names).toEqual(['shop.orders', 'shop.ORDERS', 'shop_other'])
    project.config({ sources: { shop: { tables: { ORDERS: { name: 'shop_orders_in_capitals' } } } } })
    expect((await project.run(['sync'])).code).toBe(0)
    const both = 'select (select count(*) from shop_orders) as a, (select count(*) from shop_orders_in_capitals) as b'
    expect(rowsOf(await project.run(['query', both, '--json']))).toEqual([{ a: 31, b: 31 }])
  })

  it('of which a table was changed by hand says so, and goes on with the others', async () => {
    const project = testProject()
    project.install('daily', dailySource('daily', ['days', 'more', 'third']))
    const { url, schema } = await server.newSchema()
    const run = () => project.run(['sync', '--json'], { DATABASE_URL: url })
    expect((await run()).code).toBe(0)
    await server.execute('drop table daily_days; alter table daily_more drop column note', schema)
    const { code, stdout } = await run()
    expect(code).toBe(6)
    const { tables } = JSON.parse(stdout) as { tables: { name: string; status: string }[] }
    expect(Object.fromEntries(tables.map(({ name, status }) => [name, status]))).toMatchObject({
      daily_third: 'complete',
    })
    expect(stdout).toMatch(/its table in the destination is missing, although it was filled/)
    expect(stdout).toMatch(/\\"note\\" was dropped/)
    expect(stdout).not.toMatch(/bug/i)
  })
})

type Make = (schema: string) => string | Promise<string>
const edited =
  (grants: string, edit: (url: URL) => void): Make =>
  async (schema) => {
    const url = new URL(await roleIn(schema, grants.replaceAll('SCHEMA', schema)))
    edit(url)
    return url.href
  }
const all = 'grant all on schema SCHEMA to ROLE'
const CASES: readonly (readonly [string, Make, number, RegExp])[] = [
  ['a server that is not there', edited('', (url) => (url.port = '1')), 6, /cannot be reached .*ECONNREFUSED/],
  ['a host that is not known', edited('', (url) => (url.hostname = 'nowhere.invalid')), 6, /cannot be resolved/],
  ['a wrong password', edited('', (url) => (url.password = 'c4nary-other')), 6, /refuses the user or its password/],
  ['no such database', edited('', (url) => (url.pathname = '/elsewhere')), 6, /no such database/],
  ['no such schema', edited('', (url) => url.searchParams.set('schema', 'nowhere')), 6, /no schema "nowhere"/],
  ['no right to the schema', edited('', () => {}), 6, /may not use the schema/],
  ['no right to create', edited('grant usage on schema SCHEMA to ROLE', () => {}), 6, /lacks a privilege for this/],
  [
    'no secure connection',
    edited(all, (url) => url.searchParams.set('sslmode', 'verify-full')),
    6,
    /cannot make a secure connection/,
  ],
  [
    'a url that is none',
    (schema) => `postgres://me:${CANARY}@host/db?schema=${schema}`,
    2,
    /not a valid Postgres url|holds a "#"/,
  ],
  ['a password that is no text', () => 'postgres://me:%zzc4nary@host/db', 2, /holds a "%"/],
]

describe('a database that cannot be', () => {
  it.each(CASES)(
    '%s is told with its place and the way out, and without its password',
    async (_name, make, exit, message) => {
      const project = daily()
      const { schema } = await server.newSchema()
      const url = await make(schema)
      for (const [args, environment, config] of [
        [['sync'], { DATABASE_URL: url }, {}],
        [['sync', '--json', '--verbose'], { MY_DATABASE: url }, { destination: reference('MY_DATABASE') }],
      ] as const) {
        project.config(config)
        const { code, stdout, stderr } = await project.run(args, environment)
        expect(stderr).toMatch(message)
        expect(code, stderr).toBe(exit)
        if (exit === 6) expect(stderr).toMatch(/postgres:\/\/r_tidemark_test_\w+@/)
        expect(stderr).not.toMatch(/bug in Tidemark/)
        if ((args as readonly string[]).includes('--json'))
          expect(JSON.parse(stdout)).toMatchObject({ exit_code: exit })
        for (const form of CANARY_FORMS) expect(stdout + stderr).not.toContain(form)
      }
    },
  )

  it('a password is refused on the command line, and not repeated', async () => {
    const { url } = await server.newSchema()
    const { code, stdout, stderr } = await daily().run(['sync', '--destination', url])
    expect(code).toBe(2)
    expect(stdout + stderr).not.toContain(new URL(url).password)
  })

  it('a password that a source says stands nowhere in the state either', async () => {
    const project = testProject()
    const { schema } = await server.newSchema()
    const url = await roleIn(schema, `grant all on schema ${schema} to ROLE`)
    project.install(
      'leaky',
      `import { defineSource, register } from '@tidemark/core'
      import { z } from 'zod'
      const source = defineSource({ name: 'leaky' })
      const url = process.env.DATABASE_URL
      const table = (name, read) => source.table({ name, row: z.object({ id: z.int() }), primaryKey: ['id'], read })
      export default register(source.with([
        table('throws', async function* () { throw new Error('no way to ' + url + ' ' + decodeURIComponent(url)) }),
        table('rejects', async function* () { yield [{ id: 1 }, { id: url }] }),
      ]))`,
    )
    const told: string[] = []
    for (const args of [
      ['sync', '--verbose'],
      ['sync', '--json'],
      ['status', '--json'],
    ]) {
      const { stdout, stderr } = await project.run(args, { DATABASE_URL: url })
      told.push(stdout, stderr)
    }
    for (const table of ['partitions', 'steps', 'rejects', 'runs', 'tables']) {
      const { stdout, code } = await project.run(['query', `select * from _tidemark_${table}`, '--json'], {
        DATABASE_URL: url,
      })
      expect(code).toBe(0)
      told.push(stdout)
    }
    expect(told.join('')).toContain('***')
    for (const form of CANARY_FORMS)
      expect(
        told.findIndex((text) => text.includes(form)),
        form,
      ).toBe(-1)
  })
})

it('5 kills at random moments leave the rows of a quiet run', async () => {
  const project = testProject()
  project.install('kinds', KINDS_SOURCE)
  const { url } = await server.newSchema()
  const environment = { DATABASE_URL: url }
  const seed = Date.now() % 1_000_000
  let random = seed
  for (let kill = 0; kill < 5; kill++) {
    random = (random * 48_271 + 11) % 2_147_483_647
    const running = project.start(['sync'], environment)
    await running.says('kinds')
    await wait(random % 2000)
    running.child.kill('SIGKILL')
    await running.ended
  }
  const last = await project.run(['sync'], environment)
  expect(last.code, `seed ${seed}: ${last.stdout}${last.stderr}`).toBe(0)
  for (const table of KINDS) {
    const columns = 'count(*) as n, count(distinct id) as ids, sum(id)::bigint as sum, count(_deleted_at) as gone'
    const asked = await project.run(['query', `select ${columns} from kinds_${table}`, '--json'], environment)
    expect(rowsOf(asked), `${table}, seed ${seed}`).toEqual([
      { n: ROWS, ids: ROWS, sum: (ROWS * (ROWS - 1)) / 2, gone: 0 },
    ])
  }
  const left = await project.run(
    ['query', "select relname from pg_class where relname like '\\_tidemark\\_staging%'", '--json'],
    environment,
  )
  expect(rowsOf(left)).toEqual([])
})
