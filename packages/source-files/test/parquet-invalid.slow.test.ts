import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SchemaElement } from '../src/parquet-element.ts'
import { Thrift } from '../src/thrift.ts'
import { errorOf, Folder, judged, type Opened, open } from './harness.ts'
import { rewritten, written } from './parquet-files.ts'

const PLAIN = ', COMPRESSION uncompressed'
const LOGICAL = 10

/** A file whose bytes are others in one place: wherever some stand, or where they stand first. */
async function patched(select: string, ...changes: readonly (readonly [from: Buffer, to: Buffer])[]): Promise<Opened> {
  const folder = new Folder()
  const bytes = readFileSync(await written(folder, 'a.parquet', select, PLAIN))
  for (const [from, to] of changes) {
    expect(bytes.includes(from)).toBe(true)
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) to.copy(bytes, at)
  }
  return await open({ t: { path: folder.write('b.parquet', bytes) } })
}

async function withSchema(
  select: string,
  change: (element: SchemaElement) => SchemaElement['fields'],
): Promise<Opened> {
  const folder = new Folder()
  const bytes = await rewritten(await written(folder, 'a.parquet', select, PLAIN), change)
  return await open({ t: { path: folder.write('b.parquet', bytes) } })
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}

describe('a VARIANT in parts', () => {
  /** The logical type VARIANT, with the version of its specification. */
  const VARIANT = { id: LOGICAL, type: Thrift.struct, value: hex('0c20 130100 00') }
  const METADATA = String.raw`'\x11\x02\x00\x01\x02ab'::BLOB`
  const SHORT_TEXT = String.raw`'\x05x'::BLOB`
  const object = (id: number): string => String.raw`'\x02\x01\x0${id}\x00\x02\x05x'::BLOB`
  const NONE = 'NULL::BLOB'

  /** A column `v` of a struct that says to be a VARIANT, and more columns. */
  const variant = (value: string, typed: string, around = (struct: string): string => struct): Promise<Opened> =>
    withSchema(
      `SELECT 1 AS id, ${around(`{'metadata': ${METADATA}, 'value': ${value}, 'typed_value': ${typed}}`)} AS v`,
      ({ name, fields, children }) => (children === 3 && name !== 'duckdb_schema' ? [...fields, VARIANT] : fields),
    )
  const field = (value: string, typed: string): string => `{'value': ${value}, 'typed_value': ${typed}}`

  it.each([
    ['in one', NONE, '7', 7],
    ['in the other', SHORT_TEXT, 'NULL::INTEGER', 'x'],
    ['an array of both', NONE, `[${field(SHORT_TEXT, 'NULL::INTEGER')}, ${field(NONE, '7')}]`, ['x', 7]],
    ['an object of both', object(1), `{'a': ${field(NONE, '7')}}`, { a: 7, b: 'x' }],
  ])('is read: %s', async (_, value, typed, means) => {
    const source = await variant(value, typed)
    expect(source.types()).toEqual({ id: 'integer', v: 'json' })
    expect(await source.read()).toEqual([{ id: 1, v: means }])
  })

  it.each<[string, string, string, ((struct: string) => string)?]>([
    ['a value twice', SHORT_TEXT, '7'],
    ['an element twice', NONE, `[${field(NONE, '7')}, ${field(SHORT_TEXT, '7')}]`],
    ['an array beside a text', SHORT_TEXT, `[${field(NONE, '7')}]`],
    ['a field twice', object(0), `{'a': ${field(NONE, '7')}}`],
    ['a field that its own part leaves out', object(0), `{'a': ${field(NONE, 'NULL::INTEGER')}}`],
    ['a field of a field twice', NONE, `{'a': ${field(object(1), `{'b': ${field(NONE, '7')}}`)}}`],
    ['one in a list', SHORT_TEXT, '7', (struct) => `[${struct}]`],
    ['one in a map', SHORT_TEXT, '7', (struct) => `MAP {'k': ${struct}}`],
  ])('makes a reject of its row with %s', async (_, value, typed, around) => {
    const source = await variant(value, typed, around)
    const { good, bad } = judged(source, await source.read())
    expect(good).toEqual([])
    expect(bad).toMatchObject([{ id: 1, v: { problem: expect.stringMatching(/one value in a VARIANT, got two/) } }])
  })

  it('is refused with other parts than it may have', async () => {
    const other = ({ name, fields, children }: SchemaElement) =>
      children === 3 && name === 'v' ? [...fields, VARIANT] : fields
    const source = await withSchema(`SELECT {'metadata': ${METADATA}, 'value': ${SHORT_TEXT}, 'more': 1} AS v`, other)
    expect((await errorOf(source.read())).message).toMatch(
      /column "v" that is a VARIANT with fields other than "metadata"/,
    )
  })

  it.each([
    ['a text beyond its end', String.raw`'\x15x'::BLOB`],
    ['a name that it does not have', object(9)],
    ['an unknown type', String.raw`'\xFC'::BLOB`],
    ['no bytes', "''::BLOB"],
    ['a text that is no UTF-8', String.raw`'\x05\xFF'::BLOB`],
    ['more values than there are bytes', String.raw`'\x13\xFF\xFF\xFF\x7F'::BLOB`],
  ])('makes a reject of its row with %s', async (_, value) => {
    const source = await variant(value, 'NULL::INTEGER')
    const { good, bad } = judged(source, await source.read())
    expect([good, bad.map((row) => row['id'])]).toEqual([[], [1]])
  })

  it('is refused with bytes of one length that are no UUID', async () => {
    const source = await withSchema(
      `SELECT {'metadata': ${METADATA}, 'value': ${NONE}, 'typed_value': 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID} AS v`,
      ({ name, fields }) =>
        name === 'v'
          ? [...fields, VARIANT]
          : name === 'typed_value'
            ? fields.filter(({ id }) => id !== LOGICAL)
            : fields,
    )
    expect((await errorOf(source.read())).message).toMatch(/column "v" that is a VARIANT with fixed-length bytes/)
  })

  it('is no struct whose fields are called so', async () => {
    const select = `SELECT {'value': 1, 'typed_value': 2} AS s, 7::VARIANT AS v`
    const folder = new Folder()
    const source = await open({ t: { path: await written(folder, 'a.parquet', select) } })
    expect(await source.read()).toEqual([{ s: { value: 1, typed_value: 2 }, v: 7 }])
    const both = await variant(
      NONE,
      '7',
      (struct) => `{'s': {'value': ${SHORT_TEXT}, 'typed_value': 2}, 'x': ${struct}}`,
    )
    expect(await both.read()).toEqual([{ id: 1, v: { s: { value: String.raw`\x05x`, typed_value: 2 }, x: 7 } }])
  })
})

