import { describe, expect, it } from 'vitest'
import { open, sqlite } from './harness.ts'

/** How a column is declared, values as SQL, its type, and what comes out. */
const COLUMNS: readonly (readonly [string, readonly string[], string, readonly unknown[]])[] = [
  ['INTEGER', ['1', '9223372036854775807'], 'integer', [1, 9223372036854775807n]],
  ['INT', ['-9223372036854775808', 'NULL'], 'integer', [-9223372036854775808n, null]],
  ['REAL', ['0.1', '3'], 'double', [0.1, 3]],
  ['DECIMAL(10,2)', ['12.50', '3'], 'numeric', [12.5, 3]],
  ['TEXT', ["'00123'", "'ü 😀'"], 'text', ['00123', 'ü 😀']],
  ['TEXT', ["''", 'NULL'], 'text', ['', null]],
  ['BLOB', ["x'00ff'", "x''"], 'bytes', [new Uint8Array([0, 255]), new Uint8Array()]],
  ['BOOLEAN', ['1', '0'], 'boolean', [true, false]],
  ['BOOLEAN', ['1', '2'], 'integer', [1, 2]],
  ['DATE', ["'2024-02-29'", "'2024-01-01'"], 'date', ['2024-02-29', '2024-01-01']],
  [
    'DATETIME',
    ["'2024-01-31 12:00:00'", "'2024-01-31 12:00'"],
    'local_timestamp',
    ['2024-01-31T12:00:00', '2024-01-31T12:00:00'],
  ],
  [
    'TIMESTAMP',
    ["'2024-01-31T12:00:00.123456Z'", "'2024-01-31 12:00:00+02:00'"],
    'timestamp',
    ['2024-01-31T12:00:00.123456Z', '2024-01-31T12:00:00+02:00'],
  ],
  ['DATETIME', ["'2024-01-31 12:00:00'", "'yesterday'"], 'text', ['2024-01-31 12:00:00', 'yesterday']],
  ['DATETIME', ['1706702400', '1706702401'], 'integer', [1706702400, 1706702401]],
  ['JSON', [`'{"a": 12345678901234567890}'`, "'[]'"], 'json', [undefined, []]],
  ['', ['1', "'x'"], 'text', ['1', 'x']],
  ['', ['1', '2.5'], 'numeric', [1, 2.5]],
  ['INTEGER', ['1', "'abc'"], 'text', ['1', 'abc']],
  ['NUMERIC', ['0.1', "'abc'"], 'text', ['0.1', 'abc']],
]

describe('a column of SQLite', () => {
  it('has the type of what it holds, and gives it back', async () => {
    const world = await sqlite()
    await world.run(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, ${COLUMNS.map(([type], at) => `c${at} ${type}`).join(', ')})`,
    )
    for (const at of [0, 1])
      await world.run(`INSERT INTO t VALUES (${at + 1}, ${COLUMNS.map(([, values]) => values[at]).join(', ')})`)
    const opened = await open(world)
    const types = opened.types()
    expect(COLUMNS.map(([type, values], at) => [type, values, types[`c${at}`]])).toEqual(
      COLUMNS.map(([type, values, expected]) => [type, values, expected]),
    )
    const rows = await opened.read()
    for (const [at, [type, values, , expected]] of COLUMNS.entries()) {
      for (const row of [0, 1])
        if (expected[row] !== undefined)
          expect.soft(rows[row]![`c${at}`], `${type} ${values[row]}`).toEqual(expected[row])
    }
    expect(JSON.stringify(rows[0]!['c14'])).toBe('{"a":12345678901234567890}')
    expect(rows.every((row) => opened.table().row.safeParse(row).success)).toBe(true)
  })

  it('refuses what it cannot hold instead of changing it', async () => {
    const world = await sqlite()
    await world.run('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER)')
    await world.run(
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT i, i, i FROM n',
    )
    // In the middle of a large table, where nobody looked.
    await world.run(`UPDATE t SET a = x'ff', b = 'abc' WHERE id = 10000`)
    const opened = await open(world)
    expect(opened.types()).toEqual({ id: 'integer', a: 'text', b: 'integer' })
    const bad = (await opened.read()).filter((row) => !opened.table().row.safeParse(row).success)
    expect(bad).toEqual([{ id: 10_000, a: new Uint8Array([255]), b: 'abc' }])
  })

  it('has a key only where the database keeps it', async () => {
    const world = await sqlite()
    await world.run(`CREATE TABLE a (id TEXT PRIMARY KEY); CREATE TABLE b (id TEXT PRIMARY KEY) WITHOUT ROWID;
      CREATE TABLE c (x INT, y INT NOT NULL UNIQUE); CREATE TABLE d (x INT, UNIQUE (x)); CREATE TABLE e (id INTEGER PRIMARY KEY, rowid TEXT)`)
    await world.run(
      `INSERT INTO a VALUES (NULL), (NULL); INSERT INTO b VALUES ('1'); INSERT INTO c VALUES (1, 2); INSERT INTO e VALUES (1, 'r')`,
    )
    const opened = await open(world)
    expect(opened.tables.map((table) => [table.name, table.primaryKey])).toEqual([
      ['a', []],
      ['b', ['id']],
      ['c', ['y']],
      ['d', []],
      ['e', ['id']],
    ])
    expect(await opened.read('a')).toEqual([{ id: null }, { id: null }])
    expect(await opened.read('e')).toEqual([{ id: 1, rowid: 'r' }])
  })
})
