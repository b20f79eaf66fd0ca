import { describe, expect, it } from 'vitest'
import type { SchemaElement } from '../src/parquet-element.ts'
import { Thrift, writeStruct } from '../src/thrift.ts'
import { Folder, judged, open } from './harness.ts'
import { rewritten, written } from './parquet-files.ts'

// What DuckDB reads as another value, or not at all: in a column, and inside of what has parts.

type Fields = SchemaElement['fields']

const NONE = writeStruct([])
const integer = (id: number, value: number): Fields[number] => ({
  id,
  type: Thrift.i32,
  value: Buffer.from([value * 2]),
})
const converted = (value: number): Fields => [integer(6, value)]
const logical = (id: number, of = NONE): Fields => [
  { id: 10, type: Thrift.struct, value: writeStruct([{ id, type: Thrift.struct, value: of }]) },
]
const time = (id: number, isZoned: boolean, unit: number): Fields =>
  logical(
    id,
    writeStruct([
      { id: 1, type: isZoned ? Thrift.true : Thrift.false, value: Buffer.alloc(0) },
      { id: 2, type: Thrift.struct, value: writeStruct([{ id: unit, type: Thrift.struct, value: NONE }]) },
    ]),
  )
const decimal = (scale: number, precision: number): Fields => [integer(6, 5), integer(7, scale), integer(8, precision)]
const whole = (bits: number, isSigned: boolean): Fields =>
  logical(
    10,
    writeStruct([
      { id: 1, type: Thrift.byte, value: Buffer.from([bits]) },
      { id: 2, type: isSigned ? Thrift.true : Thrift.false, value: Buffer.alloc(0) },
    ]),
  )
const MEANING: readonly number[] = [6, 7, 8, 10]

interface Case {
  readonly name: string
  /** What the file says of its values. */
  readonly says: Fields
  /** What is stored, as DuckDB's SQL. */
  readonly stored: readonly string[]
  /** What is meant; absent where nothing can be. */
  readonly meant: readonly (string | number | undefined)[]
  /** The same in JSON, where it is another text there. */
  readonly inJson?: readonly (string | undefined)[]
  /** Whether texts of it are numbers in JSON. */
  readonly isNumber?: true
}

const NEGATIVE = '-1::BIGINT'
const cases: readonly Case[] = [
  {
    name: 'nanoseconds in UTC, rounded down also before 1970',
    says: time(8, true, 3),
    stored: ['1001::BIGINT', NEGATIVE, '-1000::BIGINT', '-1001::BIGINT', '9223372036854775807::BIGINT'],
    meant: [
      '1970-01-01T00:00:00.000001Z',
      '1969-12-31T23:59:59.999999Z',
      '1969-12-31T23:59:59.999999Z',
      '1969-12-31T23:59:59.999998Z',
      '2262-04-11T23:47:16.854775Z',
    ],
    inJson: [
      '1970-01-01 00:00:00.000001+00',
      '1969-12-31 23:59:59.999999+00',
      '1969-12-31 23:59:59.999999+00',
      '1969-12-31 23:59:59.999998+00',
      '2262-04-11 23:47:16.854775+00',
    ],
  },
  ...[
    { name: 'milliseconds of a day', says: time(7, false, 1), type: 'INTEGER', second: 1000n, zone: '' },
    { name: 'microseconds of a day', says: time(7, false, 2), type: 'BIGINT', second: 1_000_000n, zone: '' },
    { name: 'nanoseconds of a day', says: time(7, false, 3), type: 'BIGINT', second: 1_000_000_000n, zone: '' },
    { name: 'milliseconds of a day in UTC', says: time(7, true, 1), type: 'INTEGER', second: 1000n, zone: '+00' },
    { name: 'microseconds of a day in UTC', says: time(7, true, 2), type: 'BIGINT', second: 1_000_000n, zone: '+00' },
    {
      name: 'nanoseconds of a day in UTC',
      says: time(7, true, 3),
      type: 'BIGINT',
      second: 1_000_000_000n,
      zone: '+00',
    },
    { name: 'milliseconds of the old kind', says: converted(7), type: 'INTEGER', second: 1000n, zone: '' },
    { name: 'microseconds of the old kind', says: converted(8), type: 'BIGINT', second: 1_000_000n, zone: '' },
  ].map(({ name, says, type, second, zone }) => ({
    name,
    says,
    stored: [-5n * second, 3_723n * second + second / 8n, 86_400n * second, 360_001n * second].map(
      (count) => `(${count})::${type}`,
    ),
    meant: [undefined, `01:02:03.125${zone}`, `24:00:00${zone}`, `100:00:01${zone}`],
  })),
  {
    name: 'integers of 8 bits',
    says: converted(15),
    stored: ['300', '-129', '-128', '127'],
    meant: [undefined, undefined, -128, 127],
  },
  { name: 'integers of 16 bits', says: converted(16), stored: ['70000', '-32768'], meant: [undefined, -32_768] },
  { name: 'unsigned of 8 bits', says: converted(11), stored: ['256', '-1', '255'], meant: [undefined, undefined, 255] },
  { name: 'unsigned of 16 bits', says: converted(12), stored: ['65536', '65535'], meant: [undefined, 65_535] },
  {
    name: 'unsigned of 32 bits, said in the new way alone',
    says: whole(32, false),
    stored: ['-1'],
    meant: [4_294_967_295],
  },
  {
    name: 'unsigned of 64 bits, said in the new way alone',
    says: whole(64, false),
    stored: [NEGATIVE],
    meant: ['18446744073709551615'],
    isNumber: true,
  },
  { name: 'days, said in the new way alone', says: logical(6), stored: ['1'], meant: ['1970-01-02'] },
  {
    name: 'texts, said in the new way alone',
    says: logical(1),
    stored: [String.raw`'Zo\xC3\xAB'::BLOB`],
    meant: ['Zoë'],
  },
  {
    name: 'decimals, said in the new way alone',
    says: logical(5, writeStruct([integer(1, 2), integer(2, 5)])),
    stored: ['123', '-5'],
    meant: ['1.23', '-0.05'],
    isNumber: true,
  },
  {
    name: 'decimals of bytes',
    says: decimal(2, 20),
    stored: [
      String.raw`'\x22\x5C'::BLOB`,
      "''::BLOB",
      String.raw`'\xFF'::BLOB`,
      String.raw`'\x80${String.raw`\x00`.repeat(18)}'::BLOB`,
    ],
    meant: ['87.96', undefined, '-0.01', '-28544953854119197621165719388989902727654932.48'],
    isNumber: true,
  },
]

