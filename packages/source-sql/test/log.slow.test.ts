import { describe, expect, it } from 'vitest'
import { logServer, VERSIONS } from './log-world.ts'

describe.each(VERSIONS)('the log of Postgres %s', (_, major) => {
  const { open } = logServer(major)

  it('tells insertions, updates and deletions, once what was there before is read', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')`)
    await world.well()
    expect(world.live('t', 'id, v')).toEqual([
      { id: 1, v: 'a' },
      { id: 2, v: 'b' },
      { id: 3, v: 'c' },
    ])
    await world.sql(`INSERT INTO t VALUES (4, 'd'); UPDATE t SET v = 'B' WHERE id = 2; DELETE FROM t WHERE id = 1`)
    await world.sql(`BEGIN; INSERT INTO t VALUES (5, 'never'); ROLLBACK`)
    await world.sql(`BEGIN; UPDATE t SET v = 'C' WHERE id = 3; SAVEPOINT s; DELETE FROM t; ROLLBACK TO s; COMMIT`)
    await world.well()
    expect(world.live('t', 'id, v')).toEqual([
      { id: 2, v: 'B' },
      { id: 3, v: 'C' },
      { id: 4, v: 'd' },
    ])
  })

  it('gives values of every type as a query of the table does, also of a column that is called text', async () => {
    const types = `a int2, b int8, c numeric(20, 5), d float8, e bool, f date, g timestamp, h timestamptz, i json, j jsonb, k bytea,
      l uuid, m int[], n text[], o money, p interval, q char(5), r inet, s int4range, u oid, w timestamptz[]`
    const values = `-3, 9007199254740993, 1.50000, 1.5e300, true, '2024-02-29', '2024-01-31 12:00:00.123456', '2024-01-31 12:00:00.5+02',
      '{"a": 12345678901234567890}', '{"b": [1, null]}', '\\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{1,NULL,3}', '{"a,b",NULL}',
      12.34, '1 day 02:03:04', 'ab', '10.0.0.1/8', '[1,5)', 4000000000, '{"2024-01-31 12:00:00+00"}'`
    const config = { tables: { t: { columns: { e: 'text', q: 'text', b: 'text' } } } }
    const [first, second] = [await open(config), await open(config)]
    const create = `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (x int, y text); CREATE DOMAIN age AS int;
      CREATE TABLE t (id int PRIMARY KEY, ${types}, x mood, y pair, z age)`
    const insert = `INSERT INTO t VALUES (1, ${values}, 'ok', '(1,"a b")', 7); INSERT INTO t VALUES (2)`
    // One reads it as history, the other as changes.
    await first.sql(`${create}; ${insert}`)
    await second.sql(create)
    await second.well()
    await second.sql(insert)
    for (const world of [first, second]) await world.well()
    const columns = 'id, a, b, c, d, e, f, g, h, i, j, hex(k) k, l, m, n, o, p, q, r, s, u, w, x, y, z'
    const read = first.live('t', columns)
    expect(read).toHaveLength(2)
    expect(read[0]).toMatchObject({ b: '9007199254740993', e: 'true', q: 'ab   ', o: '12.34', m: '[1,null,3]' })
    expect(second.live('t', columns)).toEqual(read)
  })

  it('keeps large values that a change leaves alone, also where the key changes with it', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v int, big text); ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
      INSERT INTO t SELECT n, 0, repeat(md5(n::text), 200) FROM generate_series(1, 6) n`)
    await world.well()
    const sizes = () => world.live('t', 'id, v, length(big) size, substr(big, 1, 3) head')
    const before = sizes()
    await world.sql(`UPDATE t SET v = 1 WHERE id = 1; UPDATE t SET id = 20, v = 2 WHERE id = 2;
      BEGIN; UPDATE t SET id = -3 WHERE id = 3; UPDATE t SET id = 3 WHERE id = 4; UPDATE t SET id = 4 WHERE id = -3; COMMIT;
      DELETE FROM t WHERE id = 5; INSERT INTO t VALUES (5, 9, 'small')`)
    await world.well()
    const head = (id: number) => before.find((row) => row['id'] === id)!['head']
    expect(sizes()).toEqual([
      { id: 1, v: 1, size: 6400, head: head(1) },
      { id: 3, v: 0, size: 6400, head: head(4) },
      { id: 4, v: 0, size: 6400, head: head(3) },
      { id: 5, v: 9, size: 5, head: 'sma' },
      { id: 6, v: 0, size: 6400, head: head(6) },
      { id: 20, v: 2, size: 6400, head: head(2) },
    ])
    expect(world.live('t', '_missing').every(({ _missing }) => _missing === null)).toBe(true)
  })

  it('tells the key of a row by a large value, and by the whole row', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE long (name text PRIMARY KEY, v int); ALTER TABLE long ALTER name SET STORAGE EXTERNAL;
      CREATE TABLE whole (id int PRIMARY KEY, v int, big text); ALTER TABLE whole REPLICA IDENTITY FULL;
      ALTER TABLE whole ALTER big SET STORAGE EXTERNAL;
      INSERT INTO long SELECT repeat(n::text, 2500), 0 FROM generate_series(1, 3) n;
      INSERT INTO whole SELECT n, 0, repeat('x', 5000) FROM generate_series(1, 3) n`)
    await world.well()
    await world.sql(`UPDATE long SET v = 1 WHERE name LIKE '1%'; DELETE FROM long WHERE name LIKE '2%';
      UPDATE long SET name = repeat('4', 2500) WHERE name LIKE '3%';
      UPDATE whole SET v = 1 WHERE id = 1; UPDATE whole SET id = 9 WHERE id = 2; DELETE FROM whole WHERE id = 3`)
    await world.well()
    expect(world.live('long', 'substr(name, 1, 1) n, v')).toEqual([
      { n: '1', v: 1 },
      { n: '4', v: 0 },
    ])
    expect(world.live('whole', 'id, v, length(big) size')).toEqual([
      { id: 1, v: 1, size: 5000 },
      { id: 9, v: 0, size: 5000 },
    ])
  })

  it('tells that a table was truncated, and what came after', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)`)
    await world.well()
    await world.sql(`INSERT INTO t VALUES (11); TRUNCATE t; INSERT INTO t VALUES (3)`)
    await world.well()
    expect(world.live('t', 'id')).toEqual([{ id: 3 }])
  })

  it('reads partitions as their table, rows that move between them, and partitions that are new', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int, day int, v int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
      CREATE TABLE t_0 PARTITION OF t FOR VALUES FROM (0) TO (10);
      CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (day);
      CREATE TABLE t_1_a PARTITION OF t_1 FOR VALUES FROM (10) TO (15);
      INSERT INTO t VALUES (1, 1, 0), (2, 12, 0)`)
    await world.well()
    await world.sql(`UPDATE t SET day = 13 WHERE id = 1; CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (20) TO (30);
      INSERT INTO t VALUES (3, 25, 0); UPDATE t SET day = 21 WHERE id = 2`)
    await world.well()
    const rows = () => world.live('t', 'id, day')
    expect(rows()).toEqual([
      { id: 1, day: 13 },
      { id: 2, day: 21 },
      { id: 3, day: 25 },
    ])
    await world.sql(`TRUNCATE t_2; INSERT INTO t VALUES (4, 22, 0)`)
    await world.well()
    expect(rows()).toEqual([
      { id: 1, day: 13 },
      { id: 4, day: 22 },
    ])
    await world.sql('TRUNCATE t')
    await world.well()
    expect(rows()).toEqual([])
  })

  it('reads a table again whose partitions were attached with rows, detached or dropped', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int, day int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
      CREATE TABLE t_0 PARTITION OF t FOR VALUES FROM (0) TO (10);
      INSERT INTO t VALUES (1, 1), (2, 2)`)
    await world.well()
    const ids = () => world.live('t', 'id').map(({ id }) => id)
    const rearranged = async (statement: string): Promise<string> => {
      await world.sql(statement)
      world.log.length = 0
      await world.well()
      const said = world.log.join('\n')
      world.log.length = 0
      await world.well()
      expect(world.log.join('\n')).not.toContain('read again')
      return said
    }
    const attached = /crm_t is read again: its partition "public"\."t_\d(_a)?" had rows when it was attached/
    expect(
      await rearranged(`CREATE TABLE t_1 (LIKE t INCLUDING ALL); INSERT INTO t_1 VALUES (3, 13);
        ALTER TABLE t ATTACH PARTITION t_1 FOR VALUES FROM (10) TO (20); INSERT INTO t VALUES (4, 14)`),
    ).toMatch(attached)
    expect(ids()).toEqual([1, 2, 3, 4])
    // All of its rows were told: it had none, whenever they came.
    expect(
      await rearranged(`CREATE TABLE t_2 (LIKE t INCLUDING ALL); ALTER TABLE t ATTACH PARTITION t_2 FOR VALUES FROM (20) TO (30);
        INSERT INTO t VALUES (5, 25); CREATE TABLE t_3 PARTITION OF t FOR VALUES FROM (30) TO (40); INSERT INTO t VALUES (6, 35)`),
    ).not.toContain('read again')
    expect(ids()).toEqual([1, 2, 3, 4, 5, 6])
    // A tree of partitions, whose leaf has been in its own since before.
    expect(
      await rearranged(`CREATE TABLE t_4 (LIKE t INCLUDING ALL) PARTITION BY RANGE (day);
        CREATE TABLE t_4_a PARTITION OF t_4 FOR VALUES FROM (40) TO (45); INSERT INTO t_4 VALUES (7, 41);
        ALTER TABLE t ATTACH PARTITION t_4 FOR VALUES FROM (40) TO (50)`),
    ).toMatch(attached)
    expect(ids()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(
      await rearranged(`BEGIN; CREATE TABLE t_5 (LIKE t INCLUDING ALL); INSERT INTO t_5 VALUES (8, 55);
        ALTER TABLE t ATTACH PARTITION t_5 FOR VALUES FROM (50) TO (60); INSERT INTO t VALUES (9, 56); COMMIT`),
    ).toMatch(attached)
    expect(ids()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    const gone = /crm_t is read again: one of its partitions was dropped or detached/
    expect(await rearranged('ALTER TABLE t DETACH PARTITION t_1')).toMatch(gone)
    expect(ids()).toEqual([1, 2, 5, 6, 7, 8, 9])
    expect(await rearranged('DROP TABLE t_4')).toMatch(gone)
    expect(ids()).toEqual([1, 2, 5, 6, 8, 9])
  })

  it('reads a table again of which a column was dropped and added again', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)`)
    await world.well()
    await world.sql(`ALTER TABLE t DROP COLUMN v; ALTER TABLE t ADD COLUMN v int; UPDATE t SET v = 5 WHERE id = 2`)
    world.log.length = 0
    await world.well()
    expect(world.log.join('\n')).toMatch(/crm_t is read again: column "\w+" was dropped and added again/)
    expect(world.live('t', 'id, v')).toEqual([
      { id: 1, v: null },
      { id: 2, v: 5 },
    ])
    world.log.length = 0
    await world.sql(`ALTER TABLE t ADD COLUMN w int; INSERT INTO t VALUES (3, 3, 3)`)
    await world.well()
    await world.well()
    expect(world.log.join('\n')).not.toContain('read again')
  })

  it('takes no value of a column that was dropped for one of that which was added in its place', async () => {
    const world = await open()
    await world.sql(
      `CREATE TABLE t (id int PRIMARY KEY, v text, made int); INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)`,
    )
    await world.well()
    // The log has changes of rows with the old column, and then some with the new one: it describes both alike.
    await world.sql(`UPDATE t SET v = 'A', made = 10 WHERE id = 1`)
    await world.sql('ALTER TABLE t DROP COLUMN made')
    await world.sql('ALTER TABLE t ADD COLUMN made int DEFAULT 7')
    await world.sql('UPDATE t SET made = 8 WHERE id = 2')
    await world.well()
    expect(world.log.join('\n')).toMatch(/crm_t is read again: column "\w+" was dropped and added again/)
    const expected = [
      { id: 1, v: 'A', made: 7 },
      { id: 2, v: 'b', made: 8 },
    ]
    expect(world.live('t', 'id, v, made')).toEqual(expected)
    world.log.length = 0
    await world.sql(`UPDATE t SET v = 'B' WHERE id = 2`)
    await world.well()
    expect(world.log.join('\n')).not.toContain('read again')
    expect(world.live('t', 'id, v, made')).toEqual([expected[0], { id: 2, v: 'B', made: 8 }])
  })

  it('reads a table again whose rows got a value each with a column, also where another column went before', async () => {
    const world = await open()
    await world.sql(
      `CREATE TABLE t (id int PRIMARY KEY, other int, v int); INSERT INTO t (id, v) VALUES (1, 1), (2, 2)`,
    )
    await world.well()
    await world.sql('ALTER TABLE t DROP COLUMN other')
    await world.sql('UPDATE t SET v = 10 WHERE id = 1')
    await world.sql('ALTER TABLE t ADD COLUMN made uuid DEFAULT gen_random_uuid()')
    await world.sql('UPDATE t SET v = 20 WHERE id = 1')
    await world.well()
    const there = (await world.sql('SELECT id, v, made FROM t ORDER BY id')).map(([id, v, made]) => ({ id, v, made }))
    expect(world.live('t', 'id, v, made')).toEqual(there)
  })

  it('reads a table without a key once, if its rows are only added', async () => {
    const world = await open({ tables: { log: { appendOnly: true } } })
    await world.sql(`CREATE TABLE log (a int, b text); INSERT INTO log SELECT 1, 'same' FROM generate_series(1, 5)`)
    const other = await world.session()
    await other.query(`BEGIN; INSERT INTO log VALUES (2, 'open')`)
    // The snapshot that it is read from waits for that.
    const running = world.well()
    await new Promise((resolve) => setTimeout(resolve, 500))
    await world.sql(`INSERT INTO log VALUES (1, 'same')`)
    await other.query('COMMIT')
    await running
    await world.sql(`INSERT INTO log VALUES (3, 'later'), (3, 'later')`)
    // Not published, so the application may do it.
    await world.sql(`UPDATE log SET b = 'changed' WHERE a = 2; DELETE FROM log WHERE a = 1`)
    await world.well()
    expect(world.live('log', 'a, b, count(*) n').length).toBe(1)
    expect(
      world.rows('SELECT a, b, count(*) n FROM crm_log WHERE _deleted_at IS NULL GROUP BY a, b ORDER BY a'),
    ).toEqual([
      { a: 1, b: 'same', n: 6 },
      { a: 2, b: 'open', n: 1 },
      { a: 3, b: 'later', n: 2 },
    ])
    await world.sql('TRUNCATE log')
    await world.sql(`INSERT INTO log VALUES (4, 'new')`)
    await world.well()
    expect(world.live('log', 'a, b')).toEqual([{ a: 4, b: 'new' }])
  })

  it('has all rows of a table without a key to which more are added while it is read in many batches', async () => {
    const world = await open({ tables: { log: { appendOnly: true } } })
    await world.sql('CREATE TABLE log (a int); INSERT INTO log SELECT generate_series(1, 20000)')
    const stop = new AbortController()
    let added = 20_000
    const adding = (async () => {
      const application = await world.session()
      while (!stop.signal.aborted) await application.query('INSERT INTO log VALUES ($1)', [++added])
    })()
    const settings = { batch: { rows: 500, bytes: 1e6 } }
    expect((await world.run({}, { settings })).exitCode).toBe(0)
    stop.abort()
    await adding
    expect((await world.run({}, { settings })).exitCode).toBe(0)
    expect(added).toBeGreaterThan(20_100)
    expect(world.rows('SELECT count(*) n, count(DISTINCT a) different, max(a) last FROM crm_log')).toEqual([
      { n: added, different: added, last: added },
    ])
  })

  it('refuses a table whose old rows the log does not tell, with the statement, and reads the others', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE good (id int PRIMARY KEY); CREATE TABLE keyless (a int); CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
      CREATE TABLE late (id int, CONSTRAINT p PRIMARY KEY (id) DEFERRABLE);
      CREATE TABLE nothing (id int PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING`)
    const first = await world.run()
    expect(first.exitCode).not.toBe(0)
    const failures = first.tables.flatMap(({ name, failures: own }) =>
      own.map(({ failure }) => `${name}: ${failure.message}`),
    )
    expect(failures.sort()).toEqual([
      expect.stringMatching(
        /^crm_keyless: .*ALTER TABLE "public"."keyless" REPLICA IDENTITY USING INDEX.*appendOnly: true.*exclude: \["keyless"\]/,
      ),
      expect.stringMatching(/^crm_late: .*DEFERRABLE does not count/),
      expect.stringContaining('ALTER TABLE "public"."nothing" REPLICA IDENTITY DEFAULT'),
      expect.stringContaining('ALTER TABLE "public"."unlogged" SET LOGGED'),
    ])
    // Nothing of them is half made.
    expect(world.rows(`SELECT name FROM sqlite_schema WHERE name LIKE 'crm_%' AND type = 'table'`)).toEqual([
      { name: 'crm_good' },
    ])
    expect(world.live('good', 'id')).toEqual([])
    // The application's own changes go on.
    await world.sql(
      `INSERT INTO keyless VALUES (1); UPDATE keyless SET a = 2; INSERT INTO nothing VALUES (1); DELETE FROM nothing`,
    )
    await world.sql(`ALTER TABLE nothing REPLICA IDENTITY DEFAULT; INSERT INTO nothing VALUES (5)`)
    await world.run()
    expect(world.live('nothing', 'id')).toEqual([{ id: 5 }])
    // One that was read, and cannot be any more, fails and is published no more.
    await world.sql('ALTER TABLE nothing REPLICA IDENTITY NOTHING')
    const report = await world.run()
    const failing = report.tables.find(({ name }) => name === 'crm_nothing')
    expect(failing).toMatchObject({ status: 'failing', failures: [{ failure: { code: 'log-identity' } }] })
    expect(failing?.failures[0]?.failure.message).toContain('ALTER TABLE "public"."nothing" REPLICA IDENTITY DEFAULT')
    expect(world.live('nothing', 'id')).toEqual([{ id: 5 }])
    await world.sql('DELETE FROM nothing; INSERT INTO nothing VALUES (6)')
    await world.run()
    // What changed meanwhile is in no log that was read.
    await world.sql('ALTER TABLE nothing REPLICA IDENTITY DEFAULT')
    await world.run()
    expect(world.live('nothing', 'id')).toEqual([{ id: 6 }])
  })

  it('lets the application update its only table that has lost its key, and reads it again when it has one', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2)`)
    await world.well()
    await world.sql('ALTER TABLE t DROP CONSTRAINT t_pkey')
    await expect(world.sql('UPDATE t SET v = 3')).rejects.toThrow('does not have a replica identity')
    const report = await world.into.run()
    expect(report.tables[0]!.failures[0]!.failure).toMatchObject({ code: 'log-identity' })
    await world.sql('UPDATE t SET v = 3')
    await world.sql('ALTER TABLE t ADD PRIMARY KEY (id)')
    await world.well()
    expect(world.live('t', 'id, v').map(({ v }) => v)).toEqual([3, 3])
  })

  it('takes in tables that are new, and leaves those that are gone', async () => {
    const world = await open()
    await world.sql('CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)')
    await world.well()
    await world.sql('CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b VALUES (1); INSERT INTO a VALUES (2)')
    const open2 = await world.session()
    await open2.query('BEGIN; INSERT INTO b VALUES (2)')
    const running = world.well()
    await new Promise((resolve) => setTimeout(resolve, 700))
    await open2.query('COMMIT')
    await running
    expect(world.live('b', 'id')).toEqual([{ id: 1 }, { id: 2 }])
    await world.sql('DROP TABLE a; UPDATE b SET id = 3 WHERE id = 1')
    await world.well()
    expect(world.live('b', 'id')).toEqual([{ id: 2 }, { id: 3 }])
    expect(world.live('a', 'id')).toEqual([{ id: 1 }, { id: 2 }])
  })

  it('a table that was left out for a while is read again when it returns', async () => {
    const world = await open()
    await world.sql(
      'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b VALUES (1), (2)',
    )
    await world.well()
    await world.run({ exclude: ['b'] })
    await world.sql('DELETE FROM b WHERE id = 1; INSERT INTO b VALUES (3)')
    await world.run({ exclude: ['b'] })
    await world.well()
    expect(world.live('b', 'id')).toEqual([{ id: 2 }, { id: 3 }])
    expect(world.log.join('\n')).toMatch(/crm_b is read again: it was not in the publication/)
  })

  it('follows columns that are added, dropped, renamed and retyped while nobody runs', async () => {
    const world = await open()
    await world.sql(
      `CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t SELECT n, n, 'b' FROM generate_series(1, 3) n`,
    )
    await world.well()
    await world.sql(`UPDATE t SET a = 10 WHERE id = 1; ALTER TABLE t ADD COLUMN c int; UPDATE t SET c = 1 WHERE id = 1;
      ALTER TABLE t ADD COLUMN d int DEFAULT 5; ALTER TABLE t ADD COLUMN e float8 DEFAULT random() + 1; ALTER TABLE t DROP COLUMN b;
      ALTER TABLE t ALTER COLUMN a TYPE bigint USING a + 100; UPDATE t SET d = 6 WHERE id = 2; INSERT INTO t (id, a) VALUES (4, 4)`)
    await world.well()
    expect(world.live('t', 'id, a, c, d, e > 0 e')).toEqual([
      { id: 1, a: 110, c: 1, d: 5, e: 1 },
      { id: 2, a: 102, c: null, d: 6, e: 1 },
      { id: 3, a: 103, c: null, d: 5, e: 1 },
      { id: 4, a: 4, c: null, d: 5, e: 1 },
    ])
    expect(world.live('t', '_missing').every(({ _missing }) => _missing === null)).toBe(true)
  })

  it('a column without a default is followed without reading the table again', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)')
    await world.well()
    await world.sql('ALTER TABLE t ADD COLUMN c int; INSERT INTO t VALUES (2, 2)')
    await world.well()
    expect(world.live('t', 'id, c')).toEqual([
      { id: 1, c: null },
      { id: 2, c: 2 },
    ])
    expect(world.log.join('\n')).not.toContain('read again')
  })

  it('leaves out generated columns that the log does not have', async () => {
    const world = await open()
    await world.sql(
      `CREATE TABLE t (id int PRIMARY KEY, a int, g int GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO t (id, a) VALUES (1, 1)`,
    )
    await world.well()
    await world.sql('UPDATE t SET a = 5; INSERT INTO t (id, a) VALUES (2, 2)')
    await world.well()
    const hasGenerated = major === undefined
    expect(world.live('t', hasGenerated ? 'id, a, g' : 'id, a')).toEqual([
      { id: 1, a: 5, ...(hasGenerated ? { g: 10 } : {}) },
      { id: 2, a: 2, ...(hasGenerated ? { g: 4 } : {}) },
    ])
    expect('g' in world.live('t')[0]!).toBe(hasGenerated)
  })

  it('moves on while its tables are quiet, so that the server keeps no log for them', async () => {
    const world = await open({ include: ['t'] })
    await world.sql(
      'CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE other (id int, v text); INSERT INTO t VALUES (1)',
    )
    await world.well()
    const held = async () =>
      Number(
        (
          await world.sql(
            `SELECT pg_current_wal_lsn() - confirmed_flush_lsn FROM pg_replication_slots WHERE database = current_database()`,
          )
        )[0]![0],
      )
    await world.sql(`INSERT INTO other SELECT n, repeat('x', 1000) FROM generate_series(1, 2000) n`)
    expect(await held()).toBeGreaterThan(1_000_000)
    await world.well()
    expect(await held()).toBeLessThan(100_000)
  })
})
