import { describe, expect, it } from 'vitest'
import { readingAs } from '../src/reading.ts'
import { valueBefore } from '../src/value-before.ts'
import { hasMariaDb, mariadb, open, postgres, sqlite, type World } from './harness.ts'
import { target } from './target.ts'

/** What is handed on for a column, and what a row from before really reads as. */
async function both(world: World, name = 'c', table = 't'): Promise<readonly [unknown, unknown]> {
  const opened = await open(world)
  const asked = { signal: new AbortController().signal, log: { debug() {}, info() {}, warn() {} } }
  const found = (await opened.client.database.tables(asked)).find((one) => one.name === table)!
  const column = found.columns.find((one) => one.name === name)!
  const selected = { name, ...readingAs(column, column.type) }
  const said = await valueBefore(found, selected, { database: opened.client.database, ...asked })
  const [old] = await opened.read(table)
  return [said, old![name]]
}

const COLUMNS = {
  postgres: [
    `text NOT NULL DEFAULT 'active'`,
    `text DEFAULT 'it''s {"a", b\\c}, ü'`,
    'int DEFAULT 7',
    'bigint NOT NULL DEFAULT 9007199254740993',
    'boolean DEFAULT true',
    'numeric(9,2) DEFAULT 1.5',
    'double precision DEFAULT 0.1',
    `timestamptz NOT NULL DEFAULT '2024-01-31 10:00:00.123456+02'`,
    `timestamp DEFAULT '2024-01-31 10:00:00'`,
    `date DEFAULT '2024-01-31'`,
    `jsonb DEFAULT '{"a": [1, 2]}'`,
    `bytea DEFAULT '\\x00ff'`,
    `uuid DEFAULT '00000000-0000-0000-0000-000000000001'`,
    'timestamptz NOT NULL DEFAULT now()',
  ],
  mysql: [
    `varchar(20) NOT NULL DEFAULT 'active'`,
    `varchar(20) DEFAULT 'it''s ü'`,
    'int DEFAULT 7',
    'bigint NOT NULL DEFAULT 9007199254740993',
    'decimal(9,2) DEFAULT 1.5',
    'double DEFAULT 0.1',
    'float DEFAULT 0.1',
    `datetime(6) DEFAULT '2024-01-31 10:00:00.123456'`,
    `date DEFAULT '2024-01-31'`,
    `enum('a', 'b') DEFAULT 'b'`,
    `bit(1) DEFAULT b'1'`,
  ],
  sqlite: [
    `TEXT NOT NULL DEFAULT 'active'`,
    `TEXT DEFAULT 'it''s ü'`,
    'INTEGER DEFAULT 7',
    'TEXT DEFAULT 7',
    'INTEGER NOT NULL DEFAULT 9007199254740993',
    'REAL DEFAULT 3',
    'NUMERIC DEFAULT -1.5',
    'BOOLEAN DEFAULT TRUE',
    `DATETIME DEFAULT '2024-01-31 10:00:00'`,
    `BLOB DEFAULT x'00ff'`,
    'INTEGER DEFAULT (5)',
  ],
} as const

const systems = [
  ['Postgres', postgres, COLUMNS.postgres],
  ['SQLite', sqlite, COLUMNS.sqlite],
  ...(hasMariaDb ? [['MariaDB', mariadb, COLUMNS.mysql] as const] : []),
] as const

describe.each(systems)('what rows of %s hold in a column that came after them', (_, make, columns) => {
  it.each(columns)('%s', async (column) => {
    const world = await make()
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY)')
    await world.run('INSERT INTO t VALUES (1), (2)')
    await world.run(`ALTER TABLE t ADD c ${column}`)
    const [said, old] = await both(world)
    expect(said).toEqual({ value: old })
  })

  it('is nothing where there is no default, or rows hold another', async () => {
    const world = await make()
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY)')
    await world.run('INSERT INTO t VALUES (1), (2)')
    await world.run('ALTER TABLE t ADD c varchar(20)')
    expect((await both(world))[0]).toBeUndefined()
    if (world.system === 'sqlite') return
    await world.run(`ALTER TABLE t ALTER c SET DEFAULT 'later'`)
    expect((await both(world))[0]).toBeUndefined()
  })
})

describe('what rows of Postgres hold in a column that came after them', () => {
  it('is what they were given, whatever the default is now, and that of partitions', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE a PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE b PARTITION OF t FOR VALUES FROM (10) TO (20);
      INSERT INTO t VALUES (1), (11); ALTER TABLE t ADD c text DEFAULT 'first'; ALTER TABLE t ALTER c SET DEFAULT 'second'`)
    expect(await both(world)).toEqual([{ value: 'first' }, 'first'])
    // What is rewritten since holds it itself.
    await world.run('VACUUM FULL a')
    await world.run('VACUUM FULL b')
    expect((await both(world))[0]).toBeUndefined()
  })

  it('is left open where it is asked for in another form', async () => {
    const world = await postgres()
    await world.run(
      `CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); ALTER TABLE t ADD c int[] DEFAULT '{1,2}', ADD m money DEFAULT 1`,
    )
    expect((await both(world))[0]).toBeUndefined()
    expect((await both(world, 'm'))[0]).toBeUndefined()
  })
})

describe.each([
  ['Postgres', postgres, 'timestamptz'],
  ['SQLite', sqlite, 'DATETIME'],
  ...(hasMariaDb ? [['MariaDB', mariadb, 'datetime(6)'] as const] : []),
] as const)('a column that is added to a table of %s', (_, make, time) => {
  it('with a default has it in rows that were synced before, without a resync; without one it is said', async () => {
    const world = await make()
    await world.run(`CREATE TABLE t (id int NOT NULL PRIMARY KEY, updated_at ${time} NOT NULL)`)
    await world.run('CREATE INDEX t_u ON t (updated_at)')
    await world.run(`INSERT INTO t VALUES (1, '2024-01-01 00:00:00'), (2, '2024-01-02 00:00:00')`)
    const into = target(world)
    await into.run()
    await world.run(`ALTER TABLE t ADD COLUMN status varchar(20) NOT NULL DEFAULT 'active'`)
    await world.run('ALTER TABLE t ADD COLUMN note varchar(20)')
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT id, status, note FROM crm_t ORDER BY id')).toEqual([
      { id: 1, status: 'active', note: null },
      { id: 2, status: 'active', note: null },
    ])
    expect(into.log.filter((line) => line.includes('tidemark resync'))).toEqual([
      'crm_t: column "note" is new and NULL in rows synced before; run: tidemark resync crm_t',
    ])
  })
})
