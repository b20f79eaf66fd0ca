import { describe, expect, it } from 'vitest'
import { hasMariaDb, mariadb, open } from './harness.ts'

const TYPES: readonly (readonly [string, string, string, unknown])[] = [
  ['tinyint', '-128', 'integer', -128],
  ['tinyint(1)', '2', 'integer', 2],
  ['int unsigned', '4294967295', 'integer', 4294967295],
  ['bigint', '-9223372036854775808', 'integer', -9223372036854775808n],
  ['bigint unsigned', '18446744073709551615', 'numeric', '18446744073709551615'],
  ['year', '2024', 'integer', 2024],
  [
    'decimal(65,30)',
    '12345678901234567890123456789012345.123456789012345678901234567890',
    'numeric',
    '12345678901234567890123456789012345.123456789012345678901234567890',
  ],
  ['float', '1.1', 'double', Math.fround(1.1)],
  ['float', '16777217.5', 'double', Math.fround(16777217.5)],
  ['double', '0.1', 'double', 0.1],
  ['double', '1.7976931348623157e308', 'double', Number.MAX_VALUE],
  ['bit(1)', "b'1'", 'boolean', true],
  ['bit(10)', "b'0000000101'", 'text', '0000000101'],
  ['bit(64)', "b'1111111111111111111111111111111111111111111111111111111111111111'", 'text', '1'.repeat(64)],
  ['date', "'2024-02-29'", 'date', '2024-02-29'],
  ['datetime(6)', "'2024-03-31 02:30:00.000001'", 'local_timestamp', '2024-03-31T02:30:00.000001'],
  ['datetime', "'9999-12-31 23:59:59'", 'local_timestamp', '9999-12-31T23:59:59'],
  // Written in the server's zone, which is five and a half hours ahead.
  ['timestamp(6) null', "'2024-01-31 12:00:00.123456'", 'timestamp', '2024-01-31T06:30:00.123456Z'],
  ['time(3)', "'-838:59:58.999'", 'text', '-838:59:58.999'],
  ['char(5)', "'ab'", 'text', 'ab'],
  ['varchar(20)', "'ü 😀'", 'text', 'ü 😀'],
  ['varchar(20) character set latin1', "'ü'", 'text', 'ü'],
  ['longtext', "repeat('ä', 70000)", 'text', 'ä'.repeat(70_000)],
  ["enum('a','b')", "'b'", 'text', 'b'],
  ["set('a','b','c')", "'a,c'", 'text', 'a,c'],
  ['binary(4)', "x'00ff'", 'bytes', new Uint8Array([0, 255, 0, 0])],
  ['varbinary(10)', "x'00ff'", 'bytes', new Uint8Array([0, 255])],
  ['blob', "''", 'bytes', new Uint8Array()],
  ['json', `'{"n": 12345678901234567890, "a": [1.10, null]}'`, 'json', undefined],
  ['uuid', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", 'text', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['inet6', "'::1'", 'text', '::1'],
  ['point', "st_geomfromtext('POINT(1 2)')", 'bytes', undefined],
]

describe.skipIf(!hasMariaDb)('a column of MariaDB', () => {
  it('comes as it is, whatever its type', async () => {
    const world = await mariadb()
    await world.run(
      `SET sql_mode = ''; CREATE TABLE t (id int PRIMARY KEY, ${TYPES.map(([type], at) => `c${at} ${type}`).join(', ')})`,
    )
    await world.run(`INSERT INTO t VALUES (1, ${TYPES.map(([, value]) => value).join(', ')})`)
    await world.run('INSERT INTO t (id) VALUES (2)')
    const opened = await open(world)
    const types = opened.types()
    expect(TYPES.map(([type], at) => [type, types[`c${at}`]])).toEqual(
      TYPES.map(([type, , expected]) => [type, expected]),
    )
    const rows = await opened.read()
    const full = rows.find((row) => row['id'] === 1)!
    for (const [at, [type, value, , expected]] of TYPES.entries())
      if (expected !== undefined) expect.soft(full[`c${at}`], `${type} ${value}`).toEqual(expected)
    expect(JSON.stringify(full[`c${TYPES.findIndex(([type]) => type === 'json')}`])).toBe(
      '{"n":12345678901234567890,"a":[1.10,null]}',
    )
    // The number of the reference system, then WKB.
    expect(Buffer.from(full[`c${TYPES.length - 1}`] as Uint8Array).toString('hex')).toBe(
      '000000000101000000000000000000f03f0000000000000040',
    )
    const empty = rows.find((row) => row['id'] === 2)!
    expect(Object.values(empty).filter((value) => value !== null)).toEqual([2])
  })

  it('holds zero dates: NULL says so where it can say nothing else, elsewhere the row is refused', async () => {
    const world = await mariadb()
    await world.run(
      `SET sql_mode = ''; CREATE TABLE t (id int PRIMARY KEY, a date NOT NULL, b datetime NOT NULL, c date NULL, d date NULL)`,
    )
    await world.run(
      `INSERT INTO t VALUES (1, '0000-00-00', '0000-00-00 00:00:00', NULL, '2024-01-01'), (2, '2024-01-01', '2024-01-01', '0000-00-00', '2024-00-10')`,
    )
    const read = async (config = {}) => {
      const opened = await open(world, config)
      const rows = await opened.read()
      return rows.map((row) => [row, opened.table().row.safeParse(row).success] as const)
    }
    expect(await read()).toEqual([
      [{ id: 1, a: null, b: null, c: null, d: '2024-01-01' }, true],
      [{ id: 2, a: '2024-01-01', b: '2024-01-01T00:00:00', c: '0000-00-00', d: '2024-00-10' }, false],
    ])
    expect((await read({ zeroDates: 'null', tables: { t: { columns: { d: 'text' } } } }))[1]).toEqual([
      { id: 2, a: '2024-01-01', b: '2024-01-01T00:00:00', c: null, d: '2024-00-10' },
      true,
    ])
  })

  it('that counts by itself is an integer though it is unsigned, and so is what refers to it', async () => {
    const world = await mariadb()
    await world.run(`CREATE TABLE a (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, other bigint unsigned);
      CREATE TABLE b (id int PRIMARY KEY, a bigint unsigned, FOREIGN KEY (a) REFERENCES a (id));
      INSERT INTO a VALUES (1, 18446744073709551615); INSERT INTO b VALUES (1, 1)`)
    const opened = await open(world)
    expect([opened.types('a'), opened.types('b')]).toEqual([
      { id: 'integer', other: 'numeric' },
      { id: 'integer', a: 'integer' },
    ])
    expect(await opened.read('b')).toEqual([{ id: 1, a: 1 }])
  })
})
