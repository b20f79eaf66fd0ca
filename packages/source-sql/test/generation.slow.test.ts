import { describe, expect, it } from 'vitest'
import { generationOf, isGrown, isSeen, schemaGeneration } from '../src/generation.ts'
import { hasMariaDb, mariadb, open, postgres, sqlite, type World } from './harness.ts'
import { target } from './target.ts'

type Answer = string | { readonly generation: string; readonly replaced: false } | undefined

/** What a table says of its data, without and with what it said before. */
async function generation(world: World, previous?: string, config: Record<string, unknown> = {}): Promise<Answer> {
  const opened = await open(world, { views: true, ...config })
  const ask = opened.table('t').generation as ((question: object) => Promise<Answer>) | undefined
  return await ask?.({ client: opened.client, signal: new AbortController().signal, log: console, previous })
}

async function verdict(world: World, change: () => Promise<unknown>): Promise<'same' | 'replaced' | 'regrouped'> {
  const before = await generation(world)
  expect(typeof before).toBe('string')
  await change()
  const now = await generation(world, before as string)
  if (typeof now === 'object') return 'regrouped'
  return now === before ? 'same' : 'replaced'
}

const systems = [
  ['Postgres', postgres, 'timestamptz'],
  ['SQLite', sqlite, 'DATETIME'],
  ...(hasMariaDb ? [['MariaDB', mariadb, 'datetime(6)'] as const] : []),
] as const

describe.each(systems)('the data of a table of %s', (name, make, time) => {
  const TABLE = `(id int NOT NULL PRIMARY KEY, v int, updated_at ${time} NOT NULL)`
  const rows = (table: string): string =>
    `INSERT INTO ${table} VALUES (1, 1, '2024-01-01 00:00:00'), (2, 2, '2024-01-02 00:00:00')`

  async function filled(): Promise<World> {
    const world = await make()
    await world.run(`CREATE TABLE t ${TABLE}`)
    await world.run('CREATE INDEX t_u ON t (updated_at)')
    await world.run(rows('t'))
    return world
  }

  it('is read again where it was replaced, with equal cursors and other values', async () => {
    const world = await filled()
    const into = target(world)
    const rowsThere = () => into.rows('SELECT id, v FROM crm_t WHERE _deleted_at IS NULL ORDER BY id')
    expect((await into.run()).exitCode).toBe(0)
    await world.run('DROP TABLE t')
    await world.run(`CREATE TABLE t ${TABLE}`)
    await world.run('CREATE INDEX t_u ON t (updated_at)')
    await world.run(`INSERT INTO t VALUES (1, 10, '2024-01-01 00:00:00'), (3, 30, '2024-01-02 00:00:00')`)
    expect((await into.run()).exitCode).toBe(0)
    expect(into.log.filter((line) => line.includes('the source replaced its data as a whole'))).toHaveLength(1)
    expect(rowsThere()).toEqual([
      { id: 1, v: 10 },
      { id: 3, v: 30 },
    ])
    expect((await into.run()).exitCode).toBe(0)
    expect(into.log.filter((line) => line.includes('the source replaced its data as a whole'))).toHaveLength(1)
  })

  it.each([
    ['DROP and CREATE', ['DROP TABLE t', `CREATE TABLE t ${TABLE}`, 'CREATE INDEX t_u ON t (updated_at)', rows('t')]],
    [
      'a swap by RENAME',
      [
        `CREATE TABLE u ${TABLE}`,
        rows('u'),
        'ALTER TABLE t RENAME TO o',
        'ALTER TABLE u RENAME TO t',
        'CREATE INDEX u_u ON t (updated_at)',
      ],
    ],
    ...(name === 'SQLite' ? [] : ([['TRUNCATE', ['TRUNCATE TABLE t', rows('t')]]] as const)),
    ...(name === 'Postgres' ? ([['ALTER … USING', ['ALTER TABLE t ALTER v TYPE bigint USING v * 10']]] as const) : []),
    ...(name === 'MariaDB' ? ([['a type that changes', ['ALTER TABLE t MODIFY v bigint']]] as const) : []),
  ] as const)('is replaced by %s', async (_, statements) => {
    const world = await filled()
    const change = async (): Promise<void> => {
      for (const statement of statements) await world.run(statement)
    }
    expect(await verdict(world, change)).toBe('replaced')
    expect(
      await generation(world, undefined, { tables: { t: { replaced: 'ignore', cursor: 'updated_at' } } }),
    ).toBeUndefined()
  })

  it('is the same after rows came, changed and went', async () => {
    const world = await filled()
    const change = async (): Promise<void> => {
      await world.run(`INSERT INTO t VALUES (3, 3, '2024-01-03 00:00:00')`)
      await world.run('UPDATE t SET v = 5')
      await world.run('DELETE FROM t')
      await world.run(rows('t'))
    }
    expect(await verdict(world, change)).toBe('same')
    const more =
      world.system === 'postgres'
        ? 'ALTER TABLE t ADD w int DEFAULT 5'
        : world.system === 'mysql'
          ? 'ANALYZE TABLE t'
          : 'ANALYZE; ANALYZE'
    expect(await verdict(world, () => world.run(more))).toBe(world.system === 'sqlite' ? 'regrouped' : 'same')
  })

  it('is no question where it is read whole', async () => {
    const world = await filled()
    expect(await generation(world, undefined, { tables: { t: { cursor: false } } })).toBeUndefined()
  })
})

