import { describe, expect, it } from 'vitest'
import { errorOf, hasMariaDb, mariadb, open, postgres, sqlite } from './harness.ts'
import { target } from './target.ts'

const systems = [
  ['Postgres', postgres, 'timestamptz', `now() - interval '5 minutes'`],
  ['SQLite', sqlite, 'DATETIME', `datetime('now', '-5 minutes')`],
  ...(hasMariaDb ? [['MariaDB', mariadb, 'timestamp(6)', 'now(6) - interval 5 minute'] as const] : []),
] as const

describe.each(systems)('a table without a key of %s', (_, make, time, recent) => {
  async function world() {
    const made = await make()
    await made.run(`CREATE TABLE nk (id int, v text, updated_at ${time} NOT NULL)`)
    await made.run('CREATE INDEX nk_u ON nk (updated_at)')
    for (let id = 1; id <= 5; id++) await made.run(`INSERT INTO nk VALUES (${id}, 'a', '2024-01-0${id} 00:00:00')`)
    return made
  }

  it('is read whole, however its columns are called, and a change adds no row', async () => {
    const source = await world()
    const into = target(source)
    expect((await into.run()).exitCode).toBe(0)
    expect(into.log.join('\n')).toContain('it has no key')
    await source.run(`UPDATE nk SET v = 'x', updated_at = ${recent} WHERE id = 1`)
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT id, v FROM crm_nk WHERE _deleted_at IS NULL ORDER BY id')).toEqual(
      [1, 2, 3, 4, 5].map((id) => ({ id, v: id === 1 ? 'x' : 'a' })),
    )
    // A window of times alone would be a bag of all that the row ever was.
    expect((await open(source)).table().cursor).toBeUndefined()
  })

  it('refuses a cursor that moves with changes, and says the way out, which works', async () => {
    const source = await world()
    const error = await errorOf(open(source, { tables: { nk: { cursor: 'updated_at' } } }))
    expect([error.remedy, error.message]).toEqual([
      'fix-config',
      expect.stringMatching(
        /config\.tables\."nk"\.cursor: table "nk" has no key.*primaryKey: \[.*cursor: false.*immutable: true/,
      ),
    ])
    const ways = [
      [{ cursor: 'updated_at', primaryKey: ['id'] }, 'updated_at'],
      [{ cursor: false }, undefined],
      [{ cursor: 'updated_at', immutable: true }, 'updated_at'],
      [{ immutable: true }, 'updated_at'],
    ] as const
    for (const [nk, column] of ways) {
      const opened = await open(source, { tables: { nk } })
      expect([nk, opened.table().cursor?.column, opened.warnings]).toEqual([nk, column, []])
    }
    const into = target(source, { tables: { nk: { cursor: 'updated_at', primaryKey: ['id'] } } })
    await into.run()
    await source.run(`UPDATE nk SET v = 'x', updated_at = ${recent} WHERE id = 1`)
    await into.run()
    expect(into.rows('SELECT count(*) AS n FROM crm_nk')).toEqual([{ n: 5 }])
  })

  it('that was read by one pauses and says why, and one that is left without its key has none', async () => {
    const source = await world()
    const columns = [
      { name: 'id', type: 'integer' },
      { name: 'v', type: 'text' },
      { name: 'updated_at', type: source.system === 'sqlite' ? 'local_timestamp' : 'timestamp' },
    ] as const
    const opened = await open(source, {}, { nk: { columns, cursor: 'updated_at' } })
    expect([opened.table().cursor, opened.warnings]).toEqual([
      undefined,
      [expect.stringMatching(/the table lost its cursor: table "nk" has no key/)],
    ])
    await source.run(`CREATE TABLE k (id int NOT NULL PRIMARY KEY, updated_at ${time} NOT NULL)`)
    await source.run('CREATE INDEX k_u ON k (updated_at)')
    const left = await open(source, { include: ['k'], tables: { k: { columns: { id: false } } } })
    expect([left.table().primaryKey, left.table().cursor]).toEqual([[], undefined])
  })

  it('takes a cursor that stays as it is, and says that changes would add rows', async () => {
    const source = await world()
    await source.run(`CREATE TABLE log (at ${time} NOT NULL, n int NOT NULL)`)
    const opened = await open(source, { tables: { log: { cursor: 'n' } } })
    expect(opened.table('log').cursor?.column).toBe('n')
    expect(opened.warnings.filter((line) => /^log: it has no key.*immutable: true/.test(line))).toHaveLength(1)
    expect((await open(source, { tables: { log: { cursor: 'n', immutable: true } } })).warnings.join()).not.toContain(
      'log: it has no key',
    )
  })
})

