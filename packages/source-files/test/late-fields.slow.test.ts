import { appendFileSync, writeFileSync } from 'node:fs'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { listFiles } from '../src/listing.ts'
import { lookInto } from '../src/look.ts'
import { committed, Folder, judged, open, opened, remembered } from './harness.ts'

const records = Array.from({ length: 12_000 }, (_, id) => (id < 11_000 ? { id } : { id, late: `value ${id}` }))
const ndjson = records.map((record) => `${JSON.stringify(record)}\n`).join('')

describe('a field that comes late in a file', () => {
  it.each<[string, string | Uint8Array]>([
    ['x.ndjson', ndjson],
    ['x.json', JSON.stringify(records)],
    ['x.ndjson.gz', gzipSync(ndjson)],
    ['x.ndjson.zst', zstdCompressSync(ndjson)],
  ])('is a column with all its values: %s', async (name, content) => {
    const source = await opened(name, content)
    expect(source.types()).toEqual({ id: 'integer', late: 'text' })
    expect(await source.read()).toEqual(records)
  })

  it('is a column with the last of two hundred files', async () => {
    const folder = new Folder()
    for (let at = 0; at < 200; at++)
      folder.write(`${1000 + at}.ndjson`, at === 151 ? '{"id":151,"late":true}\n' : `{"id":${at}}\n`)
    const source = await open({ t: { path: folder.at('*.ndjson') } })
    expect(source.types()).toEqual({ id: 'integer', late: 'boolean' })
  })

  it('of a known table comes with the file that changed, and no other is looked at', async () => {
    const folder = new Folder()
    folder.write('1.ndjson', '{"id":1}\n')
    folder.write('2.ndjson', '{"id":2}\n')
    const tables = { t: { path: folder.at('*.ndjson') } }
    const first = await open(tables)
    const state = { partitions: await committed(first) }
    appendFileSync(folder.at('2.ndjson'), '{"id":3,"late":1}\n'.repeat(11_000))
    const second = await open(tables, { t: remembered(first) }, state)
    expect(second.types()).toEqual({ id: 'integer', late: 'integer' })
    // Only that it was not looked into keeps this one from being found.
    writeFileSync(folder.at('1.ndjson'), '{"it":1}\n')
    const before = await committed(await open(tables))
    expect((await open(tables, { t: remembered(first) }, { partitions: before })).types()).toEqual({ id: 'integer' })
  })

  it('is looked for in no more than a part of rows that are wide', async () => {
    const folder = new Folder()
    const wide = Array.from({ length: 12 }, (_, id) => ({ id, text: 'x'.repeat(1 << 20) }))
    folder.write('x.ndjson', wide.map((record) => `${JSON.stringify(record)}\n`).join(''))
    folder.write('x.csv', `id,text\n${wide.map(({ id, text }) => `${id},${text}\n`).join('')}`)
    const log = { debug() {}, info() {}, warn() {} }
    const { signal } = new AbortController()
    for (const name of ['x.ndjson', 'x.csv']) {
      const { client } = await open({ t: { path: folder.at(name) } })
      const [file] = await listFiles(folder.at(name))
      const looking = { client, table: client.tables[0]!, signal, log, isLate: () => false }
      const depth = { bytes: 1000, cells: 1_000_000, most: 2 << 20 }
      const { bytes, isWhole } = await lookInto(file!, looking, depth, new Map())
      expect(isWhole).toBe(false)
      expect(bytes).toBeLessThan(4 << 20)
    }
  })

  it('beyond the limit is a column of the next run, and holds whatever is there', async () => {
    const folder = new Folder()
    folder.write('x.ndjson', ndjson)
    const tables = { t: { path: folder.at('x.ndjson') } }
    const small = { scanLimit: '1KB' }
    const first = await open(tables, {}, {}, small)
    expect(first.types()).toEqual({ id: 'integer' })
    await first.read()
    expect(first.warnings).toMatchObject([
      { message: expect.stringContaining('scanLimit'), fields: { columns: ['late'] } },
    ])
    const state = { partitions: await committed(first), undeclared: ['late'] }
    const second = await open(tables, { t: remembered(first) }, state, small)
    expect(second.types()).toEqual({ id: 'integer', late: 'json' })
    expect(judged(second, await second.read()).bad).toEqual([])
    expect(await second.read()).toEqual(records)
  })
})

it('what takes too long is looked at in samples, so that the engine has its answer', async () => {
  const folder = new Folder()
  folder.write('x.ndjson', ndjson)
  const now = vi.spyOn(performance, 'now')
  // Each look at the clock finds a minute gone.
  let minutes = 0
  now.mockImplementation(() => ++minutes * 60_000)
  try {
    const source = await open({ t: { path: folder.at('x.ndjson') } })
    expect(source.types()).toEqual({ id: 'integer' })
  } finally {
    now.mockRestore()
  }
})

describe('a type that changes late in a file', () => {
  const rows = 20_100
  it.each<[string, string, (value: string) => string, string, string]>([
    ['integer and text', 'text', (value) => value, '7', 'seven'],
    ['integer and a fraction', 'double', (value) => value, '7', '7.5'],
    ['date and text', 'text', (value) => value, '2024-01-01', 'never'],
    ['boolean and text', 'text', (value) => value, 'true', 'yes'],
    ['integer and one with a zero before it', 'text', (value) => value, '7', '007'],
  ])('grows, and no row is rejected: CSV, %s', async (_name, type, write, early, late) => {
    const lines = Array.from({ length: rows }, (_, at) => `${at},${write(at < 20_000 ? early : late)}\n`)
    const source = await opened('x.csv', `id,v\n${lines.join('')}`)
    expect(source.types()).toEqual({ id: 'integer', v: type })
    const { good, bad } = judged(source, await source.read())
    expect([good.length, bad.length]).toEqual([rows, 0])
    expect(good.at(-1)!['v']).toEqual(type === 'double' ? 7.5 : late)
  })

  it.each([
    ['1', '"a"', 'json'],
    ['1', '2.5', 'double'],
    ['1', '12345678901234567890', 'numeric'],
    ['"2024-01-01"', '"someday"', 'text'],
    ['null', '1.0', 'double'],
    ['1', '1e2', 'double'],
    ['{"a":1}', '5', 'json'],
  ])('grows, and no row is rejected: JSON, %s and %s', async (early, late, type) => {
    const lines = Array.from({ length: rows }, (_, at) => `{"id":${at},"v":${at < 20_000 ? early : late}}`)
    for (const [name, content] of [
      ['x.ndjson', lines.join('\n')],
      ['x.json', `[${lines.join(',')}]`],
    ] as const) {
      const source = await opened(name, content)
      expect(source.types()).toEqual({ id: 'integer', v: type })
      expect(judged(source, await source.read()).bad).toEqual([])
    }
  })
})

it('keys that are data do not fill the memory: more than ten thousand fields are an error', async () => {
  const lines = Array.from({ length: 11_000 }, (_, at) => `{"user ${at}":1}\n`)
  await expect(opened('x.ndjson', lines.join(''))).rejects.toMatchObject({
    remedy: 'fix-config',
    message: expect.stringContaining('more than 10000 different fields'),
  })
})