describe('the data of a table of partitions of Postgres', () => {
  const month = (nth: number): string => `2024-0${nth}-01`
  const partition = (nth: number, name = `p${nth}`): string =>
    `CREATE TABLE ${name} PARTITION OF t FOR VALUES FROM ('${month(nth)}') TO ('${month(nth + 1)}')`

  async function filled(): Promise<World> {
    const world = await postgres()
    await world.run(`CREATE TABLE t (id int NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (id, updated_at)) PARTITION BY RANGE (updated_at);
      CREATE INDEX ON t (updated_at); ${[1, 2, 3].map((nth) => partition(nth)).join('; ')};
      INSERT INTO t VALUES (1, '2024-01-15'), (2, '2024-02-15'), (3, '2024-03-15')`)
    return world
  }

  it.each([
    ['replaced', 'all are truncated', 'TRUNCATE t'],
    ['replaced', 'one is truncated', 'TRUNCATE p2'],
    ['replaced', 'one is swapped', `ALTER TABLE t DETACH PARTITION p2; ALTER TABLE p2 RENAME TO o; ${partition(2)}`],
    ['replaced', 'one is dropped and made again', `DROP TABLE p2; ${partition(2)}`],
    ['regrouped', 'one is added', partition(4)],
    ['regrouped', 'the oldest is dropped', 'DROP TABLE p1'],
    ['regrouped', 'time goes on', `DROP TABLE p1; ${partition(4)}`],
    ['same', 'rows come', `INSERT INTO t VALUES (9, '2024-01-16')`],
  ] as const)('is %s where %s', async (expected, _, change) => {
    const world = await filled()
    expect(await verdict(world, () => world.run(change))).toBe(expected)
  })
})

describe.runIf(hasMariaDb)('the data of a table of partitions of MariaDB', () => {
  it.each([
    ['replaced', 'TRUNCATE TABLE t'],
    ['replaced', 'ALTER TABLE t TRUNCATE PARTITION p0'],
    ['regrouped', 'ALTER TABLE t ADD PARTITION (PARTITION p2 VALUES LESS THAN (30))'],
    ['regrouped', 'ALTER TABLE t DROP PARTITION p0'],
  ] as const)('is %s by %s', async (expected, change) => {
    const world = await mariadb()
    await world.run(`CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int) PARTITION BY RANGE (id)
      (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))`)
    await world.run('INSERT INTO t VALUES (1, 1), (11, 1)')
    const ask = (previous?: string) => generation(world, previous, { tables: { t: { cursor: 'id' } } })
    const before = (await ask()) as string
    await world.run(change)
    const now = await ask(before)
    expect([typeof now === 'object' ? 'regrouped' : now === before ? 'same' : 'replaced', change]).toEqual([
      expected,
      change,
    ])
  })
})

