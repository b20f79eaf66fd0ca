import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { bytes, defineSource, numeric } from '@tidemark/core'
import { type Destination, FAILPOINTS, type Failpoint, onFailpoint } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type RunOptions, sync, type VerifyReport, verify } from '@tidemark/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

// Whatever a hand does to the rows of a table, verify finds exactly that, and a repair mends exactly that: values of
// every type, on both databases, and where the repair dies in the middle.

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())
afterEach(() => onFailpoint(undefined))

interface Place {
  readonly destination: Destination
  open(): Promise<Destination>
  hand(statement: string): Promise<void>
  remove(): Promise<void>
}

let runners = 0
const opened = (url: string) =>
  openDestination({
    url,
    runner: { id: `verify-${++runners}`, host: 'test', pid: 1, startedAt: 1n },
    isAlive: () => false,
  })

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  sqlite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-'))
    const url = join(folder, 'test.db')
    const destination = await opened(url)
    const hand = async (statement: string) => {
      const database = new DatabaseSync(url)
      database.exec(statement)
      database.close()
    }
    const remove = async () => {
      await destination.close()
      rmSync(folder, { recursive: true })
    }
    return { destination, open: () => opened(url), hand, remove }
  },
  postgres: async () => {
    const { url, schema } = await server.newSchema()
    const destination = await opened(url)
    const remove = async () => {
      await destination.close()
      await server.dropSchema(schema)
    }
    return { destination, open: () => opened(url), hand: (statement) => server.execute(statement, schema), remove }
  },
}

const row = z.object({
  id: z.bigint(),
  at: z.iso.datetime({ offset: true }),
  text: z.string().nullable(),
  double: z.number(),
  amount: numeric(),
  flag: z.boolean(),
  local: z.iso.datetime({ local: true }),
  day: z.iso.date(),
  json: z.any(),
  bytes: bytes(),
})
const FIRST = 2n ** 60n
const START = Date.parse('2024-02-28T23:00:00Z')
const stamp = (n: number) => new Date(START + n * 60_000).toISOString()
const original = (n: number) => ({
  id: FIRST + BigInt(n),
  // Nanoseconds and an offset, which are cut and reckoned away when they are stored.
  at: `${stamp(n).slice(0, 19)}.123456789+00:00`,
  text: n % 7 === 0 ? null : `e\u0301 '${n}'`,
  double: n % 5 === 0 ? -0 : n / 3,
  amount: `0${n}.50`,
  flag: n % 2 === 0,
  local: '2024-03-10T02:30:00.5',
  day: '0000-02-29',
  json: { b: n, a: [1e21, 2n ** 61n, 0.1, null], '': {} },
  bytes: Uint8Array.of(0, n % 256, 255),
})

const kinds = { keyed: ['id'], unkeyed: undefined } as const
type Kind = keyof typeof kinds
const COUNT = 200

function optionsOf(destination: Destination, kind: Kind): RunOptions {
  const memory = defineSource({ name: 'memory' })
  const table = memory.table({
    name: 'rows',
    row,
    cursor: 'at',
    primaryKey: kinds[kind],
    start: '2024-01-01T00:00:00Z',
    end: () => '2024-06-01T00:00:00Z',
    async *read({ from = '', to }: { from?: string | undefined; to: string }) {
      const all = Array.from({ length: COUNT }, (_, n) => original(n))
      yield all.filter(({ at }) => Date.parse(at) >= Date.parse(from) && Date.parse(at) < Date.parse(to))
    },
  } as never)
  return { sources: [{ name: 'memory', source: memory.with([table]) as never, config: {}, options: {} }], destination }
}

const CHANGES = [
  `text = 'other'`,
  `text = 'e'`,
  `"double" = "double" + 0.5`,
  `amount = '12345678901234567890.123456789'`,
  `amount = '1.500'`,
  'flag = not flag',
  `local = '2024-03-10T02:30:00.500001'`,
  `day = '2024-02-29'`,
  `json = '{"b": 1}'`,
  `json = '[]'`,
  `at = '2024-02-29T00:00:00.000001Z'`,
  '_cursor = _cursor + 1',
] as const

const damage = fc.record({
  gone: fc.uniqueArray(fc.nat(COUNT / 2 - 1), { maxLength: 8 }),
  changed: fc.uniqueArray(
    fc.record({ n: fc.integer({ min: COUNT / 2, max: COUNT - 1 }), change: fc.nat(CHANGES.length - 1) }),
    { maxLength: 8, selector: ({ n }) => n },
  ),
  extra: fc.uniqueArray(fc.integer({ min: 1000, max: 1100 }), { maxLength: 4 }),
})

