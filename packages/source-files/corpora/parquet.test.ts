import { createHash } from 'node:crypto'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Element, type SchemaElement } from '../src/parquet-element.ts'
import { Thrift, writeStruct } from '../src/thrift.ts'
import { errorOf, type Opened, open, type Row } from '../test/harness.ts'
import { rewritten } from '../test/parquet-files.ts'
import { parquetRowsWith } from '../test/parquet-rows.ts'
import { agreesWithKnown } from './agrees.ts'
import { type Account, accountsOf, corpora, type Known, python } from './python.ts'

const vega = path.join(createRequire(import.meta.url).resolve('vega-datasets'), '../../data')
const written = mkdtempSync(path.join(tmpdir(), 'corpora-'))
afterAll(() => rmSync(written, { recursive: true, force: true }))
python('written.py', [written])
for (const name of globSync('variant-*.parquet', { cwd: written })) {
  const file = path.join(written, name)
  writeFileSync(file, await rewritten(file, saidToBeVariant))
}

/** pyarrow writes the groups of a VARIANT, and does not say what they are. */
function saidToBeVariant({ name, children, fields }: SchemaElement): SchemaElement['fields'] {
  const ofVariant = { id: 16, type: Thrift.struct, value: writeStruct([]) }
  return name === 'v' && children > 1
    ? [...fields, { id: Element.logical, type: Thrift.struct, value: writeStruct([ofVariant]) }]
    : fields
}

const found = (root: string): string[] =>
  globSync('**/*.parquet', { cwd: root })
    .sort()
    .map((file) => path.join(root, file))
const theirs = found(path.join(corpora, 'python')).filter((file) => file.includes('pyarrow/tests/data'))
const ours = found(written)

it('pyarrow has files of its own, and writes some', () => {
  expect([theirs.length, ours.length]).toEqual([4, expect.any(Number)])
  expect(ours.length).toBeGreaterThan(1500)
})

/** What DuckDB cannot read, by the reason that is given. */
const REFUSED: Readonly<Record<string, string>> = Object.fromEntries(
  ['encoding-i-BYTE_STREAM_SPLIT', 'split-half-0', 'split-fixed-0', 'split-decimal128_28_9-0'].map((name) => [
    `${name}.parquet`,
    'uses the encoding BYTE_STREAM_SPLIT for a type that cannot be read with it: write it again with another encoding',
  ]),
)

const all = [...theirs, ...ours]
const accounts = accountsOf<Known>(all.map((file) => ({ path: file })))

const tableOf = (file: string): string => path.basename(file, '.parquet')
/** By what is in them: each source starts a DuckDB, so one reads many files. */
const groups = Map.groupBy(all.entries(), ([, file]) => tableOf(file).replace(/-\w+$/, ''))

it.each([...groups])('%s', async (_name, files) => {
  const source = await open(Object.fromEntries(files.map(([, file]) => [tableOf(file), { path: file }])))
  for (const [at, file] of files) {
    const refused = REFUSED[path.basename(file)]
    if (refused === undefined) expect(await wrongIn(source, tableOf(file), accounts[at]!), file).toEqual([])
    else expect((await errorOf(source.read(tableOf(file)))).message).toContain(refused)
  }
})

describe('each column by itself, its pages cut', () => {
  it.each([...groups])('%s', async (_name, files) => {
    const source = await open(Object.fromEntries(files.map(([, file]) => [tableOf(file), { path: file }])))
    for (const [at, file] of files) {
      const types = source.types(tableOf(file)) as Parameters<typeof parquetRowsWith>[2]
      const rows = await parquetRowsWith(source.client, file, types, { above: 0, into: 4000 })
      expect(wrongRows(source, tableOf(file), accounts[at]!, rows), file).toEqual([])
    }
  })
})

async function wrongIn(source: Opened, table: string, account: Account<Known>): Promise<readonly string[]> {
  return wrongRows(source, table, account, await source.read(table))
}

function wrongRows(source: Opened, table: string, account: Account<Known>, rows: readonly Row[]): readonly string[] {
  const names = source.table(table).columns.map(({ name }) => name)
  expect([account.error, names]).toEqual([undefined, account.names])
  expect(rows).toHaveLength(account.rows.length)
  return account.rows.flatMap((values, at) =>
    values.flatMap((known, column) => {
      const value = rows[at]![names[column]!]
      return agreesWithKnown(value, known, source.table(table).columns[column]!.type === 'json')
        ? []
        : [`row ${at + 1}, ${names[column]}: ${JSON.stringify(known)} is ${JSON.stringify(value)} (${typeof value})`]
    }),
  )
}

it('flights-3m.parquet, row after row', async () => {
  const file = path.join(vega, 'flights-3m.parquet')
  const source = await open({ t: { path: file } })
  expect(source.types()).toMatchObject({ date: 'local_timestamp', delay: 'integer', origin: 'text' })
  const names = source.table().columns.map(({ name }) => name)
  const digest = createHash('sha256')
  let rows = 0
  const { client } = source
  const [partition] = await source.files()
  const question = { client, partition, signal: new AbortController().signal, log: console }
  for await (const page of source.table().read(question as never)) {
    const read = page as readonly Row[]
    rows += read.length
    digest.update(read.map((row) => `${lineOf(row, names)}\n`).join(''))
  }
  expect(`${rows} ${digest.digest('hex')}\n`).toBe(python('digest.py', [file]))
})

function lineOf(row: Row, names: readonly string[]): string {
  return names
    .map((name) => (name === 'date' ? String(Date.parse(`${String(row[name])}Z`) * 1000) : String(row[name] ?? '')))
    .join('\t')
}
