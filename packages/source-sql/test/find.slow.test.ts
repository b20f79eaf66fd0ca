import { describe, expect, it } from 'vitest'
import { errorOf, hasMariaDb, mariadb, open, postgres, sqlite } from './harness.ts'

const systems = [
  ['Postgres', postgres, 'timestamp'],
  ['SQLite', sqlite, 'datetime'],
  ...(hasMariaDb ? [['MariaDB', mariadb, 'datetime'] as const] : []),
] as const

describe.each(systems)('the tables of %s', (_, make, type) => {
  it('are all but views, chosen by patterns', async () => {
    const world = await make()
    for (const name of ['orders', 'order_lines', 'audit_2023', 'audit_2024'])
      await world.run(`CREATE TABLE ${name} (id int NOT NULL PRIMARY KEY)`)
    await world.run('CREATE VIEW totals AS SELECT count(*) AS n FROM orders')
    const names = async (config = {}) => (await open(world, config)).tables.map((table) => table.name)
    expect(await names()).toEqual(['audit_2023', 'audit_2024', 'order_lines', 'orders'])
    expect(await names({ exclude: ['audit_*'] })).toEqual(['order_lines', 'orders'])
    expect(await names({ include: ['order*'], exclude: ['orders'] })).toEqual(['order_lines'])
    expect(await names({ views: true, include: ['t*'] })).toEqual(['totals'])
    expect(await names({ include: ['totals'] })).toEqual(['totals'])
    const error = await errorOf(open(world, { tables: { oders: { cursor: 'id' } } }))
    expect([error.remedy, error.message]).toEqual([
      'fix-config',
      expect.stringContaining('the table does not exist; did you mean "orders"?'),
    ])
  })

  it('have a cursor where an index begins with one, and a hint where none does', async () => {
    const world = await make()
    await world.run(
      `CREATE TABLE a (id int NOT NULL PRIMARY KEY, modified_at ${type} NOT NULL, UPDATED_AT ${type} NOT NULL);`,
    )
    await world.run('CREATE INDEX a_m ON a (modified_at)')
    await world.run(`CREATE TABLE b (id int NOT NULL PRIMARY KEY, updated_at ${type} NOT NULL)`)
    await world.run('CREATE INDEX b_u ON b (id, updated_at)')
    await world.run(`CREATE TABLE c (id int NOT NULL PRIMARY KEY, updated_at varchar(10))`)
    const opened = await open(world)
    expect(opened.tables.map((table) => [table.name, table.cursor?.column])).toEqual([
      ['a', 'modified_at'],
      ['b', undefined],
      ['c', undefined],
    ])
    expect(opened.warnings).toEqual([expect.stringMatching(/^b: .*CREATE INDEX .*b.*updated_at/)])
    // Asked for, it is taken without an index too; what the state knows stays.
    const asked = await open(world, { tables: { b: { cursor: 'updated_at' }, a: { cursor: false } } })
    expect(asked.tables.map((table) => table.cursor?.column)).toEqual([undefined, 'updated_at', undefined])
    expect(asked.warnings).toEqual([expect.stringMatching(/^b: no index begins with its cursor.*CREATE INDEX/)])
    const known = opened.known()
    await world.run(world.system === 'mysql' ? 'DROP INDEX a_m ON a' : 'DROP INDEX a_m')
    await world.run('CREATE INDEX b_v ON b (updated_at)')
    const again = await open(world, {}, known)
    expect(again.tables.map((table) => table.cursor?.column)).toEqual(['modified_at', undefined, undefined])
    expect(again.warnings).toEqual([expect.stringMatching(/^a: no index begins with its cursor/)])
  })

  it('may lose what was said about them', async () => {
    const world = await make()
    await world.run(`CREATE TABLE a (id int NOT NULL PRIMARY KEY, x int)`)
    const config = { tables: { a: { cursor: 'changed' } } }
    const error = await errorOf(open(world, config))
    expect([error.remedy, error.message]).toEqual([
      'fix-config',
      expect.stringContaining('no column "changed"; columns: id, x'),
    ])
    const opened = await open(world, config, { a: { columns: [{ name: 'id', type: 'integer' }], cursor: 'changed' } })
    expect([opened.table().cursor, opened.warnings]).toEqual([
      undefined,
      [expect.stringContaining('the table lost its cursor')],
    ])
  })

  it('are never those that Tidemark wrote', async () => {
    const world = await make()
    await world.run('CREATE TABLE copy (id int NOT NULL PRIMARY KEY, _synced_at int, _deleted_at int, _cursor int)')
    await world.run('CREATE TABLE _tidemark_steps (id int NOT NULL PRIMARY KEY)')
    await world.run('CREATE TABLE own (id int NOT NULL PRIMARY KEY)')
    expect((await open(world)).tables.map((table) => table.name)).toEqual(['own'])
    // Another project's copy can be a source, where it is named.
    expect((await open(world, { include: ['copy', '_tidemark_steps'] })).tables.map((table) => table.name)).toEqual([
      'copy',
    ])
    const opened = await open(world, { exclude: ['own'] })
    expect([opened.tables, opened.warnings]).toEqual([
      [],
      [expect.stringMatching(/Tidemark wrote the only table.*include: \["copy"\]/)],
    ])
  })

  it.runIf(_ !== 'SQLite')('are told apart by the case of their names', async () => {
    const world = await make()
    const quote = world.system === 'mysql' ? '`' : '"'
    for (const name of ['orders', 'ORDERS', 'Orders']) {
      await world.run(`CREATE TABLE ${quote}${name}${quote} (id int NOT NULL PRIMARY KEY)`)
      await world.run(`INSERT INTO ${quote}${name}${quote} VALUES (${name.charCodeAt(1)})`)
    }
    const opened = await open(world)
    expect(opened.tables.map(({ name }) => name)).toEqual(['ORDERS', 'Orders', 'orders'])
    expect([await opened.read('ORDERS'), await opened.read('orders')]).toEqual([[{ id: 82 }], [{ id: 114 }]])
  })

  it('are named as they are, and as the state knows them', async () => {
    const world = await make()
    const quote = world.system === 'mysql' ? '`' : '"'
    for (const name of ['orders.2024', "it's", 'x$(y)'])
      await world.run(`CREATE TABLE ${quote}${name}${quote} (id int NOT NULL PRIMARY KEY)`)
    await world.run(`INSERT INTO ${quote}orders.2024${quote} VALUES (7)`)
    const opened = await open(world)
    expect(opened.tables.map(({ name }) => name).toSorted()).toEqual(["it's", 'orders.2024', 'x$(y)'])
    expect(await opened.read('orders.2024')).toEqual([{ id: 7 }])
    const chosen = await open(world, { include: ['orders.2024'], tables: { 'orders.2024': { cursor: 'id' } } })
    expect(chosen.tables.map(({ name }) => name)).toEqual(['orders.2024'])
    const known = await open(
      world,
      {},
      { '"orders.2024"': { cursor: null, columns: [{ name: 'id', type: 'integer' }] } },
    )
    expect(known.tables.map(({ name }) => name)).toContain('"orders.2024"')
  })

  it('keep a type that the state knows, as long as values fit', async () => {
    const world = await make()
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int, b int, c date)')
    await world.run(`INSERT INTO t VALUES (1, 12, 13, '2024-01-31')`)
    const opened = await open(
      world,
      {},
      {
        t: {
          cursor: null,
          columns: [
            { name: 'a', type: 'text' },
            { name: 'b', type: 'numeric' },
            { name: 'c', type: 'local_timestamp' },
          ],
        },
      },
    )
    expect(opened.types()).toEqual({ id: 'integer', a: 'text', b: 'numeric', c: 'local_timestamp' })
    const [row] = await opened.read()
    expect(row).toEqual({ id: 1, a: '12', b: 13, c: '2024-01-31T00:00:00' })
    expect(opened.table().row.safeParse(row).success).toBe(true)
  })
})

