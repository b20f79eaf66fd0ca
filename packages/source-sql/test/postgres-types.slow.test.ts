import { describe, expect, it } from 'vitest'
import { open, postgres } from './harness.ts'

/** Each type: how it is declared, values as SQL, the column type, and what must come out. */
const TYPES: readonly (readonly [string, string, string, unknown])[] = [
  ['smallint', '-32768', 'integer', -32768],
  ['integer', '2147483647', 'integer', 2147483647],
  ['bigint', '9007199254740991', 'integer', 9007199254740991],
  ['bigint', '-9223372036854775808', 'integer', -9223372036854775808n],
  ['bigint', '9223372036854775807', 'integer', 9223372036854775807n],
  ['oid', '4294967295', 'integer', 4294967295],
  ['real', '1.1', 'double', 1.1],
  ['real', "'NaN'", 'double', Number.NaN],
  ['double precision', '0.1', 'double', 0.1],
  ['double precision', '5e-324', 'double', 5e-324],
  ['double precision', "'-Infinity'", 'double', Number.NEGATIVE_INFINITY],
  ['numeric', '12345678901234567890.1234567890', 'numeric', '12345678901234567890.1234567890'],
  ['numeric(20,4)', '-1.5', 'numeric', '-1.5000'],
  ['money', "'-12345.67'", 'numeric', '-12345.67'],
  ['boolean', 'true', 'boolean', true],
  ['boolean', 'false', 'boolean', false],
  ['text', "E'tab\\t ü 😀'", 'text', 'tab\t ü 😀'],
  ['text', "''", 'text', ''],
  ['text', "repeat('ä', 100)", 'text', 'ä'.repeat(100)],
  ['varchar(10)', "'00123'", 'text', '00123'],
  ['char(5)', "'ab'", 'text', 'ab   '],
  ['name', "'n'", 'text', 'n'],
  ['bytea', "'\\x00ff10'", 'bytes', Buffer.from([0, 255, 16])],
  ['bytea', "''", 'bytes', Buffer.alloc(0)],
  ['date', "'2024-02-29'", 'date', '2024-02-29'],
  ['date', "'infinity'", 'date', 'infinity'],
  ['timestamptz', "'2024-01-31 12:00:00.123456+05:30'", 'timestamp', '2024-01-31T06:30:00.123456Z'],
  ['timestamptz', "'0001-01-01 00:00:00+00'", 'timestamp', '0001-01-01T00:00:00Z'],
  ['timestamptz', "'-infinity'", 'timestamp', '-infinity'],
  ['timestamp', "'2024-03-31 02:30:00.000001'", 'local_timestamp', '2024-03-31T02:30:00.000001'],
  ['time', "'23:59:59.999999'", 'text', '23:59:59.999999'],
  ['timetz', "'23:59:59+02'", 'text', '23:59:59+02'],
  ['interval', "'1 year 2 mons 3 days 04:05:06.789'", 'text', 'P1Y2M3DT4H5M6.789S'],
  ['uuid', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", 'text', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['bit(4)', "B'0101'", 'text', '0101'],
  ['varbit', "B'1'", 'text', '1'],
  ['inet', "'10.0.0.1/8'", 'text', '10.0.0.1/8'],
  ['cidr', "'10.0.0.0/8'", 'text', '10.0.0.0/8'],
  ['macaddr', "'08:00:2b:01:02:03'", 'text', '08:00:2b:01:02:03'],
  ['xml', "'<a>1</a>'", 'text', '<a>1</a>'],
  ['point', "'(1.5,2)'", 'text', '(1.5,2)'],
  ['int4range', "'[1,10)'", 'text', '[1,10)'],
  ['int4multirange', "'{[1,3),[5,7)}'", 'text', '{[1,3),[5,7)}'],
  ['tsvector', "'a fat cat'", 'text', "'a' 'cat' 'fat'"],
  ['pg_lsn', "'16/B374D848'", 'text', '16/B374D848'],
  ['mood', "'ok'", 'text', 'ok'],
  ['positive', '7', 'integer', 7],
  ['json', `'{"b": 1, "a": [null, 1.5]}'`, 'json', { b: 1, a: [null, 1.5] }],
  ['jsonb', "'[]'", 'json', []],
  ['jsonb', `'"text"'`, 'json', 'text'],
  ['int[]', "'{1,NULL,3}'", 'json', [1, null, 3]],
  [
    'int[]',
    "'{{1,2},{3,4}}'",
    'json',
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ['text[]', `'{"a b","c,d",NULL,"NULL",""}'`, 'json', ['a b', 'c,d', null, 'NULL', '']],
  ['mood[]', "'{ok,sad}'", 'json', ['ok', 'sad']],
  ['timestamptz[]', "'{2024-01-31 12:00:00.123456+00}'", 'json', ['2024-01-31T12:00:00.123456+00:00']],
  ['pair', "'(1,x)'", 'json', { a: 1, b: 'x' }],
]

describe('a column of Postgres', () => {
  it('comes as it is, whatever its type', async () => {
    const world = await postgres()
    await world.run(`CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
      CREATE TYPE pair AS (a int, b text)`)
    const columns = TYPES.map(([type], at) => `c${at} ${type}`)
    await world.run(`CREATE TABLE t (id int PRIMARY KEY, ${columns.join(', ')})`)
    await world.run(`INSERT INTO t VALUES (1, ${TYPES.map(([type, value]) => `CAST(${value} AS ${type})`).join(', ')})`)
    await world.run('INSERT INTO t (id) VALUES (2)')
    const opened = await open(world)
    const types = opened.types()
    expect(TYPES.map(([type, value], at) => [type, value, types[`c${at}`]])).toEqual(
      TYPES.map(([type, value, expected]) => [type, value, expected]),
    )
    const rows = await opened.read()
    const full = rows.find((row) => row['id'] === 1)!
    for (const [at, [type, value, , expected]] of TYPES.entries())
      expect.soft(full[`c${at}`], `${type} ${value}`).toEqual(expected)
    const empty = rows.find((row) => row['id'] === 2)!
    expect(Object.values(empty).filter((value) => value !== null)).toEqual([2])
  })

  it('keeps every digit of numbers in JSON and arrays', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE t (a jsonb, b numeric[], c int8[])`)
    await world.run(`INSERT INTO t VALUES ('{"n": 12345678901234567890.12345678901234567890, "e": 1e400}',
      '{0.1234567890123456789, 1.10}', '{9223372036854775807}')`)
    const [row] = await (await open(world)).read()
    expect(JSON.stringify(row!['a'])).toContain('12345678901234567890.1234567890123456789')
    expect(JSON.stringify(row!['b'])).toBe('[0.1234567890123456789,1.10]')
    expect(JSON.stringify(row!['c'])).toBe('[9223372036854775807]')
  })

  it('is the same with any settings of the role', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE t (a timestamptz, b timestamp, c interval, d bytea, e float8, f date);
      INSERT INTO t VALUES ('2024-01-31 12:00:00+00', '2024-01-31 12:00:00', '1 day', '\\x00', 0.1::float8 + 0.2::float8, '2024-01-31')`)
    const name = new URL(world.url).pathname.slice(1)
    await world.run(`ALTER DATABASE ${name} SET timezone = 'Asia/Kathmandu'; ALTER DATABASE ${name} SET datestyle = 'German';
      ALTER DATABASE ${name} SET intervalstyle = 'sql_standard'; ALTER DATABASE ${name} SET bytea_output = 'escape';
      ALTER DATABASE ${name} SET extra_float_digits = -5; ALTER DATABASE ${name} SET search_path = nowhere`)
    expect(await (await open(world)).read()).toEqual([
      {
        a: '2024-01-31T12:00:00Z',
        b: '2024-01-31T12:00:00',
        c: 'P1D',
        d: Buffer.from([0]),
        e: 0.30000000000000004,
        f: '2024-01-31',
      },
    ])
  })

  it('is a text where the user says so, and is left out where the user says so', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE t (a timestamptz, b int[], c text, d text, e text)`)
    await world.run(`INSERT INTO t VALUES ('infinity', '{1,2}', 'secret', '{"x": 1}', '12')`)
    const columns = { a: 'text', b: 'text', c: false, d: 'json', e: 'integer' }
    const opened = await open(world, { tables: { t: { columns } } })
    expect(opened.types()).toEqual({ a: 'text', b: 'text', d: 'json', e: 'integer' })
    expect(await opened.read()).toEqual([{ a: 'infinity', b: '{1,2}', d: { x: 1 }, e: 12 }])
  })

  it('may be called anything', async () => {
    const world = await postgres()
    const names = ['a"b', "x'y", '__proto__', 'constructor', 'a.b', 'price as eur', '', 'ünï', '$1', '?'].filter(
      (n) => n !== '',
    )
    const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`)
    await world.run(`CREATE SCHEMA "we ird.one"`)
    await world.run(`CREATE TABLE "we ird.one"."ta""ble" (${quoted.map((name) => `${name} int`).join(', ')})`)
    await world.run(`INSERT INTO "we ird.one"."ta""ble" VALUES (${names.map((_, at) => at).join(', ')})`)
    const opened = await open(world)
    expect(opened.tables.map((table) => table.name)).toEqual(['we ird.one.ta"ble'])
    const [row] = await opened.read()
    expect(names.map((name) => Object.entries(row!).find(([key]) => key === name)?.[1])).toEqual(
      names.map((_, at) => at),
    )
  })
})