describe('the data of a view', () => {
  it('of Postgres is replaced with its definition, and with that of what it shows', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE a (id int PRIMARY KEY, updated_at timestamptz NOT NULL); INSERT INTO a VALUES (1, '2024-01-01');
      CREATE VIEW b AS SELECT * FROM a; CREATE VIEW t AS SELECT id, updated_at FROM b`)
    const config = { tables: { t: { cursor: 'updated_at', primaryKey: ['id'] } } }
    const first = await generation(world, undefined, config)
    expect(await generation(world, undefined, config)).toBe(first)
    await world.run('INSERT INTO a VALUES (2, now())')
    expect(await generation(world, undefined, config)).toBe(first)
    await world.run('CREATE OR REPLACE VIEW t AS SELECT id, updated_at FROM b WHERE id > 1')
    const second = await generation(world, undefined, config)
    expect(second).not.toBe(first)
    await world.run('TRUNCATE a')
    expect(await generation(world, undefined, config)).not.toBe(second)
  })

  it.runIf(hasMariaDb)('of MariaDB is replaced with its definition', async () => {
    const world = await mariadb()
    await world.run('CREATE TABLE a (id int PRIMARY KEY); CREATE VIEW t AS SELECT id FROM a')
    const config = { tables: { t: { cursor: 'id', primaryKey: ['id'] } } }
    const first = await generation(world, undefined, config)
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    await world.run('CREATE OR REPLACE VIEW t AS SELECT id + 0 AS id FROM a')
    expect(await generation(world, undefined, config)).not.toBe(first)
  })
})

describe.runIf(hasMariaDb)('a user of MariaDB who may not see the numbers of tables', () => {
  it('goes by the time at which a table was made', async () => {
    const world = await mariadb()
    await world.run('CREATE TABLE t (id int PRIMARY KEY)')
    const name = `reader_${process.pid}_g`
    for (const host of ["'%'", 'localhost']) {
      await world.run(`CREATE OR REPLACE USER ${name}@${host} IDENTIFIED BY 'x'`)
      await world.run(`GRANT SELECT ON ${new URL(world.url).pathname.slice(1)}.* TO ${name}@${host}`)
    }
    const reader = { ...world, url: Object.assign(new URL(world.url), { username: name, password: 'x' }).toString() }
    const config = { tables: { t: { cursor: 'id' } } }
    const first = await generation(reader, undefined, config)
    expect(first).toMatch(/^\d{10}/)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await world.run('DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY)')
    expect(await generation(reader, undefined, config)).not.toBe(first)
    await world.run(`DROP USER ${name}@'%', ${name}@localhost`)
  })
})

it('a text says what became of partitions, whatever their names', () => {
  const of = (head: string, ...parts: (readonly [string, string])[]): string => generationOf({ head, files: parts })
  const before = of('t', ['a b=c', '1'], ['d', '2'])
  expect(isGrown(before, of('t', ['a b=c', '1'], ['d', '2'], ['e', '3']))).toBe(true)
  expect(isGrown(before, of('t', ['d', '2'], ['e', '1']))).toBe(true)
  expect(isGrown(before, of('t', ['a b=c', '4'], ['d', '2']))).toBe(false)
  expect(isGrown(before, of('t', ['x', '1'], ['y', '2']))).toBe(false)
  expect(isGrown(before, of('u', ['a b=c', '1'], ['d', '2']))).toBe(false)
  expect(isGrown('t', of('t', ['d', '2']))).toBe(false)
  expect(isGrown('1', '2')).toBe(false)
})

describe('the data of a table of SQLite', () => {
  async function filled(): Promise<World> {
    const world = await sqlite()
    await world.run(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, updated_at DATETIME NOT NULL); CREATE INDEX t_u ON t (updated_at);
      CREATE TABLE o (id INTEGER PRIMARY KEY, code TEXT UNIQUE, x INT); CREATE INDEX o_1 ON o (x); CREATE INDEX o_2 ON o (code, x);
      INSERT INTO t VALUES (1, 'a', '2024-01-01 00:00:00')`)
    return world
  }
  const again = `DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, updated_at DATETIME NOT NULL); CREATE INDEX t_u ON t (updated_at)`

  it.each([
    [
      'regrouped',
      'another table comes',
      'CREATE TABLE n (id INTEGER PRIMARY KEY, code TEXT UNIQUE); CREATE INDEX n_c ON n (code)',
    ],
    ['regrouped', 'another table goes with its indexes', 'DROP TABLE o'],
    ['regrouped', 'it gets a column', `ALTER TABLE t ADD w TEXT DEFAULT 'x'`],
    ['regrouped', 'it gets an index', 'CREATE INDEX t_v ON t (v)'],
    ['regrouped', 'it is analyzed', 'ANALYZE'],
    ['replaced', 'it is made again as it was', again],
    [
      'replaced',
      'it is made again beside another table',
      `${again}; CREATE TABLE n (id INTEGER PRIMARY KEY, code TEXT UNIQUE)`,
    ],
    ['replaced', 'it is made again when another table goes', `${again}; DROP TABLE o`],
    ['replaced', 'it is made again with a column more', again.replace('v TEXT', 'v TEXT, w TEXT')],
    ['replaced', 'the file is written again', 'VACUUM'],
  ] as const)('is %s where %s', async (expected, _, change) => {
    const world = await filled()
    expect(await verdict(world, () => world.run(change))).toBe(expected)
  })

  it('is told by its page and by the steps of its schema, whatever names are', () => {
    const entry = (table: string, name: string, hash = '1') => ({ table, name, hash })
    const before = schemaGeneration(5, 2, [entry('a b', 'a b'), entry('a b', 'i/=')])
    expect(isSeen(before, schemaGeneration(6, 2, [entry('a b', 'a b'), entry('a b', 'i/=', '2')]))).toBe(true)
    expect(isSeen(before, schemaGeneration(6, 2, []))).toBe(true)
    expect(isSeen(before, schemaGeneration(7, 2, []))).toBe(false)
    expect(isSeen(before, schemaGeneration(6, 3, [entry('a b', 'a b')]))).toBe(false)
    expect(isSeen(before, schemaGeneration(4, 2, [entry('a b', 'a b')]))).toBe(false)
  })
})