const UNKEYED: readonly (readonly [string, string, readonly string[]])[] = [
  ['a unique index over NULLs', 'CREATE TABLE t (id int UNIQUE, at timestamp)', []],
  [
    'a unique index of a part',
    'CREATE TABLE t (id int NOT NULL, at timestamp); CREATE UNIQUE INDEX t_i ON t (id) WHERE id > 5',
    [],
  ],
  [
    'a unique index of an expression',
    'CREATE TABLE t (id int NOT NULL, at timestamp); CREATE UNIQUE INDEX t_i ON t (abs(id))',
    [],
  ],
  ['a unique index that is no primary key', 'CREATE TABLE t (id int NOT NULL UNIQUE, at timestamp)', ['id']],
]

describe.each(systems.slice(0, 2))('the key of a table of %s', (_, make) => {
  it.each(UNKEYED)('%s', async (_name, statement, key) => {
    const source = await make()
    await source.run(statement)
    expect((await open(source)).table().primaryKey).toEqual(key)
  })
})

describe('the key of a table of SQLite', () => {
  it('without rowid is its primary key, of which nothing is NULL', async () => {
    const source = await sqlite()
    await source.run(`CREATE TABLE t (a TEXT, b INT, updated_at DATETIME NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;
      CREATE INDEX t_u ON t (updated_at); INSERT INTO t VALUES ('x', 1, '2024-01-01'), ('x', 2, '2024-01-02')`)
    const into = target(source)
    await into.run()
    await source.run(`UPDATE t SET updated_at = datetime('now', '-5 minutes') WHERE b = 1`)
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT a, b FROM crm_t ORDER BY b')).toEqual([
      { a: 'x', b: 1 },
      { a: 'x', b: 2 },
    ])
  })
})

describe.runIf(hasMariaDb)('a table without a key of MariaDB', () => {
  it('has no cursor that the database itself moves with every change', async () => {
    const source = await mariadb()
    await source.run('CREATE TABLE t (id int, at timestamp(6) NOT NULL DEFAULT now(6) ON UPDATE now(6))')
    const error = await errorOf(open(source, { tables: { t: { cursor: 'at' } } }))
    expect(error.message).toContain('"at" moves with every change')
  })
})

