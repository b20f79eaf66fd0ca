import { execFile } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openDestination } from '@tidemark/destination'
import { describe, expect, it } from 'vitest'
import { databaseTypes } from '../src/show/database-types.ts'
import { dailySource, testProject } from './test-project.ts'
import { compiled, SOURCE } from './types-project.ts'

const ROOT = join(import.meta.dirname, '../../..')

const QUERY = `
import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import type { Database } from './database.d.ts'

const raw = new DatabaseSync('data/tidemark.db')
const dialect = new SqliteDialect({
  database: {
    close: () => raw.close(),
    prepare: (text) => {
      const statement = raw.prepare(text)
      return {
        reader: true,
        all: (parameters) => statement.all(...(parameters as string[])),
        run: () => ({ changes: 0, lastInsertRowid: 0 }),
        iterate: () => [][Symbol.iterator](),
      }
    },
  },
})
const db = new Kysely<Database>({ dialect })
const row = await db
  .selectFrom('odd_every_type')
  .select(['id', 'label', 'ratio', 'price', 'is_on', 'at', 'local_at', 'day', 'tags', 'raw', 'a "quoted" name', 'with-dash', 'class', 'ünï', '1st'])
  .select(['_cursor', '_synced_at', '_deleted_at'])
  .where('id', '=', 1)
  .executeTakeFirstOrThrow()
const other = await db.selectFrom('odd_odd table; --').select(['id', '_partition', '_extra']).executeTakeFirstOrThrow()
const third = await db.selectFrom('odd_odd-table').select('id').executeTakeFirstOrThrow()

// What is said of each column, as the database gives it.
const id: number = row.id
const label: string | null = row.label
const isOn: number | null = row.is_on
const price: string | null = row.price
const extra: string | null = other._extra
const synced: string = row._synced_at
// @ts-expect-error any column but the key's may be NULL
const certain: string = row.label
// @ts-expect-error there is no such column
db.selectFrom('odd_every_type').select('missing')
// @ts-expect-error there is no such table
db.selectFrom('every_type')

const kinds = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? 'bytes' : typeof value]))
console.log(JSON.stringify({ kinds, id, label, isOn, price, extra, synced: typeof synced, partition: other._partition, third: third.id, certain: typeof certain }))
`

describe('types', () => {
  it('are those of the tracked tables: they compile, and a query gives what they say', async () => {
    const project = testProject()
    project.install('odd', SOURCE)
    expect((await project.run(['sync'])).code).toBe(0)
    const printed = await project.run(['types'])
    expect(printed.code, printed.stderr).toBe(0)
    writeFileSync(join(project.folder, 'database.d.ts'), printed.stdout)
    project.write('query.ts', QUERY)
    const kysely = join(import.meta.dirname, '../node_modules/kysely')
    symlinkSync(kysely, join(project.folder, 'node_modules/kysely'))
    symlinkSync(join(ROOT, 'node_modules/@types'), join(project.folder, 'node_modules/@types'))
    expect(await compiled(project, ['query.ts', 'database.d.ts'])).toBe('')
    const { stdout } = await promisify(execFile)(process.execPath, ['query.ts'], { cwd: project.folder })
    expect(JSON.parse(stdout)).toEqual({
      kinds: {
        ...{ id: 'number', label: 'string', ratio: 'number', price: 'string', is_on: 'number', at: 'string' },
        ...{
          local_at: 'string',
          day: 'string',
          tags: 'string',
          raw: 'bytes',
          'a "quoted" name': 'string',
          'with-dash': 'number',
        },
        ...{
          class: 'string',
          ünï: 'string',
          '1st': 'number',
          _cursor: 'object',
          _synced_at: 'string',
          _deleted_at: 'object',
        },
      },
      ...{
        id: 1,
        label: 'one',
        isOn: 1,
        price: '1.50',
        extra: '{"more":1}',
        synced: 'string',
        partition: 'p',
        third: 'y',
        certain: 'string',
      },
    })
    expect(printed.stdout).toMatch(/Kysely parses this name as an expression[^\n]*\n {2}"price as eur": number \| null/)
  })

  it('leave out what is no longer tracked, and say what is missing where there is no database', async () => {
    const project = testProject()
    const nothing = await project.run(['types'])
    expect(nothing).toMatchObject({ code: 2, stdout: '' })
    expect(nothing.stderr).toContain('there is no database yet')
    project.install('demo', dailySource('demo', ['a', 'b']))
    await project.run(['sync'])
    project.install('demo', dailySource('demo', ['a']))
    await project.run(['sync'])
    const { stdout } = await project.run(['types', '--json'])
    const { types } = JSON.parse(stdout) as { types: string }
    expect(types).toContain('demo_a: DemoA')
    expect(types).not.toContain('demo_b')
  })

  it('compile whatever tables and columns are called, on every database', async () => {
    const names = [
      'a b',
      'a_b',
      'aB',
      'A-b',
      '1',
      '',
      'database',
      'Date',
      'x*/y',
      'line\nbreak',
      'x\u2028y',
      '`$`{1}',
      "it's",
      '\\',
      '__proto__',
      'constructor',
      'ключ',
      'a.b',
      'toString()',
    ]
    const tables = names.map((name) => ({
      table: {
        ...({
          name,
          source: 's',
          table: name,
          status: 'complete',
          identity: null,
          everFilled: true,
          present: 'rows',
          pausedFor: null,
        } as const),
        ...{
          firstSeenAt: 0n,
          lastSyncedAt: null,
          lastCheckedAt: null,
          undeclared: [],
          project: null,
          removedAt: null,
          partitions: new Map(),
        },
        schema: {
          columns: names.map((one) => ({ name: one, column: one, type: 'bytes' as const })),
          ...{ primaryKey: [], globalKey: false, partitioned: true, fed: true as const, cursor: null },
        },
      },
      present: [],
    }))
    const project = testProject()
    symlinkSync(join(ROOT, 'node_modules/@types'), join(project.folder, 'node_modules/@types'))
    const reader = { id: 'types', host: 'here', pid: 1, startedAt: 0n }
    const { profile } = await openDestination({ url: ':memory:', runner: reader })
    const text = databaseTypes(profile, tables)
    expect(text).toContain('\n  _missing: string | null\n')
    project.write('database.ts', text)
    expect(await compiled(project, ['database.ts']), text).toBe('')
  })
})