/** What values stand in, as SQL and as JSON, and the leaves beside them. */
interface Nest {
  readonly sql: (value: string) => string
  readonly json: (value: string) => string
  readonly others?: readonly string[]
}

const NESTS: Readonly<Record<string, Nest>> = {
  'a list': { sql: (value) => `[NULL, ${value}]`, json: (value) => `[null,${value}]` },
  'a struct in a list': {
    sql: (value) => `[{'c': 5::BIGINT, 'b': ${value}}]`,
    json: (value) => `[{"c":5,"b":${value}}]`,
    others: ['c'],
  },
  'a map': { sql: (value) => `MAP {'k': ${value}}`, json: (value) => `{"k":${value}}`, others: ['key'] },
  'the keys of a map': {
    sql: (value) => `MAP {${value}: 5}`,
    json: (value) => `{"${value.replaceAll('"', '')}":5}`,
    others: ['value'],
  },
}

/** A file of values that say to be something, each in a row, and a row without one. */
async function opened({ says, stored }: Case, { sql, others = [] }: Pick<Nest, 'sql' | 'others'>) {
  const folder = new Folder()
  const rows = stored.map((value, at) => `SELECT ${at} AS id, ${sql(value)} AS v`)
  const file = await written(folder, 'a.parquet', `${rows.join(' UNION ALL ')} UNION ALL SELECT ${rows.length}, NULL`)
  const bytes = await rewritten(file, ({ name, isLeaf, fields }) =>
    isLeaf && ![...others, 'id'].includes(name)
      ? [...fields.filter(({ id }) => !MEANING.includes(id)), ...says]
      : fields,
  )
  return await open({ t: { path: folder.write('b.parquet', bytes) } })
}

describe.each(cases)('$name', (one) => {
  const { stored, meant, inJson = meant, isNumber } = one
  const misfits = meant.flatMap((value, at) => (value === undefined ? [at] : []))
  const fits = meant.flatMap((value, at) => (value === undefined ? [] : [at]))

  it('in a column', async () => {
    const source = await opened(one, { sql: (value) => value })
    const { good, bad } = judged(source, await source.read())
    expect(good).toEqual([...fits.map((id) => ({ id, v: meant[id] })), { id: stored.length, v: null }])
    expect(bad.map((row) => row['id'])).toEqual(misfits)
  })

  it.each(Object.entries(NESTS))('in %s', async (_name, nest) => {
    const source = await opened(one, nest)
    expect(source.types()).toMatchObject({ v: 'json' })
    const { good, bad } = judged(source, await source.read())
    const json = (value: unknown): string => (isNumber ? String(value) : JSON.stringify(value))
    expect(good.map((row) => JSON.stringify(row['v']))).toEqual([
      ...fits.map((at) => nest.json(json(inJson[at]))),
      'null',
    ])
    expect(bad.map((row) => row['id'])).toEqual(misfits)
  })
})

it('decimals of more digits than their column says', async () => {
  const folder = new Folder()
  const file = await written(folder, 'a.parquet', 'SELECT 400.00::DECIMAL(38,2) AS d, [-400.00::DECIMAL(38,2)] AS l')
  // DuckDB keeps four digits in 16 bits.
  const bytes = await rewritten(file, ({ decimal: of, fields }) =>
    of === undefined ? fields : [...fields.filter(({ id }) => !MEANING.includes(id)), ...decimal(2, 4)],
  )
  const source = await open({ t: { path: folder.write('b.parquet', bytes) } })
  expect(await source.read()).toEqual([{ d: '400.00', l: [-400] }])
})

it('two columns of one name, beside one of the name that a reader would give', async () => {
  const folder = new Folder()
  const file = await written(folder, 'a.parquet', 'SELECT 1 AS "column", 4 AS column_1, 7 AS "columm"')
  const renamed = ({ fields }: SchemaElement): Fields =>
    fields.map((field) => (field.value.includes('columm') ? { ...field, value: Buffer.from('\x06column') } : field))
  const source = await open({ t: { path: folder.write('b.parquet', await rewritten(file, renamed)) } })
  expect(await source.read()).toEqual([{ column: 1, column_1: 4, column_2: 7 }])
})