describe('lists', () => {
  it('are refused where a value is in no row', async () => {
    const select = 'SELECT * FROM (VALUES ([1]), ([2, 3])) t(l)'
    // The levels are bits, after their length and number: a list begins at 0.
    const source = await patched(select, [hex('21000000 41 04'), hex('21000000 41 01')])
    expect((await errorOf(source.read())).message).toMatch(/declares 3 values in column "l", but 2/)
  })

  it('of every kind are read: their values are as many as the file says', async () => {
    const rows = [
      `[1, 2, NULL], [[1], [], NULL, [2, 3]], [{'a': 1, 'b': [1, 2]}, NULL, {'a': 2, 'b': []}], MAP {'k': [1, 2], 'l': NULL}, {'x y': [{'A': [[1], []]}], 'n': 1}`,
      '[], [], [], MAP {}, NULL',
      'NULL, NULL, NULL, NULL, NULL',
      `[7], [[7]], [{'a': 3, 'b': NULL}], MAP {'m': []}, {'x y': NULL, 'n': 2}`,
    ]
    const folder = new Folder()
    const select = `SELECT * FROM (VALUES ${rows.map((row) => `(${row})`).join(', ')}) t(l, ll, ls, m, s)`
    const source = await open({ t: { path: await written(folder, 'a.parquet', select) } })
    const read = await source.read()
    expect(read[0]).toEqual({
      l: [1, 2, null],
      ll: [[1], [], null, [2, 3]],
      ls: [{ a: 1, b: [1, 2] }, null, { a: 2, b: [] }],
      m: { k: [1, 2], l: null },
      s: { 'x y': [{ A: [[1], []] }], n: 1 },
    })
    expect(read).toHaveLength(4)
  })
})

it('a column is refused that has fewer values than there are rows', async () => {
  // In the footer: how the column is compressed, and how many values it has.
  const source = await patched('SELECT range AS i FROM range(10)', [hex('15 00 16 14'), hex('15 00 16 00')])
  expect((await errorOf(source.read())).message).toMatch(/declares 0 values, but its row group has 10 rows/)
})