describe('the tables of Postgres', () => {
  it('keep quotes around a dot where two would have one name without', async () => {
    const world = await postgres()
    await world.run(`CREATE SCHEMA orders; CREATE TABLE orders."2024" (id int PRIMARY KEY); CREATE TABLE "orders.2024" (id int PRIMARY KEY);
      CREATE TABLE orders."a.b" (id int PRIMARY KEY)`)
    const { tables } = await open(world)
    expect(tables.map(({ name }) => name).toSorted()).toEqual(['"orders.2024"', 'orders.2024', 'orders.a.b'])
  })

  it('are those of all schemas, partitions with their whole, heirs by themselves', async () => {
    const world = await postgres()
    await world.run(`CREATE SCHEMA sales; CREATE TABLE sales.orders (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY);
      CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
      CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (10) TO (20); INSERT INTO parted VALUES (1), (11);
      CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child () INHERITS (parent); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2);
      CREATE UNLOGGED TABLE quick (id int, code text NOT NULL UNIQUE); CREATE TEMP TABLE mine (id int)`)
    const opened = await open(world)
    expect(opened.tables.map((table) => [table.name, table.primaryKey])).toEqual([
      ['child', []],
      ['orders', ['id']],
      ['parent', ['id']],
      ['parted', ['id']],
      ['quick', ['code']],
      ['sales.orders', ['id']],
    ])
    expect(await opened.read('parted')).toHaveLength(2)
    expect(await opened.read('parent')).toEqual([{ id: 1 }])
    expect(await opened.read('child')).toEqual([{ id: 2 }])
    expect((await open(world, { schemas: ['sales'] })).tables.map((table) => table.name)).toEqual(['sales.orders'])
  })

  it('with a million rows and more are read in windows', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz NOT NULL); CREATE INDEX ON t (updated_at);
      INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-11')`)
    // What the database thinks, not what is there.
    await world.run(`UPDATE pg_class SET reltuples = 10000000, relpages = 100000 WHERE oid = 't'::regclass`)
    const opened = await open(world)
    const table = opened.table()
    expect(table.window).toBe(24n * 3_600_000_000n)
    const question = { client: opened.client, signal: new AbortController().signal, log: console }
    expect(await (table.start as (question: unknown) => Promise<unknown>)(question)).toBe('2024-01-01T00:00:00.000000Z')
  })

  it('say which database they are of', async () => {
    const [a, b] = [await postgres(), await postgres()]
    const identity = async (url: string, more = {}) => {
      const { client } = await open({ url }, more)
      return client.config.identity ?? client.database.identity()
    }
    expect(await identity(a.url)).toMatch(/^postgres:\d+\/t/)
    expect(await identity(a.url)).toBe(await identity(a.url.replace('127.0.0.1', 'localhost')))
    expect(await identity(a.url)).not.toBe(await identity(b.url))
    expect(await identity(a.url, { identity: 'crm' })).toBe('crm')
  })
})
