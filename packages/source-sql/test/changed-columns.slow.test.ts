import { isBinaryPage } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { errorOf, hasMariaDb, mariadb, open, postgres, sqlite } from './harness.ts'
import { target } from './target.ts'

type Case = readonly [what: string, column: string, values: readonly string[], change: readonly string[]]

const POSTGRES: readonly Case[] = [
  ['a number that becomes a text', 'int', ['12', '1'], [`ALTER TABLE t ALTER c TYPE text USING c || ' kg'`]],
  ['a truth that becomes a number', 'boolean', ['true', 'false'], ['ALTER TABLE t ALTER c TYPE int USING c::int']],
  [
    'bytes that become a text',
    'bytea',
    [`'\\x31'`, `'\\x32'`],
    [`ALTER TABLE t ALTER c TYPE text USING encode(c, 'hex')`],
  ],
  [
    'a time that becomes one without an offset',
    'timestamptz',
    ['now()', 'now()'],
    ['ALTER TABLE t ALTER c TYPE timestamp'],
  ],
  ['money that becomes a text', 'money', ['1', '2'], [`ALTER TABLE t ALTER c TYPE text USING 'x'`]],
  [
    'a column of another table of its name',
    'int',
    ['1', '2'],
    ['DROP TABLE t', 'CREATE TABLE t (id int PRIMARY KEY, c text)', `INSERT INTO t VALUES (1, '12 kg')`],
  ],
  ['a list that becomes its first', 'int[]', [`'{1}'`, `'{2}'`], ['ALTER TABLE t ALTER c TYPE text USING c[1]::text']],
]
const MARIADB: readonly Case[] = [
  [
    'a number that becomes a text',
    'int',
    ['12', '1'],
    ['ALTER TABLE t MODIFY c varchar(20)', `UPDATE t SET c = CONCAT(c, ' kg')`],
  ],
  [
    'a float that becomes a text',
    'float',
    ['12', '1'],
    ['ALTER TABLE t MODIFY c varchar(20)', `UPDATE t SET c = CONCAT(c, ' kg')`],
  ],
  ['a truth that becomes a number', 'bit(1)', [`b'1'`, `b'0'`], ['ALTER TABLE t MODIFY c int']],
  ['a text that becomes bytes', 'text', [`'a'`, `'b'`], ['ALTER TABLE t MODIFY c blob', `UPDATE t SET c = x'ff'`]],
  ['a time that gets a zone', 'datetime', ['now()', 'now()'], ['ALTER TABLE t MODIFY c timestamp NULL']],
  ['a decimal that becomes a double', 'decimal(9,2)', ['1.5', '2.5'], ['ALTER TABLE t MODIFY c double']],
]
const SQLITE: readonly Case[] = [
  [
    'a truth that becomes a number',
    'BOOLEAN',
    ['1', '0'],
    ['DROP TABLE t', 'CREATE TABLE t (id INT NOT NULL PRIMARY KEY, c INTEGER)', 'INSERT INTO t VALUES (1, 1)'],
  ],
  [
    'a number that becomes a text',
    'INTEGER',
    ['1', '2'],
    ['DROP TABLE t', 'CREATE TABLE t (id INT NOT NULL PRIMARY KEY, c TEXT)', `INSERT INTO t VALUES (1, '1')`],
  ],
]

const systems = [
  ['Postgres', postgres, POSTGRES],
  ['SQLite', sqlite, SQLITE],
  ...(hasMariaDb ? [['MariaDB', mariadb, MARIADB] as const] : []),
] as const

const BINARY: readonly Case[] = [
  ...POSTGRES.filter(([, type]) => type !== 'int[]'),
  ['a whole number that becomes a fraction', 'int', ['1', '2'], ['ALTER TABLE t ALTER c TYPE numeric USING c + 0.5']],
  ['a large number that becomes a small one', 'int8', ['1', '2'], ['ALTER TABLE t ALTER c TYPE int']],
  ['jsonb that becomes json', 'jsonb', [`'{"a": 1}'`, `'[]'`], ['ALTER TABLE t ALTER c TYPE json']],
  [
    'an identifier that becomes a text',
    'uuid',
    ['gen_random_uuid()', 'gen_random_uuid()'],
    ['ALTER TABLE t ALTER c TYPE text'],
  ],
  ['a double that becomes a float', 'float8', ['1', '2'], ['ALTER TABLE t ALTER c TYPE real']],
]

