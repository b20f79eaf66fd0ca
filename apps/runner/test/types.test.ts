import { execFile } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { databaseTypes } from '../src/show/database-types.ts'
import { dailySource, type TestProject, testProject } from './test-project.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** A source with a column of every type, odd names, partitions, and fields that no schema names. */
const SOURCE = `
import { bytes, defineSource, numeric, register } from '@tidemark/core'
import { z } from 'zod'
const odd = defineSource({ name: 'odd' })
const every = odd.table({
  name: 'every_type',
  row: z.object({
    id: z.int(), label: z.string(), ratio: z.number(), price: numeric(), is_on: z.boolean(), at: z.iso.datetime(),
    local_at: z.iso.datetime({ local: true }), day: z.iso.date(), tags: z.array(z.string()), raw: bytes(),
    'a "quoted" name': z.string(), 'with-dash': z.int(), 'price as eur': z.int(), class: z.string(), 'ünï': z.string(), '1st': z.int(),
  }),
  primaryKey: ['id'],
  async *read() {
    yield [{
      id: 1, label: 'one', ratio: 0.5, price: '1.50', is_on: true, at: '2026-01-01T00:00:00Z', local_at: '2026-01-01T01:00:00',
      day: '2026-01-01', tags: ['a'], raw: new Uint8Array([1]), 'a "quoted" name': 'q', 'with-dash': 2, 'price as eur': 3, class: 'c', 'ünï': 'u', '1st': 1,
    }]
  },
})
const parted = odd.table({
  name: 'odd table; --',
  row: z.looseObject({ id: z.string() }),
  primaryKey: ['id'],
  partitions: odd.partitions(() => ['p']),
  async *read() { yield [{ id: 'x', more: 1 }] },
})
const dashed = odd.table({ name: 'odd-table', row: z.object({ id: z.string() }), async *read() { yield [{ id: 'y' }] } })
export default register(odd.with([every, parted, dashed]))
`

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

async function compiled(project: TestProject, files: readonly string[]): Promise<string> {
  const options = {
    target: 'ES2024',
    lib: ['ES2024'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  }
  project.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files }))
  try {
    await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project.folder])
    return ''
  } catch (error) {
    return (error as { stdout?: string }).stdout ?? String(error)
  }
}

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
    expect(printed.stdout).toMatch(/Kysely takes this for more than a name[^\n]*\n {2}"price as eur": number \| null/)
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
          status: 'live',
          identity: null,
          filled: true,
          present: 'rows',
          pausedFor: null,
        } as const),
        ...{ firstSeenAt: 0n, lastSyncedAt: null, removedAt: null, partitions: new Map() },
        facts: {
          columns: names.map((one) => ({ name: one, column: one, type: 'bytes' as const })),
          ...{ primaryKey: [], globalKey: false, partitioned: true, cursor: null },
        },
      },
      present: [],
    }))
    const project = testProject()
    symlinkSync(join(ROOT, 'node_modules/@types'), join(project.folder, 'node_modules/@types'))
    for (const profile of ['sqlite', 'postgres']) {
      const text = databaseTypes(profile, tables)
      project.write('database.ts', text)
      expect(await compiled(project, ['database.ts']), text).toBe('')
    }
  })
})
