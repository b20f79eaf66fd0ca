import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytes, numeric, rowOf } from '@tidemark/core'
import type { ColumnType } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  DestinationUnderTest,
  type Row,
  runnerNamed,
  type TableSpec,
  type TestTable,
} from '../src/destination/destination-under-test.ts'

// The same rows in every database: whatever they are, they read back deeply equal, wherever the process stands.

const ZONES = ['UTC', 'America/New_York', 'Asia/Kathmandu']
const OFFSETS: Readonly<Record<string, number>> = { UTC: 0, 'America/New_York': 300, 'Asia/Kathmandu': -345 }
/** So many times in each zone; CI does half of its rounds. */
const RUNS = Math.ceil(Number(process.env['TIDEMARK_ROUNDS'] ?? 300) / 15)

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const row = z.object({
  id: z.int(),
  text: z.string().nullable(),
  integer: z.bigint().nullable(),
  small: z.int().nullable(),
  double: z.number().nullable(),
  numeric: numeric().nullable(),
  boolean: z.boolean().nullable(),
  timestamp: z.iso.datetime({ offset: true }).nullable(),
  local: z.iso.datetime({ local: true }).nullable(),
  date: z.iso.date().nullable(),
  json: z.any(),
  bytes: bytes().nullable(),
})

const HOSTILE = [
  '',
  ' ',
  "'",
  '\\',
  '$1',
  '?',
  '\u200b',
  '\ufeff',
  'e\u0301',
  'İ',
  '\u{1f600}',
  '\u0001',
  '\x7f',
  "'); drop table x; --",
]
const text = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'grapheme', maxLength: 60 }).filter((one) => !one.includes('\0') && one.isWellFormed()),
)
const digits = (most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((all) => all.join(''))
const two = (n: number) => String(n).padStart(2, '0')
const year = fc.oneof(
  fc.constantFrom(0, 1, 4, 100, 400, 1900, 1969, 1970, 1999, 2000, 2024, 9999),
  fc.integer({ min: 0, max: 9999 }),
)
const day = fc
  .tuple(year, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }))
  .filter(([y, m, d]) => d <= 28 || d <= new Date(Date.UTC(2000 + (y % 400), m, 0)).getUTCDate())
  .map(([y, m, d]) => `${String(y).padStart(4, '0')}-${two(m)}-${two(d)}`)
const time = fc
  .tuple(
    fc.integer({ min: 0, max: 23 }),
    fc.integer({ min: 0, max: 59 }),
    fc.integer({ min: 0, max: 59 }),
    fc.option(digits(9)),
  )
  .map(([h, m, s, fraction]) => `${two(h)}:${two(m)}:${two(s)}${fraction === null ? '' : `.${fraction}`}`)
const zone = fc.oneof(
  fc.constant('Z'),
  fc
    .tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([sign, h, m]) => `${sign}${two(h)}:${two(m)}`),
)
// V8 13.6 (Node 24.21) reads the name "\n" as "\\" in an object whose shape it knows with the name "\\": a bug of JSON.parse
// itself, in every program. No other name brings it about.
const name = text.filter((one) => one !== '\\')
const { json } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(1e21, 1e308, 5e-324, -0, 0.1 + 0.2, 123456789012345680000, true, null),
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
  ),
  json: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(name, tie('json'), { maxKeys: 4 }),
  ),
}))
const values = fc.record({
  text: fc.option(text),
  integer: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  small: fc.option(fc.integer()),
  double: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  numeric: fc.option(
    fc
      .tuple(fc.boolean(), digits(45), fc.option(digits(45)))
      .map(([minus, whole, fraction]) => `${minus ? '-' : ''}${whole}${fraction === null ? '' : `.${fraction}`}`),
  ),
  boolean: fc.option(fc.boolean()),
  timestamp: fc.option(fc.tuple(day, time, zone).map(([d, t, o]) => `${d}T${t}${o}`)),
  local: fc.option(fc.tuple(day, time).map(([d, t]) => `${d}T${t}`)),
  date: fc.option(day),
  json,
  bytes: fc.option(fc.uint8Array({ maxLength: 300 })),
})

const byId = (one: Row, other: Row): number => Number(one['id']) - Number(other['id'])

/** Bytes are told by their content, whatever holds them. */
const plain = (one: Row) => ({ ...one, bytes: one['bytes'] === null ? null : [...(one['bytes'] as Uint8Array)] })

