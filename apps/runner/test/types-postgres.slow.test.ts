import { execFile } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testProject } from './test-project.ts'
import { compiled, SOURCE } from './types-project.ts'

const ROOT = join(import.meta.dirname, '../../..')
let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const QUERY = `
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database } from './database.d.ts'

const { DATABASE_URL = '', SCHEMA = '' } = process.env
const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: DATABASE_URL }) }) }).withSchema(SCHEMA)
const row = await db
  .selectFrom('odd_every_type')
  .select(['id', 'label', 'ratio', 'price', 'is_on', 'at', 'local_at', 'day', 'tags', 'raw', 'a "quoted" name', 'with-dash', 'class', 'ünï', '1st'])
  .select(['_cursor', '_synced_at', '_deleted_at'])
  .where('id', '=', '1')
  .executeTakeFirstOrThrow()
const other = await db.selectFrom('odd_odd table; --').select(['id', '_partition', '_extra']).executeTakeFirstOrThrow()
const third = await db.selectFrom('odd_odd-table').select('id').executeTakeFirstOrThrow()
await db.destroy()

// What is said of each column, as the driver gives it: no more and no less.
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never
const said: readonly true[] = [
  true satisfies Same<typeof row.id, string>,
  true satisfies Same<typeof row.label, string | null>,
  true satisfies Same<typeof row.ratio, number | null>,
  true satisfies Same<typeof row.price, string | null>,
  true satisfies Same<typeof row.is_on, boolean | null>,
  true satisfies Same<typeof row.at, Date | null>,
  true satisfies Same<typeof row.local_at, Date | null>,
  true satisfies Same<typeof row.day, Date | null>,
  true satisfies Same<typeof row.tags, unknown>,
  true satisfies Same<typeof row.raw, Uint8Array | null>,
  true satisfies Same<typeof row._cursor, string | null>,
  true satisfies Same<typeof row._synced_at, Date>,
  true satisfies Same<typeof row._deleted_at, Date | null>,
]
// @ts-expect-error a 64-bit integer is a text
db.selectFrom('odd_every_type').select('id').where('id', '=', 1)

const kindOf = (value: unknown): string =>
  value === null ? 'null' : value instanceof Uint8Array ? 'bytes' : value instanceof Date ? 'date' : Array.isArray(value) ? 'list' : typeof value
const kinds = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, kindOf(value)]))
console.log(JSON.stringify({ kinds, price: row.price, extra: other._extra, partition: other._partition, third: third.id, said: said.length }))
`

it('types of a Postgres database are what its driver gives, in a query that compiles and runs', async () => {
  const project = testProject()
  project.install('odd', SOURCE)
  const { url, schema } = await server.newSchema()
  const environment = { DATABASE_URL: url }
  expect((await project.run(['sync'], environment)).code).toBe(0)
  const printed = await project.run(['types'], environment)
  expect(printed.code, printed.stderr).toBe(0)
  expect(printed.stdout).toContain('Matches the defaults of node-postgres')
  writeFileSync(join(project.folder, 'database.d.ts'), printed.stdout)
  project.write('query.ts', QUERY)
  const modules = join(project.folder, 'node_modules')
  symlinkSync(join(import.meta.dirname, '../node_modules/kysely'), join(modules, 'kysely'))
  symlinkSync(join(ROOT, 'packages/destination/node_modules/pg'), join(modules, 'pg'))
  project.write('node_modules/@types/.keep', '')
  symlinkSync(join(ROOT, 'node_modules/@types/node'), join(modules, '@types/node'))
  symlinkSync(join(ROOT, 'packages/destination/node_modules/@types/pg'), join(modules, '@types/pg'))
  expect(await compiled(project, ['query.ts', 'database.d.ts'])).toBe('')
  const plain = new URL(url)
  plain.searchParams.delete('schema')
  const env = { ...process.env, DATABASE_URL: plain.href, SCHEMA: schema }
  const { stdout } = await promisify(execFile)(process.execPath, ['query.ts'], { cwd: project.folder, env })
  expect(JSON.parse(stdout)).toEqual({
    kinds: {
      ...{ id: 'string', label: 'string', ratio: 'number', price: 'string', is_on: 'boolean', at: 'date' },
      ...{ local_at: 'date', day: 'date', tags: 'list', raw: 'bytes', 'a "quoted" name': 'string' },
      ...{ 'with-dash': 'string', class: 'string', ünï: 'string', '1st': 'string' },
      ...{ _cursor: 'null', _synced_at: 'date', _deleted_at: 'null' },
    },
    ...{ price: '1.50', extra: { more: 1 }, partition: 'p', third: 'y', said: 13 },
  })
})