it.each(BINARY)('bytes of a column are never taken as what it was: %s', async (_what, type, values, change) => {
  const world = await postgres()
  await world.run(`CREATE TABLE t (id int NOT NULL PRIMARY KEY, c ${type})`)
  for (const [at, value] of values.entries()) await world.run(`INSERT INTO t VALUES (${at + 1}, ${value})`)
  const readAs = async (opened: Awaited<ReturnType<typeof open>>, isBinary: boolean): Promise<unknown> => {
    const table = opened.table()
    const binary = isBinary ? table.columns.map((column) => ({ name: column.name, type: column.type })) : undefined
    const { signal } = new AbortController()
    const log = { debug() {}, info() {}, warn() {} }
    const rows: unknown[] = []
    try {
      for await (const page of table.read({ client: opened.client, signal, log, binary } as never)) {
        if (isBinaryPage(page)) return 'a binary page'
        rows.push(...(page as unknown[]))
      }
      return rows
    } catch (error) {
      return (error as Error).message
    }
  }
  const [before, one, other] = [await open(world), await open(world), await open(world)]
  expect(await readAs(before, true)).toBe('a binary page')
  for (const statement of change) await world.run(statement)
  const asked = await readAs(one, true)
  expect(asked).not.toBe('a binary page')
  expect(asked).toEqual(await readAs(other, false))
})

describe.each(systems)('a column of %s whose type is changed after it was found', (_, make, cases) => {
  it.each(cases)('is never decoded as what it was: %s', async (_what, column, values, change) => {
    const world = await make()
    await world.run(`CREATE TABLE t (id int NOT NULL PRIMARY KEY, c ${column})`)
    for (const [at, value] of values.entries()) await world.run(`INSERT INTO t VALUES (${at + 1}, ${value})`)
    const opened = await open(world)
    const keyless = await open(world, { tables: { t: { columns: { id: false } } } })
    for (const statement of change) await world.run(statement)
    for (const one of [opened, keyless]) {
      const error = await errorOf(one.read())
      expect([error.remedy, error.message]).toEqual([
        'fix-config',
        expect.stringMatching(/column "c" has another type than when the run began/),
      ])
    }
    // The next run reads it as it is.
    expect((await (await open(world)).read()).length).toBeGreaterThan(0)
  })

  it('is read where nothing of it is another: more digits, another table, a column beside it', async () => {
    const world = await make()
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY, c varchar(10))')
    await world.run(`INSERT INTO t VALUES (1, 'a')`)
    const opened = await open(world)
    await world.run('CREATE TABLE u (id int NOT NULL PRIMARY KEY)')
    await world.run('ALTER TABLE t ADD d int')
    if (world.system === 'postgres') await world.run('ALTER TABLE t ALTER c TYPE text, ALTER id TYPE bigint')
    if (world.system === 'mysql') await world.run('ALTER TABLE t MODIFY c varchar(20)')
    expect(await opened.read()).toEqual([{ id: 1, c: 'a' }])
  })

  it('fails its table, and the next run has every value', async () => {
    const world = await make()
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY, c int)')
    await world.run('INSERT INTO t VALUES (1, 5)')
    const into = target(world)
    await into.run()
    if (world.system === 'sqlite')
      await world.run('DROP TABLE t; CREATE TABLE t (id int NOT NULL PRIMARY KEY, c varchar(9))')
    else
      await world.run(
        world.system === 'postgres' ? 'ALTER TABLE t ALTER c TYPE varchar(9)' : 'ALTER TABLE t MODIFY c varchar(9)',
      )
    await world.run(world.system === 'sqlite' ? `INSERT INTO t VALUES (1, '5 kg')` : `UPDATE t SET c = '5 kg'`)
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT id, c FROM crm_t')).toEqual([{ id: 1, c: '5 kg' }])
  })
})

it.each([
  ['timestamp', 'timestamptz', 'was local_timestamp and is now timestamp'],
  ['timestamptz', 'timestamp', 'was timestamp and is now local_timestamp'],
  ['boolean', 'int USING c::int', 'was boolean and is now integer'],
])(
  'a column that was %s and becomes %s is called what it is now, and read again when asked',
  async (was, becomes, says) => {
    const world = await postgres()
    await world.run(`CREATE TABLE t (id int NOT NULL PRIMARY KEY, c ${was})`)
    await world.run('INSERT INTO t VALUES (1, NULL)')
    const into = target(world)
    await into.run()
    await world.run(`ALTER TABLE t ALTER c TYPE ${becomes}`)
    const { tables } = await into.run()
    expect(JSON.stringify(tables)).toContain(says)
    await into.resync('crm_t', { full: true })
    expect(into.rows('select id, c from crm_t')).toEqual([{ id: 1, c: null }])
  },
)
