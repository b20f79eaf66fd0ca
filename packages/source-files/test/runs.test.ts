import { appendFileSync, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { world } from './world.ts'

const fixture = (name: string): string => path.join(import.meta.dirname, 'fixtures', name)
const lines = (count: number, more: (id: number) => object): string =>
  Array.from({ length: count }, (_, id) => `${JSON.stringify({ id, ...more(id) })}\n`).join('')

describe('a field that comes late', () => {
  it('is in the destination after the first sync, with all its values', async () => {
    const { folder, sync, rows } = await world()
    folder.write(
      'a.ndjson',
      lines(12_000, (id) => (id < 11_000 ? {} : { late: `value ${id}` })),
    )
    await sync({ t: { path: folder.at('a.ndjson'), primaryKey: ['id'] } })
    expect(await rows('select count(*) n, count(late) late, min(late) first from files_t')).toEqual([
      { n: 12_000, late: 1000, first: 'value 11000' },
    ])
  })

  it('in a file that grew is there for its new rows and for those that had it before', async () => {
    const { folder, sync, rows } = await world()
    const tables = { t: { path: folder.at('*.ndjson'), primaryKey: ['id'] } }
    folder.write(
      'a.ndjson',
      lines(10, () => ({})),
    )
    folder.write(
      'b.ndjson',
      lines(10, () => ({})),
    )
    await sync(tables)
    appendFileSync(folder.at('b.ndjson'), '{"id":10,"late":1.5}\n')
    await sync(tables)
    expect(await rows('select count(*) n, sum(late) late from files_t')).toEqual([{ n: 21, late: 1.5 }])
  })
})

it('a file that changed is read, and no other, whatever the order of its columns', async () => {
  const { folder, sync } = await world()
  const tables = { t: { path: folder.at('*.csv'), primaryKey: ['id'] } }
  folder.write('a.csv', 'id,a,b\n1,2,3\n')
  folder.write('b.csv', 'b,id\n3,2\n')
  await sync(tables)
  appendFileSync(folder.at('b.csv'), '3,4\n')
  expect((await sync(tables)).tables[0]!.rows.read).toBe(2)
  expect((await sync(tables)).tables[0]!.rows.read).toBe(0)
})

describe('a field below what was looked at', () => {
  it('is a column of the next sync, with all its values', async () => {
    const { folder, sync, rows, state } = await world()
    folder.write(
      'a.ndjson',
      lines(12_000, (id) => (id < 11_000 ? { v: 1 } : { late: `value ${id}` })),
    )
    const tables = { t: { path: folder.at('a.ndjson'), primaryKey: ['id'] } }
    const small = { scanLimit: '1KB' }
    const first = await sync(tables, small)
    expect(first.tables[0]!.rows.undeclared).toBe(1000)
    expect((await state()).undeclared).toEqual(['late'])
    await sync(tables, small)
    expect(await rows(`select count(*) n, count(late) late, min(late) first from files_t`)).toEqual([
      { n: 12_000, late: 1000, first: '"value 11000"' },
    ])
    expect((await state()).undeclared).toEqual([])
    expect((await sync(tables, small)).tables[0]!.rows.read).toBe(0)
  })
})

describe('a type that grows late', () => {
  it('rejects nothing', async () => {
    const { folder, sync, rows } = await world()
    const values = Array.from({ length: 20_100 }, (_, at) => `${at},${at < 20_000 ? at : `x${at}`}\n`)
    folder.write('a.csv', `id,v\n${values.join('')}`)
    const { tables } = await sync({ t: { path: folder.at('a.csv') } })
    expect(tables[0]!.rows).toMatchObject({ written: 20_100, rejected: 0 })
    expect(await rows("select count(*) n, max(v) last from files_t where v like 'x%'")).toEqual([
      { n: 100, last: 'x20099' },
    ])
  })
})

describe('a renamed file', () => {
  it.each(['id', undefined])('does not bring its rows a second time: key %s', async (key) => {
    const { folder, sync, rows, said } = await world()
    const tables = { t: { path: folder.at('*.csv'), ...(key === undefined ? {} : { primaryKey: [key] }) } }
    const present = 'select count(*) n, min(id) first, max(id) last from files_t where _deleted_at is null'
    folder.write('a.csv', 'id\n1\n2\n')
    folder.write('b.csv', 'id\n3\n')
    await sync(tables)
    renameSync(folder.at('a.csv'), folder.at('c.csv'))
    await sync(tables)
    expect(await rows(present)).toEqual([{ n: 3, first: 1, last: 3 }])
    expect(said.some((line) => line.includes('renamed'))).toBe(true)
    appendFileSync(folder.at('c.csv'), '4\n')
    await sync(tables)
    expect(await rows(present)).toEqual([{ n: 4, first: 1, last: 4 }])
    const { tables: again } = await sync(tables)
    expect(again[0]!.rows.read).toBe(0)
  })
})

describe('a table whose files are bad', () => {
  it('fails by the reason of its rows, and the way out', async () => {
    const { folder, run } = await world()
    const short = Array.from({ length: 37 }, (_, at) => `${at},x\n`).join('')
    folder.write('a.csv', `id,name,eol\n${short}${'1,x,2024-01-01\n'.repeat(7)}`)
    const { exitCode, tables } = await run({ t: { path: folder.at('a.csv') } })
    expect(exitCode).toBe(4)
    const { message } = tables[0]!.failures[0]!.failure
    expect(message).toContain('37 of 44 rows do not fit')
    expect(message).toContain('2 values where 3 are expected; to fill short rows with NULL, set "shortRows": "fill"')
    expect(message).not.toMatch(/the type \w+ fits|such as \{/)
  })

  it('is not failing any more when the bad one is deleted', async () => {
    const { folder, run, sync, status } = await world()
    const tables = { t: { path: folder.at('*.json') } }
    folder.write('a.json', '[{"id":1}]')
    folder.write('b.json', '[{"id":')
    expect((await run(tables)).exitCode).toBe(3)
    rmSync(folder.at('b.json'))
    await sync(tables)
    expect(await status()).toEqual(['files_t complete'])
  })

  it.each(['oders.csv', 'data/*.csv'])('is an error, not a warning, where its path is misspelt: %s', async (name) => {
    const { folder, run } = await world()
    folder.write('orders.csv', 'id\n1\n')
    const { exitCode, tables } = await run({ t: { path: folder.at(name) }, good: { path: folder.at('orders.csv') } })
    expect([exitCode, tables.map(({ status }) => status)]).toEqual([3, ['failing', 'complete']])
  })
})

describe('verify', () => {
  it('sees that a Parquet file has other rows than were read, by its own account', async () => {
    const { folder, sync, verify } = await world()
    const tables = { t: { path: folder.at('a.parquet') } }
    copyFileSync(fixture('checksums-1.0.parquet'), folder.at('a.parquet'))
    await sync(tables)
    expect((await verify(tables, 'files_t')).exitCode).toBe(0)
    const bytes = readFileSync(folder.at('a.parquet'))
    bytes[60]! ^= 1
    writeFileSync(folder.at('a.parquet'), bytes)
    const damaged = await verify(tables, 'files_t')
    expect(damaged.exitCode).not.toBe(0)
    expect(JSON.stringify(damaged)).toContain('checksum')
  })
})
