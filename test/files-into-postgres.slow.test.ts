import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Source, Table } from '@tidemark/core'
import { isBinaryPage } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, sync } from '@tidemark/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import files from '@tidemark/source-files'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

type Read = Table['read']

let server: PostgresServer
let folder: string
beforeAll(async () => {
  server = await startPostgres()
  folder = mkdtempSync(join(tmpdir(), 'files-into-postgres-'))
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

/** How many rows came with fields in the binary form. */
let held = 0
const watched = (read: Read): Read =>
  async function* (question) {
    for await (const page of read(question)) {
      if (isBinaryPage(page))
        for (let at = 0; at < page.offsets.length; at += 2) if (page.offsets[at] !== page.offsets[at + 1]) held++
      yield page
    }
  }
const asRows =
  (read: Read): Read =>
  (question) =>
    read({ ...question, binary: undefined } as typeof question)

async function synced(
  path: string,
  table: object,
  reads: (read: Read) => Read,
): Promise<{ report: Report; rows: (text: string) => Promise<unknown[][]> }> {
  const own = files as unknown as { tables: (context: unknown) => Promise<Table[]> }
  const tables = async (context: unknown): Promise<Table[]> =>
    (await own.tables(context)).map((one) => ({ ...one, read: reads(one.read.bind(one)) }))
  const source = { ...own, tables } as unknown as Source
  const { url, schema } = await server.newSchema()
  const runner = { id: `test-${performance.now()}`, host: 'test', pid: process.pid, startedAt: 0n }
  const destination = await openDestination({ url, runner })
  try {
    const config = { tables: { t: { path, minAge: '0s', ...table } } }
    const report = await sync({ sources: [{ name: 'files', source, config, options: {} }], destination })
    return { report, rows: (text) => server.rows(text.replaceAll('$', `${schema}.`)) as Promise<unknown[][]> }
  } finally {
    await destination.close()
  }
}

/** Values of a column: first those that are written plainly, then others. */
const VALUES: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
  t: [
    ['"open"', '""', '"é 😀"', 'null', '"a \\"b\\" \\\\ \\u00e9\\n"'],
    ['"\\u0000"', '"\\ud800"', '12', '{"a":1}'],
  ],
  i: [
    ['0', '-12', '999999999999999', 'null'],
    ['-0', '1.0', '1e3', '9007199254740993', '92233720368547758080', '"7"', 'true'],
  ],
  d: [
    ['0.5', '-12.25', '100', '0.8444218515250481', '1.50', 'null'],
    ['-0.0', '1e400', '12345678901234567890', '1e-7', '"x"'],
  ],
  b: [
    ['true', 'false', 'null'],
    ['0', '"true"'],
  ],
  day: [
    ['"2024-02-29"', '"0001-01-01"', 'null'],
    ['"2023-02-29"', '"2024-02-29T00:00:00Z"'],
  ],
  at: [
    ['"2024-02-29T10:20:30Z"', '"1969-12-31T23:59:59.999999+05:30"', '"2024-02-29T10:20:30.1234567Z"', 'null'],
    ['"0000-01-01T00:00:00+01:00"', '"9999-12-31T23:59:59Z"', '"2024-02-29T10:20:60Z"', '"2024-02-29"'],
  ],
  l: [
    ['"2024-02-29T10:20:30"', '"2024-02-29 10:20:30.5"', 'null'],
    ['"1583-01-01T00:00:00"', '"2024-02-29T10:20Z"'],
  ],
  j: [
    ['[]', '{"a":[1,2.5,null,"é"],"b":{"c":"\\n"}}', '"x"', '12', 'false', 'null'],
    ['{"a":1.0}', '[-0]', '"\\u0000"', '["\\ud800"]', '{"a":1,"a":2}', '1e2', '[12345678901234567890]'],
  ],
}
const COLUMNS = {
  id: 'integer',
  t: 'text',
  i: 'integer',
  d: 'double',
  b: 'boolean',
  day: 'date',
  at: 'timestamp',
  l: 'local_timestamp',
  j: 'json',
}

/** The same numbers in each test. */
function random(): (below: number) => number {
  let state = 12345
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return Math.floor((state / 0x80000000) * below)
  }
}