async function damaged(
  place: Place,
  { gone, changed, extra }: typeof damage extends fc.Arbitrary<infer T> ? T : never,
) {
  for (const n of gone) await place.hand(`delete from memory_rows where id = ${FIRST + BigInt(n)}`)
  for (const { n, change } of changed)
    await place.hand(`update memory_rows set ${CHANGES[change]} where id = ${FIRST + BigInt(n)}`)
  for (const n of extra)
    await place.hand(
      `insert into memory_rows select ${n}, at, text, "double", amount, flag, local, day, json, bytes, _cursor, _synced_at, _deleted_at from memory_rows where id = (select max(id) from memory_rows)`,
    )
}

interface Stored {
  readonly id: string
  readonly synced: string
}
async function stored({ destination }: Pick<Place, 'destination'>): Promise<readonly Stored[]> {
  const { rows } = await destination.query(
    'select cast(id as text), cast(_synced_at as text) from memory_rows where _deleted_at is null order by 1, 2',
  )
  return rows.map(([id, synced]) => ({ id: String(id), synced: String(synced) }))
}

const idsOf = ({ found }: VerifyReport, kind: string) =>
  found
    .flatMap(({ keys }) => keys.filter((one) => one.kind === kind).map(({ key }) => String(JSON.parse(key)[0])))
    .sort()
const named = (numbers: readonly number[], first = 0n) => numbers.map((n) => String(first + BigInt(n))).sort()

describe.each(Object.keys(PLACES))('on %s', (name) => {
  it('what a hand did to rows with a key is found and mended, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(damage, async (what) => {
        const place = await PLACES[name]!()
        try {
          const options = optionsOf(place.destination, 'keyed')
          expect((await sync(options)).exitCode).toBe(0)
          expect(await verify(options, { table: 'rows' })).toMatchObject({ exitCode: 0, found: [] })
          await damaged(place, what)
          const before = await stored(place)
          const told = await verify(options, { table: 'rows' })
          expect(idsOf(told, 'missing')).toEqual(named(what.gone, FIRST))
          expect(idsOf(told, 'different')).toEqual(
            named(
              what.changed.map(({ n }) => n),
              FIRST,
            ),
          )
          expect(idsOf(told, 'extra')).toEqual(named(what.extra))
          const mended = await verify(options, { table: 'rows', repair: true })
          expect(mended.exitCode).toBe(0)
          expect(await verify(options, { table: 'rows' })).toMatchObject({ exitCode: 0, found: [] })
          const touched = new Set([
            ...named(what.gone, FIRST),
            ...named(
              what.changed.map(({ n }) => n),
              FIRST,
            ),
          ])
          const extra = new Set(named(what.extra))
          const quiet = (rows: readonly Stored[]) => rows.filter(({ id }) => !touched.has(id) && !extra.has(id))
          const after = await stored(place)
          expect(quiet(after)).toEqual(quiet(before))
          expect(after.map(({ id }) => id)).toEqual(
            named(
              Array.from({ length: COUNT }, (_, n) => n),
              FIRST,
            ),
          )
        } finally {
          await place.remove()
        }
      }),
      { numRuns: 6 },
    )
  })

  it('rows without a key are compared as often as they are there', async () => {
    const place = await PLACES[name]!()
    const options = optionsOf(place.destination, 'unkeyed')
    expect((await sync(options)).exitCode).toBe(0)
    await place.hand(`insert into memory_rows select * from memory_rows where id = ${FIRST + 3n}`)
    await place.hand(`delete from memory_rows where id = ${FIRST + 5n}`)
    await place.hand(`update memory_rows set text = 'x' where id = ${FIRST + 9n}`)
    const told = await verify(options, { table: 'rows' })
    expect(told).toMatchObject({ exitCode: 3, missing: 2, extra: 2, different: 0 })
    expect(await verify(options, { table: 'rows', repair: true })).toMatchObject({ exitCode: 0 })
    expect(await stored(place)).toHaveLength(COUNT)
    await place.remove()
  })

  it.each(
    FAILPOINTS.filter((point) => point !== 'before-report').flatMap((point) =>
      [1, 4].map((nth) => [point, nth] as const),
    ),
  )(
    'a repair that dies at %s (%i) leaves no row wrong that was right, and the next sync ends it',
    async (point, nth) => {
      const place = await PLACES[name]!()
      const options = optionsOf(place.destination, 'keyed')
      await sync(options)
      await damaged(place, { gone: [1, 2, 90], changed: [{ n: 150, change: 0 }], extra: [1000] })
      let left = nth
      onFailpoint((at: Failpoint) => {
        if (at === point && --left <= 0) throw new Error('killed')
      })
      await verify(options, { table: 'rows', repair: true }).catch(() => {})
      onFailpoint(undefined)
      const destination = await place.open()
      const again = { ...options, destination }
      expect((await sync(again)).exitCode).toBe(0)
      const report = await verify(again, { table: 'rows', repair: true })
      expect(report.exitCode).toBe(0)
      expect(await verify(again, { table: 'rows' })).toMatchObject({ exitCode: 0, found: [] })
      expect(await stored({ destination })).toHaveLength(COUNT)
      await destination.close()
      await place.remove()
    },
  )
})
