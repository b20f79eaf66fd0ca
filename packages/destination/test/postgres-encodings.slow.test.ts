import { openReader } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { all, open, prepare, shapeOf } from './place.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

/** A database with an encoding of its own. */
async function database(encoding: string): Promise<{ readonly name: string; readonly url: string }> {
  const name = `in_${encoding.toLowerCase()}_${Math.random().toString(36).slice(2)}`
  await server.execute(`create database ${name} template template0 encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`)
  onTestFinished(() => server.dropDatabase(name))
  return { name, url: `${server.urlOf(name)}?schema=public` }
}

const Note = z.object({ id: z.string(), note: z.string().nullish(), json: z.json().nullish() })
const rail = { markDeleted: true, deletedBefore: 0 }

describe.each([
  ['LATIN1', 'é', '€'],
  ['WIN1252', '€', 'Ж'],
  ['KOI8R', 'Ж', 'é'],
])('a database in %s', (encoding, has, lacks) => {
  it('says of each character whether it holds it', async () => {
    const destination = await open((await database(encoding)).url)
    expect(destination.problemOf(`a ${has}`)).toBeUndefined()
    expect(destination.problemOf(`a ${lacks}`)).toBe(
      `holds "${lacks}", which the database's encoding ${encoding} does not have, and UTF8 has`,
    )
    expect(destination.problemOf('🎉')).toContain('"🎉"')
    expect(destination.problemOf('a\0')).toBe('holds a NUL character')
  })

  it('takes every text that it says it holds, and the server takes no other one', async () => {
    const { name, url } = await database(encoding)
    const destination = await open(url)
    const wrong: string[] = []
    const [[holds]] = [[async (text: string) => (await server.rows(`select '${text}'`, name)).length === 1]]
    for (let code = 0xa0; code < 0x500; code += 7) {
      const text = String.fromCodePoint(code)
      const taken = await holds!(text).catch(() => false)
      if (taken !== (destination.problemOf(text) === undefined)) wrong.push(text)
    }
    expect(wrong).toEqual([])
  })

  it('rejects a value that it does not hold before it is written, by its column, with the reason', async () => {
    const { prepared } = await prepare(await open((await database(encoding)).url), shapeOf(Note))
    const { encoder } = prepared
    expect(encoder.output({ id: '1', note: has, json: { [has]: 1 } }, null)).toHaveLength(4)
    for (const [row, column] of [
      [{ id: '1', note: `n ${lacks}` }, 'note'],
      [{ id: '1', json: { a: [`${lacks}`] } }, 'json'],
      [{ id: `1${lacks}` }, 'id'],
    ] as const)
      expect(encoder.output(row, null)).toMatchObject({
        column,
        reason: expect.stringContaining(`holds "${lacks}", which the database's encoding ${encoding} does not have`),
      })
    expect(encoder.encodeKey({ id: lacks })).toMatchObject({ column: 'id', unheld: true })
  })

  it('calls a column by what it holds of its name', async () => {
    const place = await database(encoding)
    const row = z.object({ id: z.int(), [`${has}x`]: z.int(), [`n${lacks}`]: z.int(), '🎉': z.int() })
    const { destination, write } = await prepare(await open(place.url), shapeOf(row))
    await write([{ id: 1, [`${has}x`]: 2, [`n${lacks}`]: 3, '🎉': 4 }])
    const columns = (
      await server.rows(
        `select attname from pg_attribute where attrelid = 'things'::regclass and attnum between 1 and 4 order by attnum`,
        place.name,
      )
    ).flat()
    expect(columns).toEqual([
      'id',
      `${has}x`,
      expect.stringMatching(/^n_[0-9a-f]{8}$/),
      expect.stringMatching(/^_[0-9a-f]{8}$/),
    ])
    expect(await all(destination.read('things'))).toEqual([{ id: 1n, [`${has}x`]: 2n, [`n${lacks}`]: 3n, '🎉': 4n }])
    const reader = await openReader({ url: place.url })
    onTestFinished(() => reader.close())
    expect(reader.problemOf(lacks)).toBe(destination.problemOf(lacks))
  })
})

describe('a row that only the server refuses', () => {
  it.each(['LATIN1', 'EUC_JP'])(
    'is rejected, and with it nothing else, in %s: straight, merged and staged',
    async (encoding) => {
      const destination = await open((await database(encoding)).url)
      const { write } = await prepare(destination, shapeOf(Note))
      const rows = Array.from({ length: 2000 }, (_, id) => [`k${id}`, id === 1234 ? 'n 🎉' : `n${id}`, null, null])
      const done = { rejected: 1, written: 1999 }
      expect(await write([], { rows }, { kind: 'backfill' })).toMatchObject(done)
      expect(await write([], { rows }, { kind: 'incremental' })).toMatchObject({ rejected: 1, unchanged: 1999 })
      expect(await write([], { rows, staging: 'move', deletionGuard: rail })).toMatchObject({
        rejected: 1,
        unchanged: 1999,
        deleted: 0,
      })
    },
  )
})

it('a database in SQL_ASCII holds all of Unicode', async () => {
  const destination = await open((await database('SQL_ASCII')).url)
  const { write } = await prepare(destination, shapeOf(Note, { partitioned: true }))
  const row = { id: 'ключ 🎉', note: 'é€Ж🎉', json: { '🎉': ['é'] } }
  expect(await write([row], {}, { kind: 'backfill', partition: 'część 🎉' })).toMatchObject({ written: 1 })
  expect(await all(destination.read('things'))).toEqual([row])
  expect([...(await destination.state()).tables.get('things')!.partitions.keys()]).toEqual(['część 🎉'])
})