describe('the key of a table of Postgres', () => {
  it('may be deferrable: rows stay one, also where keys were swapped', async () => {
    const source = await postgres()
    await source.run(`CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v text, updated_at timestamptz NOT NULL);
      CREATE INDEX ON t (updated_at); INSERT INTO t SELECT n, 'a', '2024-01-01' FROM generate_series(1, 5) n`)
    const opened = await open(source)
    expect([opened.table().primaryKey, opened.table().cursor?.column]).toEqual([['id'], 'updated_at'])
    const into = target(source)
    await into.run()
    await source.run(
      `UPDATE t SET id = 3 - id, v = 'swapped', updated_at = now() - interval '5 minutes' WHERE id IN (1, 2)`,
    )
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT id, v FROM crm_t ORDER BY id').map(({ id, v }) => `${id} ${v}`)).toEqual([
      '1 swapped',
      '2 swapped',
      '3 a',
      '4 a',
      '5 a',
    ])
  })

  const PARTITIONS = `
    CREATE TABLE p0 PARTITION OF t FOR VALUES FROM (MINVALUE) TO ('2024-06-01');
    CREATE TABLE p1 PARTITION OF t FOR VALUES FROM ('2024-06-01') TO (MAXVALUE);
    CREATE INDEX ON t (updated_at);
    INSERT INTO t SELECT n, 'a', '2024-01-01'::timestamptz + n * interval '60 days' FROM generate_series(1, 5) n`

  it('of partitions is the one that all of them have, also where rows move from one to another', async () => {
    const source = await postgres()
    await source.run(`CREATE TABLE t (id int, v text, updated_at timestamptz NOT NULL) PARTITION BY RANGE (updated_at); ${PARTITIONS};
      ALTER TABLE p0 ADD PRIMARY KEY (id); ALTER TABLE p1 ADD UNIQUE (v, id); ALTER TABLE p1 ADD PRIMARY KEY (id)`)
    const opened = await open(source)
    expect([opened.table().primaryKey, opened.table().cursor?.column, opened.warnings]).toEqual([
      ['id'],
      'updated_at',
      [],
    ])
    const into = target(source)
    await into.run()
    await source.run(`UPDATE t SET v = 'x', updated_at = now() - interval '5 minutes' WHERE id = 1`)
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT id, v FROM crm_t ORDER BY id').map(({ id, v }) => `${id} ${v}`)).toEqual([
      '1 x',
      '2 a',
      '3 a',
      '4 a',
      '5 a',
    ])
  })

  it('of partitions is none where one lacks it, or two hold the same', async () => {
    const source = await postgres()
    await source.run(`CREATE TABLE t (id int, v text, updated_at timestamptz NOT NULL) PARTITION BY RANGE (updated_at); ${PARTITIONS};
      ALTER TABLE p0 ADD PRIMARY KEY (id)`)
    expect((await open(source)).table().primaryKey).toEqual([])
    await source.run(`ALTER TABLE p1 ADD PRIMARY KEY (id); INSERT INTO t VALUES (1, 'b', '2025-01-01')`)
    const opened = await open(source)
    expect([opened.table().primaryKey, opened.table().cursor]).toEqual([[], undefined])
    expect(opened.warnings[0]).toMatch(/each of its partitions has the key id, but two of them contain the same value/)
    const into = target(source)
    await into.run()
    expect(into.rows('SELECT count(*) AS n FROM crm_t')).toEqual([{ n: 6 }])
  })

  it('of partitions of partitions is found, whatever order their columns have', async () => {
    const source = await postgres()
    await source.run(`CREATE TABLE t (region text NOT NULL, id int NOT NULL, v text) PARTITION BY LIST (region);
      CREATE TABLE a PARTITION OF t FOR VALUES IN ('a') PARTITION BY RANGE (id);
      CREATE TABLE a1 (v text, id int NOT NULL, region text NOT NULL, PRIMARY KEY (id, region));
      ALTER TABLE a ATTACH PARTITION a1 FOR VALUES FROM (1) TO (10);
      CREATE TABLE b PARTITION OF t FOR VALUES IN ('b'); ALTER TABLE b ADD PRIMARY KEY (region, id);
      INSERT INTO t VALUES ('a', 1, 'x'), ('b', 1, 'y')`)
    const opened = await open(source)
    expect([opened.table().primaryKey, opened.warnings]).toEqual([['region', 'id'], []])
  })

  it('holds only where no row may be NULL, also of those from before', async () => {
    const source = await postgres()
    const [version] = await source.run(`SELECT current_setting('server_version_num')::int AS number`)
    // Before 18 there is no NOT NULL that leaves rows as they are.
    if (Number(version!['number']) < 180_000) return
    await source.run(`CREATE TABLE t (id int UNIQUE, v text); INSERT INTO t VALUES (NULL, 'a'), (1, 'b');
      ALTER TABLE t ADD CONSTRAINT filled NOT NULL id NOT VALID`)
    expect((await open(source)).table().primaryKey).toEqual([])
    await source.run('UPDATE t SET id = 2 WHERE id IS NULL; ALTER TABLE t VALIDATE CONSTRAINT filled')
    expect((await open(source)).table().primaryKey).toEqual(['id'])
  })

  it('of heirs, views and foreign tables is only what holds for all their rows', async () => {
    const source = await postgres()
    await source.run(`CREATE TABLE parent (id int PRIMARY KEY, updated_at timestamptz NOT NULL); CREATE INDEX ON parent (updated_at);
      CREATE TABLE child () INHERITS (parent); CREATE INDEX ON child (updated_at);
      CREATE MATERIALIZED VIEW m AS SELECT * FROM parent; CREATE UNIQUE INDEX ON m (id); CREATE INDEX ON m (updated_at);
      CREATE VIEW v AS SELECT * FROM parent`)
    const opened = await open(source, { views: true })
    expect(opened.tables.map(({ name, primaryKey, cursor }) => [name, primaryKey, cursor?.column])).toEqual([
      ['child', [], undefined],
      ['m', [], undefined],
      ['parent', ['id'], 'updated_at'],
      ['v', [], undefined],
    ])
    for (const name of ['m', 'v', 'child']) {
      const error = await errorOf(open(source, { tables: { [name]: { cursor: 'updated_at' } } }))
      expect(error.message).toContain(`table "${name}" has no key`)
      const keyed = await open(source, { tables: { [name]: { cursor: 'updated_at', primaryKey: ['id'] } } })
      expect(keyed.table(name).cursor?.column).toBe('updated_at')
    }
  })
})