/** Lines whose keys come twice, some with values that are not written plainly, some without a field. */
function linesOf(count: number): string {
  const below = random()
  const lines = Array.from({ length: count }, (_, n) => {
    const isOdd = below(100) === 0
    const fields = Object.entries(VALUES).map(([name, [plain, odd]]) => {
      if (below(30) === 0) return undefined
      const values = isOdd && below(4) === 0 ? odd : plain
      return `"${name}":${values[below(values.length)]}`
    })
    const id = below(2000) === 0 ? 'null' : String(n % 3 === 0 ? n / 3 : n % 4000)
    return `{${[`"id":${id}`, ...fields.filter((field) => field !== undefined)].join(',')}}`
  })
  return `${lines.join('\n')}\n`
}

const REJECTS = 'select key, code, message, payload from $_tidemark_rejects order by payload, key'

/** Syncs a file in both ways. @returns how many rows came with fields. */
async function compared(path: string, table: object): Promise<{ readonly held: number; readonly read: number }> {
  held = 0
  const fast = await synced(path, table, watched)
  const plain = await synced(path, table, asRows)
  const [ours, theirs] = [fast, plain].map(({ report }) => report.tables[0]!.rows)
  expect(ours).toEqual(theirs)
  const columns = `select string_agg(quote_ident(column_name), ', ' order by column_name) from information_schema.columns
    where table_schema || '.' = '$' and table_name = 'files_t' and column_name !~ '^_(synced_at|run)'`
  const [[names] = []] = await fast.rows(columns)
  const query = `select (t.*)::text from (select ${names} from $files_t) as t order by 1`
  expect(await fast.rows(query)).toEqual(await plain.rows(query))
  expect(await fast.rows(REJECTS)).toEqual(await plain.rows(REJECTS))
  return { held, read: ours!.read }
}

describe('a file is stored in Postgres as its rows are, and rejected as they are', () => {
  it('where it is NDJSON', async () => {
    const path = join(folder, 't.ndjson')
    writeFileSync(path, linesOf(30_000))
    const { held, read } = await compared(path, { primaryKey: ['id'], columns: COLUMNS })
    expect(read).toBe(30_000)
    expect(held).toBeGreaterThan(20_000)
    expect((await compared(path, { columns: COLUMNS })).held).toBeGreaterThan(20_000)
  })

  it('where it is CSV', async () => {
    const path = join(folder, 't.csv')
    const names = ['id', ...Object.keys(VALUES)]
    const rows = linesOf(30_000)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const cell = (value: unknown): string => {
      const text = typeof value === 'string' ? value.toWellFormed() : value === undefined ? null : JSON.stringify(value)
      return text === null || text === 'null' ? '' : `"${text.replaceAll('"', '""')}"`
    }
    // A row that does not fit its file.
    const lines = rows.map(
      (row, n) => `${names.map((name) => cell(row[name])).join(',')}${n % 5000 === 7 ? ',more' : ''}\n`,
    )
    writeFileSync(path, `${names.join(',')}\n${lines.join('')}`)
    const columns = { ...COLUMNS, d: 'numeric', j: 'text' }
    for (const table of [{ primaryKey: ['id'], columns }, { columns: COLUMNS }, {}]) {
      const { held, read } = await compared(path, table)
      expect(read).toBe(30_000)
      expect(held).toBeGreaterThan(20_000)
    }
  })

  it('where a text of CSV that is declared to be JSON is none', async () => {
    const path = join(folder, 'json.csv')
    writeFileSync(path, `id,j\n${Array.from({ length: 2000 }, (_, n) => `${n},${n === 7 ? '{' : '[1]'}\n`).join('')}`)
    const table = { primaryKey: ['id'], columns: { j: 'json' } }
    expect(await compared(path, table)).toEqual({ held: 1999, read: 2000 })
    const { rows } = await synced(path, table, watched)
    expect(await rows('select message from $_tidemark_rejects')).toEqual([
      [expect.stringContaining('expected JSON as a text')],
    ])
  })

  it('where the last version of a key is one that comes as a row', async () => {
    const path = join(folder, 'last.ndjson')
    const versions = [
      [1, '"plain"'],
      [2, '12'],
      [1, '13'],
      [2, '"plain too"'],
      [3, '14'],
      [3, '"last"'],
      [4, '"first"'],
      [4, '15'],
    ]
    writeFileSync(path, `{"id":0,"t":null}\n${versions.map(([id, t]) => `{"id":${id},"t":${t}}\n`).join('')}`)
    const table = { primaryKey: ['id'], columns: { t: 'text' } }
    expect(await compared(path, table)).toEqual({ held: 4, read: 9 })
    const { rows } = await synced(path, table, watched)
    expect(await rows('select id, t from $files_t order by id')).toEqual([
      ['0', null],
      ['1', '13'],
      ['2', 'plain too'],
      ['3', 'last'],
      ['4', '15'],
    ])
  })
})