it('a column is refused whose pages have more values than it says', async () => {
  // Of the header of a page: its kind, and how many values it has.
  const source = await patched('SELECT range AS i FROM range(10)', [hex('2c 15 14'), hex('2c 15 2a')])
  expect((await errorOf(source.read())).message).toMatch(/has 10 values according to its metadata, but 21 in its pages/)
})

describe('times of day that no day has', () => {
  const inUtc = "SELECT TIMETZ '00:00:01+00' AS t UNION ALL SELECT TIMETZ '23:59:59.5+00' UNION ALL SELECT NULL"

  it('make rejects of their rows in UTC: before it', async () => {
    const source = await patched(inUtc, [int64(1_000_000n), int64(-5_000_000n)])
    expect(source.types()).toEqual({ t: 'text' })
    const { good, bad } = judged(source, await source.read())
    expect(good).toEqual([{ t: '23:59:59.5+00' }, { t: null }])
    expect(bad).toHaveLength(1)
  })

  it('are texts in UTC as they are written: behind it', async () => {
    const source = await patched(inUtc, [int64(1_000_000n), int64(200_000_000_000n)])
    expect(await source.read()).toEqual([{ t: '55:33:20+00' }, { t: '23:59:59.5+00' }, { t: null }])
  })

  it('keep their nanoseconds in UTC', async () => {
    // The logical type TIME, in UTC and in nanoseconds.
    const value = hex('7c 11 1c 3c 00 00 00 00')
    const source = await withSchema("SELECT '00:00:01.123456789'::TIME_NS AS t", ({ name, fields }) =>
      name === 't' ? fields.map((field) => (field.id === LOGICAL ? { ...field, value } : field)) : fields,
    )
    expect(await source.read()).toEqual([{ t: '00:00:01.123456789+00' }])
  })

  it.each([
    [-5_000_000n, [], 1],
    [86_400_000_001n, [{ t: ['24:00:00.000001'] }], 0],
  ])('are the same inside of a list: %s', async (micros, good, rejected) => {
    const source = await patched("SELECT [TIME '00:00:01'] AS t", [int64(1_000_000n), int64(micros)])
    const found = judged(source, await source.read())
    expect([found.good, found.bad.length]).toEqual([good, rejected])
  })

  it('make rejects of their rows without a zone', async () => {
    const select = "SELECT TIME '00:00:01' AS t UNION ALL SELECT TIME '24:00:00' UNION ALL SELECT NULL"
    const source = await patched(select, [int64(1_000_000n), int64(-5_000_000n)])
    const { good, bad } = judged(source, await source.read())
    expect(good).toEqual([{ t: '24:00:00' }, { t: null }])
    expect(bad).toEqual([{ t: expect.objectContaining({ problem: 'expected a time of day, got one before 00:00' }) }])
  })
})

describe('a decimal without bytes', () => {
  const number = (id: number, value: number) => ({ id, type: 5, value: Buffer.from([value * 2]) })
  const DECIMAL = [number(6, 5), number(7, 2), number(8, 4)]
  const select = String.raw`SELECT * FROM (VALUES (1, '\x64'::BLOB), (2, ''::BLOB), (3, NULL), (4, '\xFF\x9C'::BLOB)) t(id, d)`
  const ofDecimals = ({ name, fields }: SchemaElement) => (name === 'd' ? [...fields, ...DECIMAL] : fields)

  it('makes a reject of its row', async () => {
    const source = await withSchema(select, ofDecimals)
    expect(source.types()).toEqual({ id: 'integer', d: 'numeric' })
    const { good, bad } = judged(source, await source.read())
    expect(good).toEqual([
      { id: 1, d: '1.00' },
      { id: 3, d: null },
      { id: 4, d: '-1.00' },
    ])
    expect(bad.map((row) => row['id'])).toEqual([2])
  })

  it.each(['text', 'json', 'double'])('is no value of another type either: %s', async (type) => {
    const folder = new Folder()
    const bytes = await rewritten(await written(folder, 'a.parquet', select, PLAIN), ofDecimals)
    const source = await open({ t: { path: folder.write('b.parquet', bytes), columns: { d: type } } })
    expect(judged(source, await source.read()).bad.map((row) => row['id'])).toEqual([2])
  })
})
