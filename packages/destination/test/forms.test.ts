import { DatabaseSync } from 'node:sqlite'
import type { ColumnType } from '@tidemark/core/engine'
import fc from 'fast-check'
import { Kysely, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { Unheld } from '../src/dialects/dialect.ts'
import { BINARY_CODEC } from '../src/dialects/postgres/codec.ts'
import { COPY_FIELDS } from '../src/dialects/postgres/column-types.ts'
import { CopiedRows } from '../src/dialects/postgres/copied-rows.ts'
import { type CopyField, CopyRows } from '../src/dialects/postgres/copy-rows.ts'
import { FOR_SQLITE } from '../src/dialects/postgres/for-sqlite.ts'
import { FROM_SQLITE } from '../src/dialects/postgres/from-sqlite.ts'
import { type RowBlock, RowBlocks } from '../src/dialects/postgres/row-blocks.ts'
import { DECODERS, TYPE_NAMES } from '../src/dialects/sqlite/column-types.ts'
import { dialectOf } from '../src/dialects/sqlite/database.ts'
import { rowTexts } from '../src/dialects/sqlite/row-texts.ts'
import { SqliteSession } from '../src/dialects/sqlite/session.ts'
import { ValueRows } from '../src/dialects/value-rows.ts'
import { TEXT_CODEC } from '../src/values/codec.ts'

// A row that is moved in the form of another database is what a look at each of its values makes of it.

const text = fc.oneof(
  fc.constantFrom(
    '',
    'é',
    'a'.repeat(64),
    'a'.repeat(65),
    `${'a'.repeat(70)}é`,
    '\u{1F30A}',
    '\u007f\u0080',
    '1',
    '\u001f"\\/',
  ),
  fc.string({ unit: 'grapheme', maxLength: 90 }).filter((one) => !one.includes('\0')),
)
const two = (value: number): string => String(value).padStart(2, '0')
const day = fc.oneof(
  fc.constantFrom('0000-01-01', '0000-02-29', '9999-12-31', '2000-02-29', '1999-12-31', '1969-12-31'),
  fc
    .tuple(fc.nat(9999), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map(([year, month, date]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`),
)
const local = fc
  .tuple(day, fc.nat(23), fc.nat(59), fc.nat(59), fc.constantFrom('000000', '999999', '000001', '500000', '123456'))
  .map(([date, hour, minute, second, fraction]) => `${date}T${two(hour)}:${two(minute)}:${two(second)}.${fraction}`)

/** Values in their canonical form. */
const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<unknown>>> = {
  text,
  integer: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -300n, max: 300n })),
  double: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, 12.05, 1e21, 1e-7, 1 / 3, 5),
  ),
  numeric: fc.oneof(
    fc.constantFrom('0', '0.00', '-0.001', '1234567890123456789012345678901234.5600', '10000', '99999999.9999'),
    fc.bigInt().map(String),
  ),
  boolean: fc.boolean(),
  timestamp: local.map((one) => `${one}Z`),
  local_timestamp: local,
  date: day,
  json: fc.oneof(
    fc.constantFrom<unknown>([], {}, null, 'null', 0.1, 1e21, { b: 1, a: [null, ''] }, [9007199254740993n], '\u2028'),
    fc.jsonValue().map((one) => JSON.parse(JSON.stringify(one).replaceAll('\\u0000', ''))),
  ),
  bytes: fc.uint8Array({ maxLength: 40 }),
}
const TYPES = Object.keys(VALUES) as ColumnType[]

/** Columns, and rows of them. */
const tables = fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 8 }).chain((types) => {
  const row = fc.tuple(...types.map((type) => fc.option(VALUES[type], { freq: 5 })))
  return fc.record({
    types: fc.constant(types),
    rows: fc.array(row as fc.Arbitrary<unknown[]>, { minLength: 1, maxLength: 12 }),
  })
})

const held = (codec: typeof TEXT_CODEC, types: readonly ColumnType[], rows: readonly unknown[][]) =>
  rows.map((row) => row.map((value, at) => (value === null ? null : codec.stored[types[at]!](value))))

/** Numbers as SQLite gives them. */
const stored = (types: readonly ColumnType[], rows: readonly (readonly unknown[])[]) =>
  rows.map((row) =>
    row.map((value, at) =>
      TYPE_NAMES[types[at]!] === 'INTEGER' && value !== null ? BigInt(value as number | bigint) : value,
    ),
  )

function block(fields: readonly CopyField[], rows: readonly (readonly unknown[])[]): RowBlock[] {
  const blocks = new RowBlocks()
  const copied = new CopiedRows()
  for (const chunk of new CopyRows(fields, { fields: 0, bytes: Buffer.alloc(0) }).chunks(rows))
    copied.add(chunk, blocks.add)
  return [...blocks.end()]
}

const bytesOf = (rows: readonly RowBlock[]) => Buffer.concat(rows.map(({ binary }) => binary)).toString('hex')

describe('rows in the form of another database', () => {
  it('have NULL for the null of JSON, as a look at the value makes of it', () => {
    const made = block(['jsonb'], [['null']]).flatMap(FOR_SQLITE.of(['json']))
    expect(made.flatMap((one) => (one as ValueRows).rows)).toEqual([[null]])
    const back = FROM_SQLITE.of(['json'])(new ValueRows([['null']], 0)) as RowBlock[]
    expect(bytesOf(back)).toBe(bytesOf(block(['jsonb'], [[null]])))
  })

  it('of SQLite for Postgres are the bytes that each value becomes', () => {
    fc.assert(
      fc.property(tables, ({ types, rows }) => {
        const values = stored(types, held(TEXT_CODEC, types, rows))
        const made = FROM_SQLITE.of(types)(new ValueRows(values, 0)) as RowBlock[]
        const canonical = values.map((row) =>
          row.map((value, at) => (value === null ? null : DECODERS[types[at]!](value))),
        )
        const fields = types.map((type) => COPY_FIELDS[type])
        expect(bytesOf(made)).toBe(bytesOf(block(fields, held(BINARY_CODEC, types, canonical as unknown[][]))))
      }),
      { numRuns: 1500 },
    )
  })

  it('of Postgres for SQLite are the values that each becomes', () => {
    fc.assert(
      fc.property(tables, ({ types, rows }) => {
        // A decimal is asked for as text.
        const fields = types.map((type) => (type === 'numeric' ? 'text' : COPY_FIELDS[type]))
        const convert = FOR_SQLITE.of(types)
        const made = block(fields, held(BINARY_CODEC, types, rows)).flatMap((one) =>
          convert(one).flatMap((some) => (some as ValueRows).rows),
        )
        // The null of JSON is NULL.
        const plain = rows.map((row) => row.map((value) => value ?? null))
        const wanted = held(TEXT_CODEC, types, plain)
        expect(made.map(plainBytes)).toEqual(wanted.map(plainBytes))
      }),
      { numRuns: 1500 },
    )
  })

  it.each<[ColumnType, CopyField, unknown]>([
    ['double', 'double', Number.NaN],
    ['double', 'double', Number.POSITIVE_INFINITY],
    ['numeric', 'text', 'NaN'],
    ['timestamp', 'integer', 2n ** 63n - 1n],
    ['timestamp', 'integer', -(2n ** 63n)],
    // The end of the year 9999, and a microsecond more.
    ['local_timestamp', 'integer', 252_455_616_000_000_000n],
    ['date', 'days', 2 ** 31 - 1],
    ['date', 'days', -(2 ** 31)],
    ['json', 'jsonb', '"\\u0000"'],
  ])('are not made of a %s that SQLite does not hold (%s: %s)', (type, field, value) => {
    const convert = FOR_SQLITE.of([type])
    expect(() => block([field], [[value]]).map(convert)).toThrow(Unheld)
  })

  it.each<[ColumnType, unknown]>([
    ['integer', 5.5],
    ['integer', '5'],
    ['boolean', 'true'],
    ['text', 5n],
    ['text', Uint8Array.of(65)],
    ['double', '1'],
    ['numeric', '1e5 '],
    ['numeric', 5n],
    ['timestamp', '2024-02-30T00:00:00.000000Z'],
    ['timestamp', '2024-02-29T00:00:60.000000Z'],
    ['timestamp', '2024-02-29T00:00:00.00000:Z'],
    ['timestamp', '2024-02-29T00:00:00.000000'],
    ['local_timestamp', '2024-02-29T00:00:00.000000Z'],
    ['date', '2023-02-29'],
    ['json', '"\\u0000"'],
    ['bytes', 'x'],
  ])('are not made of a %s that a hand wrote otherwise (%s)', (type, value) => {
    expect(() => FROM_SQLITE.of([type])(new ValueRows([[value]], 0))).toThrow(Unheld)
  })

  it('have what is written otherwise, and means the same', () => {
    const converted = (type: ColumnType, value: unknown) =>
      bytesOf(FROM_SQLITE.of([type])(new ValueRows([[value]], 0)) as RowBlock[])
    const time = converted('timestamp', '2024-02-29T12:00:00.000000Z')
    for (const one of ['2024-02-29T12:00:00Z', '2024-02-29T12:00Z', '2024-02-29T14:00:00+02:00'])
      expect(converted('timestamp', one), one).toBe(time)
  })
})

const plainBytes = (row: readonly unknown[]): readonly unknown[] =>
  row.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value))

describe('texts of rows of SQLite', () => {
  it('are the same for rows that are there as for those that were put, and for no others', async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.nat(), async ({ types, rows }, other) => {
        const columns = types.map((type, at) => ({ name: `c${at}`, type }))
        const raw = new DatabaseSync(':memory:')
        try {
          raw.exec(`create table t (${columns.map(({ name, type }) => `${name} ${TYPE_NAMES[type]}`)}) strict`)
          const db = new Kysely<never>({ dialect: dialectOf(raw) })
          const session = new SqliteSession(db as never, raw, undefined as never)
          const insert = raw.prepare(`insert into t values (${columns.map(() => '?')})`)
          const values = held(TEXT_CODEC, types, rows) as never[][]
          for (const row of values) insert.run(...row)
          const sums = rowTexts(columns)
          const there = async () => {
            const all: unknown[] = []
            for await (const some of sums.stored(session, sql`t`)) all.push(...some)
            return all
          }
          const sent = [...sums.of(new ValueRows(values, 0))]
          expect(await there()).toEqual(sent)
          expect([...sums.of(new ValueRows(stored(types, values), 0))]).toEqual(sent)
          const at = other % columns.length
          const was = raw.prepare(`select count(*) as n from t where c${at} is null`).get()!['n']
          raw.exec(`update t set c${at} = null where _rowid_ = 1`)
          const is = raw.prepare(`select count(*) as n from t where c${at} is null`).get()!['n']
          expect((await there())[0] === sent[0]).toBe(was === is)
        } finally {
          raw.close()
        }
      }),
      { numRuns: 400 },
    )
  })

  it.each([
    [
      ['text', 'text'],
      ["'a', 'b'", "'a,b', ''", "'a\",\"b', ''", "null, 'b'", "'null', 'b'", "'[', 'b'"],
    ],
    [
      ['double', 'double'],
      ['1, 2', '1, null', 'null, 1', '0.3, 0.3', '0.3, 0.30000000000000004', '12, 1'],
    ],
    [
      ['bytes', 'text'],
      ["x'00', '00'", "x'', '00'", "null, '00'", "x'0000', ''", "null, ''"],
    ],
    [
      ['integer', 'double'],
      ['1, 1', '9223372036854775807, 1', '9223372036854775806, 1', '-1, 1', 'null, 1', '11, 1'],
    ],
  ] as const)('differ for all that differs in columns of %s', async (types, rows) => {
    const columns = types.map((type, at) => ({ name: `c${at}`, type }))
    const raw = new DatabaseSync(':memory:')
    raw.exec(`create table t (${columns.map(({ name, type }) => `${name} ${TYPE_NAMES[type]}`)}) strict`)
    for (const row of rows) raw.exec(`insert into t values (${row})`)
    const session = new SqliteSession(new Kysely<never>({ dialect: dialectOf(raw) }) as never, raw, undefined as never)
    const all = new Set<unknown>()
    for await (const some of rowTexts(columns).stored(session, sql`t`)) for (const one of some) all.add(one)
    expect(all.size).toBe(rows.length)
    raw.close()
  })

  it('are of any number of columns', async () => {
    const columns = Array.from({ length: 2000 }, (_, at) => ({ name: `c${at}`, type: 'text' as const }))
    const raw = new DatabaseSync(':memory:')
    raw.exec(`create table t (${columns.map(({ name }) => `${name} TEXT`)}) strict`)
    raw.exec("insert into t (c1999) values ('x')")
    const session = new SqliteSession(new Kysely<never>({ dialect: dialectOf(raw) }) as never, raw, undefined as never)
    const sums = rowTexts(columns)
    const row = columns.map((_, at) => (at === 1999 ? 'x' : null))
    for await (const some of sums.stored(session, sql`t`))
      expect([...some]).toEqual([...sums.of(new ValueRows([row], 0))])
    raw.close()
  })
})