describe.each(ZONES)('in %s', (name) => {
  const before = process.env['TZ']
  let folder: string
  let schema: string
  let worlds: readonly DestinationUnderTest[]
  beforeEach(async () => {
    process.env['TZ'] = name
    folder = mkdtempSync(join(tmpdir(), 'tidemark-'))
    const place = await server.newSchema()
    schema = place.schema
    worlds = await Promise.all(
      [join(folder, 'x.db'), place.url, join(folder, 'x.duckdb')].map((url) =>
        DestinationUnderTest.on(
          {
            connect: (options) => openDestination({ url, ...options }),
            execute: async () => {},
            remove: async () => {},
          },
          { runner: runnerNamed('one') },
        ),
      ),
    )
  })
  afterEach(async () => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
    await Promise.all(worlds.map(({ destination }) => destination.close()))
    await server.dropSchema(schema)
    rmSync(folder, { recursive: true })
  })

  /** The same table in SQLite and in the others. */
  const inAll = async (spec: TableSpec): Promise<readonly [TestTable, TestTable, TestTable]> =>
    (await Promise.all(worlds.map((world) => world.table(spec)))) as unknown as readonly [
      TestTable,
      TestTable,
      TestTable,
    ]

  it('the process really is', () => {
    expect(new Date('2024-01-01T12:00:00Z').getTimezoneOffset()).toBe(OFFSETS[name])
  })

  it('any rows read back equal from all databases', async () => {
    const ways = ['backfill', 'incremental', 'full_refresh', 'keyless'] as const
    const tables = await Promise.all(
      ways.map((way) => inAll({ name: way, row, primaryKey: way === 'keyless' ? [] : ['id'] })),
    )
    let next = 0
    const property = fc.asyncProperty(fc.array(values, { minLength: 1, maxLength: 6 }), async (some) => {
      const rows = some.map((one) => ({ id: next++, ...one }))
      for (const [at, way] of ways.entries()) {
        const all = tables[at]!
        const write = (table: TestTable) =>
          way === 'backfill' || way === 'incremental' ? table.write(rows, { kind: way }) : table.replace(rows)
        const [one, ...others] = await Promise.all(all.map(write))
        expect(others).toEqual([one, one])
        expect(one).toMatchObject({ written: rows.length, rejected: 0 })
        // Rows without a key and a cursor have no order: a database puts them where it has room.
        const [left, ...more] = (await Promise.all(all.map((table) => table.incremental()))).map((rows) =>
          rows.toSorted(byId),
        )
        for (const other of more) expect(other.map(plain)).toEqual(left!.map(plain))
        // And what is read is what was given.
        const last = left!.slice(-rows.length).map(plain)
        expect(last).toMatchObject(
          rows.map(({ id, text, integer, boolean, date }) => ({ id: BigInt(id), text, integer, boolean, date })),
        )
        for (const [index, { timestamp, double, bytes }] of rows.entries()) {
          const got = last[index] as unknown as Record<string, unknown>
          expect(got['bytes']).toEqual(bytes === null ? null : [...bytes])
          expect(got['double']).toBe(double === 0 ? 0 : double)
          if (timestamp !== null) expect(got['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
          if (timestamp?.endsWith('Z')) expect(got['timestamp']).toBe(cut(timestamp))
        }
        // All know what is there already.
        const [again, ...too] = await Promise.all(all.map(write))
        expect(too).toEqual([again, again])
        expect(again).toMatchObject(at === 3 || way !== 'keyless' ? { written: 0, unchanged: rows.length } : {})
      }
    })
    await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: 250_000, markInterruptAsFailure: true })
    for (const all of tables) {
      const columns = 'id, text, "integer", small, "double", "numeric", timestamp, local, date, bytes, _cursor'
      const ask = ({ world, name: table }: TestTable) =>
        world.destination.query(`select ${columns} from "${table}" where _deleted_at is null order by id`)
      const [one, ...others] = await Promise.all(all.map(ask))
      const told = ({ columns, rows }: NonNullable<typeof one>) => ({
        columns,
        rows: rows.map((values) => values.map((value) => (value instanceof Uint8Array ? [...value] : value))),
      })
      for (const other of others) expect(told(other)).toEqual(told(one!))
    }
  })

  it('all refuse the same values, with the same reason', async () => {
    const TYPES: readonly ColumnType[] = [
      'text',
      'integer',
      'numeric',
      'boolean',
      'timestamp',
      'local_timestamp',
      'date',
      'json',
      'bytes',
    ]
    const columns = [{ name: 'id', type: 'integer' as const }, ...TYPES.map((type) => ({ name: type, type }))]
    const all = await inAll({ row: rowOf(columns), primaryKey: ['id'] })
    const odd = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true }),
      fc.constantFrom(
        'a\0b',
        '\ud800',
        ['\0'],
        2n ** 63n,
        '2023-02-29',
        '10000-01-01',
        '2016-12-31T23:59:60Z',
        '1e5',
        Symbol('x'),
        () => 1,
      ),
      text,
    )
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), odd, (type, value) => {
        const [one, ...others] = all.map((table) => table.prepared.encoder.output({ id: 1, [type]: value }, null))
        for (const other of others) {
          expect(Array.isArray(other)).toBe(Array.isArray(one))
          if (!Array.isArray(one)) expect(other).toEqual(one)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('all know the same of what they hold', async () => {
    const known = await Promise.all(
      (await inAll({ row, primaryKey: ['id'], cursor: 'timestamp', partitioned: true, identity: 'x' })).map(
        async (table) => {
          const at = (id: number, timestamp: string) => ({ ...EMPTY, id, timestamp })
          await table.write([at(1, '0000-01-01T00:00:00Z'), at(2, '2024-03-10T02:30:00-05:00')], {
            partition: 'a',
            window: { from: -(2n ** 62n), to: 2n ** 62n },
          })
          await table.write([at(3, '9999-12-31T23:59:59.999999Z')], { partition: "b'", window: { from: 0n, to: 5n } })
          await table.record({ kind: 'resync', partition: 'a', window: undefined, reason: 'x' })
          const { partitions, ...state } = await table.state()
          const stable = [...partitions].map(([name, { covered, failures, backfillEnd }]) => ({
            name,
            covered,
            failures,
            cut: backfillEnd,
          }))
          return {
            state: { ...state, firstSeenAt: 0, lastSyncedAt: 0 },
            stable,
            window: await table.column('id', { window: { from: 0n, to: 10n ** 16n } }),
          }
        },
      ),
    )
    for (const other of known.slice(1)) expect(JSON.stringify(other, exact)).toEqual(JSON.stringify(known[0], exact))
    expect(known[0]!.window).toEqual([2n])
  })
})

const EMPTY = {
  text: null,
  integer: null,
  small: null,
  double: null,
  numeric: null,
  boolean: null,
  local: null,
  date: null,
  json: null,
  bytes: null,
}
const exact = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)

/** A time in UTC as it is kept: cut to the microsecond. */
function cut(timestamp: string): string {
  const [seconds = '', fraction = ''] = timestamp.slice(0, -1).split('.')
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`
}
