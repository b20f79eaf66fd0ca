import { describe, expect, it } from 'vitest'
import { type LogWorld, logServer, VERSIONS } from './log-world.ts'
import { target } from './target.ts'

const MADE_TYPES = `CREATE TYPE mood AS ENUM ('sad', 'it''s', 'ok'); CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN tags AS text[];
  CREATE TYPE pair AS (x int, y text); CREATE TYPE nested AS (p pair, q numeric[]); CREATE TYPE span AS RANGE (subtype = float8)`

/** Types, and values of each as SQL. */
const TYPES: readonly (readonly [type: string, ...values: string[]])[] = [
  ['int2', '-32768', '32767'],
  ['int4', '-2147483648', '0'],
  ['int8', '9223372036854775807', '-9223372036854775808', '9007199254740993'],
  ['oid', '4294967295', '0'],
  ['float4', '1.1', "'NaN'", "'-Infinity'", "'-0'", '1e-45'],
  ['float8', '0.1', '5e-324', "'Infinity'", "'NaN'", '1e308'],
  ['numeric', "'NaN'", "'Infinity'", "'-Infinity'", '12345678901234567890.1234567890', '1e-30', '1e40'],
  ['numeric(20, 4)', '-1.5', '0'],
  ['money', "'-12345.67'", "'0'"],
  ['bool', 'true', 'false'],
  ['text', "''", "E'tab\\t \\\\ \\n ü 😀'", "'NULL'", "'\\x00'"],
  ['varchar(10)', "'00123'", "' a '"],
  ['char(5)', "'ab'", "''"],
  ['"char"', "'a'", "''"],
  ['name', "'n'"],
  ['bytea', "'\\x00ff10'", "''", "'\\x5c78'"],
  ['date', "'2024-02-29'", "'infinity'", "'-infinity'", "'0044-03-15 BC'", "'9999-12-31'", "'10000-01-01'"],
  ['timestamp', "'2024-03-31 02:30:00.000001'", "'0044-03-15 12:00:00 BC'", "'infinity'", "'20000-01-01'"],
  [
    'timestamptz',
    "'2024-01-31 12:00:00.123456+05:30'",
    "'0001-01-01 00:00:00+00'",
    "'0044-03-15 12:00:00+00 BC'",
    "'-infinity'",
    "'20000-01-01 00:00+00'",
  ],
  ['timestamptz(0)', "'2024-01-31 12:00:00.6+00'"],
  ['time', "'23:59:59.999999'", "'24:00:00'"],
  ['timetz', "'23:59:59+02'", "'00:00:00.5-15:59'"],
  ['interval', "'1 year 2 mons -3 days 04:05:06.789'", "'-00:00:00.000001'", "'0'", "'178000000 years'"],
  ['uuid', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"],
  ['bit(4)', "B'0101'"],
  ['varbit', "B''", "B'1'"],
  ['inet', "'10.0.0.1/8'", "'::1'"],
  ['cidr', "'10.0.0.0/8'"],
  ['macaddr', "'08:00:2b:01:02:03'"],
  ['macaddr8', "'08:00:2b:01:02:03:04:05'"],
  ['xml', "'<a>1</a>'"],
  ['point', "'(1.5,-0)'"],
  ['box', "'(1,2),(3,4)'"],
  ['polygon', "'((0,0),(1,1),(2,0))'"],
  ['int4range', "'[1,10)'", "'empty'", "'(,5]'", "'[1,)'"],
  ['tstzrange', "'[2024-01-01 00:00+02,infinity]'", "'(,)'"],
  ['numrange', "'[1.50,NaN)'"],
  ['span', "'[0.1,0.30000000000000004)'"],
  ['int4multirange', "'{[1,3),[5,7)}'", "'{}'"],
  ['tsvector', "'a fat cat'"],
  ['tsquery', "'fat & rat'"],
  ['pg_lsn', "'16/B374D848'"],
  ['regclass', "'pg_class'"],
  ['jsonpath', "'$.a[*]'"],
  ['json', `'{"b": 1, "a": [null, 1.50, 12345678901234567890.5]}'`, "'null'", `' "x" '`],
  ['jsonb', `'{"b": 1, "a": [null, 1.50, 12345678901234567890.5]}'`, "'null'", `'"x"'`, "'1e400'"],
  ['int[]', "'{1,NULL,3}'", "'{}'", "'{{1,2},{3,4}}'", "'[0:1]={1,2}'"],
  ['text[]', `'{"a b","c,d",NULL,"NULL","","\\\\"}'`],
  ['numeric[]', "'{0.1234567890123456789,1.10,NaN}'"],
  ['timestamptz[]', `'{"2024-01-31 12:00:00.123456+00","infinity"}'`],
  ['bytea[]', `'{"\\\\x00ff"}'`],
  ['interval[]', `'{"1 day"}'`],
  ['mood', "'ok'", "'it''s'"],
  ['mood[]', `'{ok,sad}'`],
  ['positive', '7'],
  ['tags', "'{a,NULL}'"],
  ['pair', `'(1,"a ""b"" ,c")'`, "'(,)'"],
  ['pair[]', `'{"(1,x)",NULL}'`],
  ['nested', `ROW(ROW(1, 'x'), ARRAY[1.10, NULL])`],
]

/** Types whose values can be keys here, and those of their values that columns of a destination hold. */
const KEYS = TYPES.filter(([type]) => !/json|xml|point|box|polygon|tags|tsquery|\[\]|nested|pair/.test(type))
  .map(([type, ...values]) => [type, ...values.filter((value) => !/NaN|infinity|BC|'[12]0000-/i.test(value))] as const)
  .filter((one) => one.length > 1)

const CREATE = TYPES.map(([type], at) => `CREATE TABLE t${at} (id int PRIMARY KEY, c ${type})`).join(';')
const INSERT = TYPES.flatMap(([type, ...values], at) =>
  [...values.map((value) => `CAST(${value} AS ${type})`), 'NULL'].map(
    (value, n) => `INSERT INTO t${at} VALUES (${n}, ${value})`,
  ),
).join(';')

/** What is there of each type: values as they are stored, and those that do not fit. */
const shown = (world: Pick<LogWorld, 'rows'>): unknown =>
  TYPES.map(([type], at) => [
    type,
    world.rows(
      `SELECT id, typeof(c) kind, CASE typeof(c) WHEN 'blob' THEN hex(c) WHEN 'real' THEN printf('%!.17g', c) ELSE CAST(c AS text) END c
      FROM crm_t${at} WHERE _deleted_at IS NULL ORDER BY id`,
    ),
    world.rows(`SELECT code, message, payload FROM _tidemark_rejects WHERE name = 'crm_t${at}' ORDER BY payload`),
  ])

describe.each(VERSIONS)('values of all types in the log of Postgres %s', (_, major) => {
  const { open } = logServer(major)

  it('are the same as those of a query of the table, as history and as changes', async () => {
    const [history, changes] = [await open(), await open()]
    for (const world of [history, changes]) await world.sql(`${MADE_TYPES}; ${CREATE}`)
    await history.sql(INSERT)
    const query = target({ url: history.url })
    await query.run()
    await history.into.run()
    await changes.well()
    await changes.sql(INSERT)
    await changes.into.run()
    const expected = shown(query)
    expect(shown(history)).toEqual(expected)
    expect(shown(changes)).toEqual(expected)
  })

  it('are keys that changes find', { timeout: 120_000 }, async () => {
    const world = await open()
    await world.sql(MADE_TYPES)
    for (const [at, [type, ...values]] of KEYS.entries()) {
      await world.sql(`CREATE TABLE k${at} (k ${type} PRIMARY KEY, v int)`)
      for (const value of values) await world.sql(`INSERT INTO k${at} VALUES (CAST(${value} AS ${type}), 0)`)
    }
    await world.well()
    // The first value's row is deleted, the others change.
    for (const [at, [type, value]] of KEYS.entries()) {
      await world.sql(`UPDATE k${at} SET v = v + 1`)
      await world.sql(`DELETE FROM k${at} WHERE k = CAST(${value} AS ${type})`)
    }
    await world.well()
    for (const [at, [type, ...values]] of KEYS.entries()) {
      const here = world.live(`k${at}`, 'v')
      expect.soft(here, `keys of ${type}`).toEqual(values.slice(1).map(() => ({ v: 1 })))
    }
  })
})
