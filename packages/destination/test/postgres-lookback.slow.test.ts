import { bytes, numeric } from '@tidemark/core'
import type { Committed, Shape } from '@tidemark/core/engine'
import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { jsonbSpelling } from '../src/dialects/postgres/json-spelling.ts'
import { open, prepare, type Ready, shapeOf } from './place.ts'
import { onPostgres, type Place } from './postgres-place.ts'

const newPlace = onPostgres()

const Row = z.object({
  id: z.int(),
  code: z.string(),
  note: z.string().nullable(),
  amount: z.number().nullable(),
  price: numeric().nullable(),
  paid: z.boolean(),
  at: z.iso.datetime().nullable(),
  local: z.iso.datetime({ local: true }).nullable(),
  day: z.iso.date().nullable(),
  json: z.json().nullable(),
  raw: bytes().nullable(),
})
type Row = z.infer<typeof Row>

const KEYS: Readonly<Record<string, Partial<Shape>>> = {
  'of a number': { primaryKey: ['id'] },
  'of a text': { primaryKey: ['code'] },
  'of both': { primaryKey: ['code', 'id'] },
  'of a partition': { primaryKey: ['id'], partitioned: true },
  'of all partitions': { primaryKey: ['id'], partitioned: true, globalKey: true },
}

const text = fc.constantFrom('', 'a', 'b', 'é', 'ä', '👩', 'A', 'a ')
const values = {
  note: fc.option(text),
  amount: fc.option(fc.constantFrom(0, -0, 1, 0.1, 0.30000000000000004, 1e300)),
  price: fc.option(fc.constantFrom('1', '1.0', '1.00', '-0.5', '12345678901234567890.12')),
  paid: fc.boolean(),
  at: fc.option(fc.constantFrom('2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000001Z', '0000-01-01T00:00:00Z')),
  local: fc.option(fc.constantFrom('2024-01-01T00:00:00', '2024-01-01T00:00:00.5')),
  day: fc.option(fc.constantFrom('2024-01-01', '9999-12-31')),
  json: fc.option(
    fc.constantFrom<unknown>(1, 'a', [], {}, [1, 2], [1, [2]], { a: 1, bb: 2, c: { d: ',:' } }, { c: 1, a: 2 }, [
      '\\"',
    ]),
  ),
  raw: fc.option(fc.constantFrom(new Uint8Array(), new Uint8Array([0, 255]), new Uint8Array([0]))),
}
const entry = fc.record({ ...values, position: fc.integer({ min: 0, max: 3 }) })
/** What is done to a row before it comes again: mostly nothing, else one column has another value. */
const one = Object.entries(values).map(([name, value]) => fc.record({ [name]: value }) as fc.Arbitrary<Partial<Row>>)
const change = fc.oneof(
  { weight: 40, arbitrary: fc.constant<Partial<Row>>({}) },
  ...one.map((arbitrary) => ({ weight: 1, arbitrary })),
)
const COUNT = 120
const history = fc.record({
  rows: fc.array(entry, { minLength: COUNT, maxLength: COUNT }),
  changes: fc.array(change, { minLength: COUNT, maxLength: COUNT }),
  /** Of every hundred: rows that only come, that are only there, that are marked as deleted, and of another partition. */
  kinds: fc.array(fc.integer({ min: 0, max: 99 }), { minLength: COUNT, maxLength: COUNT }),
  moved: fc.integer({ min: 0, max: 2 }),
  swapped: fc.boolean(),
  below: fc.integer({ min: 1, max: 4 }),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

interface Given {
  readonly row: Row
  readonly position: number
}

async function commit(
  ready: Ready,
  rows: readonly Given[],
  lateBelow: bigint | undefined,
  partition = '',
): Promise<Committed> {
  const encoded = rows.map(({ row, position }) => ready.prepared.encoder.plain(row, position)!)
  return await ready.write(
    [],
    { rows: encoded, lateBelow, completes: undefined, truth: { from: undefined, to: lateBelow ?? 0n } },
    { kind: 'incremental', partition, window: { from: lateBelow ?? 0n, to: 10n } },
  )
}

/** Writes rows down, then what comes of them again. @returns what that gave, and what is there then. */
async function replay(place: Place, ready: Ready, { rows, changes, kinds, moved, swapped, below }: History) {
  const all = rows.map(({ position, ...row }, n) => ({
    row: { id: n * 3, code: `k${n % 10}-${n}`, ...row } as Row,
    position,
  }))
  const isOf = (from: number, to: number) => (_: unknown, n: number) => kinds[n]! >= from && kinds[n]! < to
  const isThere = isOf(4, 100)
  const isOther = isOf(98, 100)
  const { partitioned } = shapes.get(ready)!
  await place.rows('truncate things')
  const own = all.filter((one, n) => isThere(one, n) && !(partitioned && isOther(one, n)))
  await commit(ready, own, undefined)
  if (partitioned) await commit(ready, all.filter(isOther), undefined, 'other')
  for (const { row } of all.filter(isOf(8, 10)))
    await place.rows(`update things set _deleted_at = now() where id = ${row.id}`)
  await place.rows("update things set _synced_at = '2020-01-01'")
  const next = all.map(({ row, position }, n) => ({
    row: { ...row, ...changes[n] },
    position: position + (kinds[n]! === 50 ? moved : 0),
  }))
  const again = next.filter((_, n) => kinds[n]! < 4 || kinds[n]! >= 6)
  if (swapped) again.push(again.shift()!)
  const { written, unchanged, deduped, deleted, rejected, lateRows } = await commit(ready, again, BigInt(below))
  const there = await place.rows(`select t.*, _synced_at > '2020-01-01' as is_new from things t order by id`)
  const stable = there.map(({ _synced_at, _deleted_at, ...row }) => ({ ...row, isDeleted: _deleted_at !== null }))
  return { committed: { written, unchanged, deduped, deleted, rejected, lateRows }, stable }
}

const shapes = new WeakMap<Ready, Shape>()
async function table(place: Place, more: Partial<Shape>): Promise<Ready> {
  const shape = shapeOf(Row, { cursor: undefined, ...more })
  const ready = await prepare(await open(place.url), {
    ...shape,
    cursor: { column: 'id', type: 'integer' } as Shape['cursor'],
  })
  shapes.set(ready, shape)
  return ready
}

/** The statements that the driver sends, as they begin. */
function listen(): string[] {
  const sent: string[] = []
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...asked: unknown[]) {
    const text = (asked[0] as { readonly text?: string }).text ?? String(asked[0])
    if (/^(merge|copy)/.test(text)) sent.push(text.split(' ', 1)[0]!)
    return (query as (...args: unknown[]) => unknown).apply(this, asked)
  } as typeof query
  onTestFinished(() => {
    pg.Client.prototype.query = query
  })
  return sent
}

const HEARD = `create function heard() returns trigger language plpgsql as 'begin return null; end';
  create trigger heard before insert on things for each statement execute function heard()`

describe('a lookback', () => {
  it.each(Object.entries(KEYS))('with a key %s gives what a merge of all its rows gives', async (_name, more) => {
    const looking = await newPlace()
    const merging = await newPlace()
    const one = await table(looking, more)
    const other = await table(merging, more)
    await merging.rows(HEARD)
    await fc.assert(
      fc.asyncProperty(history, async (given) => {
        expect(await replay(looking, one, given)).toEqual(await replay(merging, other, given))
      }),
      { numRuns: 15 },
    )
  })

  it('sends no row that is stored as it is, and asks where a trigger hears of each statement', async () => {
    const place = await newPlace()
    const ready = await table(place, { primaryKey: ['code', 'id'] })
    const rows = Array.from({ length: 200 }, (_, n) => ({
      row: {
        id: n,
        code: `k${1000 + n}`,
        note: null,
        amount: 1,
        price: '1.50',
        paid: true,
        at: '2024-01-01T00:00:00.123Z',
        local: null,
        day: '2024-01-01',
        json: { name: ['x', n], a: null },
        raw: null,
      },
      position: 1,
    }))
    await commit(ready, rows, undefined)
    const sent = listen()
    expect(await commit(ready, rows, 2n)).toMatchObject({ written: 0, unchanged: 200 })
    expect(sent).toEqual([])
    const next = rows.map((one, n) => (n === 7 ? { ...one, row: { ...one.row, note: 'new' } } : one))
    expect(await commit(ready, next, 2n)).toMatchObject({
      written: 1,
      unchanged: 199,
      lateRows: { rows: 1, lowest: 1n },
    })
    expect(sent).toEqual(['copy', 'merge'])
    await place.rows(HEARD)
    expect(await commit(ready, next, 2n)).toMatchObject({ written: 0, unchanged: 200 })
    expect(sent).toEqual(['copy', 'merge', 'copy', 'merge'])
  })

  it('writes JSON as the server does, and never with another meaning', async () => {
    const place = await newPlace()
    const isStored = (json: string) => !json.includes('\\u0000') && !json.includes('\\ud')
    const json = fc.json({ maxDepth: 3 }).filter(isStored)
    await fc.assert(
      fc.asyncProperty(fc.array(json, { minLength: 20, maxLength: 20 }), async (texts) => {
        const spelled = texts.map(jsonbSpelling)
        const [{ same } = { same: false }] = await place.rows<{ same: boolean }>(
          'select bool_and(a::jsonb = b::jsonb) as same from unnest($1::text[], $2::text[]) as t(a, b)',
          [texts, spelled],
        )
        expect(same).toBe(true)
        const written = await place.rows<{ text: string }>('select a::jsonb::text as text from unnest($1::text[]) a', [
          texts,
        ])
        const isPlain = (text: string) => !/\d[eE]|-0/.test(text)
        expect(spelled.filter(isPlain)).toEqual(written.map(({ text }) => text).filter((_, n) => isPlain(spelled[n]!)))
      }),
      { numRuns: 50 },
    )
  })
})
