import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, it } from 'vitest'
import { Folder, open } from './harness.ts'

const run = promisify(execFile)
const MB = 1024 * 1024
const package_ = path.join(import.meta.dirname, '..')

/** Reads one table in a process of its own; prints its types, the number of its rows, and the rows if they are few. */
const CHILD = `
  const { Files } = await import(process.argv[1] + '/src/client.ts')
  const { FilesConfig } = await import(process.argv[1] + '/src/config.ts')
  const { tablesOf } = await import(process.argv[1] + '/src/source.ts')
  const client = new Files(FilesConfig.parse({ tables: JSON.parse(process.argv[2]) }))
  const base = { client, signal: new AbortController().signal, log: { debug() {}, info() {}, warn() {} } }
  const out = []
  let most = 0
  let longest = 0
  const lengthOf = (row) => Object.values(row).reduce((sum, value) => sum + (value?.length ?? 0), 0)
  for (const table of await tablesOf({ ...base, tracked: { columns() {} } })) {
    let count = 0
    const kept = []
    for (const partition of await table.partitions.list(base)) {
      for await (const page of table.read({ ...base, partition })) {
        count += page.length
        if (count <= 10) kept.push(...page)
        longest = Math.max(longest, page.reduce((sum, row) => sum + lengthOf(row), 0))
        most = Math.max(most, process.memoryUsage().rss)
      }
    }
    out.push({ name: table.name, types: table.columns.map((c) => [c.name, c.type]), count, kept })
  }
  await client.close()
  console.log(JSON.stringify({ out, most, longest }))
`

async function child(tables: object, options: { readonly env?: object; readonly flags?: readonly string[] } = {}) {
  const { stdout } = await run(
    process.execPath,
    [...(options.flags ?? []), '--input-type=module', '-e', CHILD, package_, JSON.stringify(tables)],
    {
      cwd: package_,
      env: { ...process.env, ...options.env },
      maxBuffer: 1 << 26,
    },
  )
  return JSON.parse(stdout) as { out: { name: string; count: number }[]; most: number; longest: number }
}

describe('in a process of its own', () => {
  const CSV =
    'at,local,day,n\n2024-03-10T02:30:00-05:00,2024-03-10 02:30:00,2024-03-10,1\n0001-01-01T00:00:00Z,1583-10-15 00:00:00,0001-01-01,2\n'

  beforeAll(() => expect(process.versions.node).toMatch(/^24\./))

  it('gives the same in every time zone', async () => {
    const folder = new Folder()
    folder.write('a.csv', CSV)
    folder.write('a.ndjson', '{"at":"2024-03-10T02:30:00-05:00","day":"2024-03-10","n":1}\n')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    await connection.run("SET TimeZone = 'UTC'")
    await connection.run(
      `COPY (SELECT TIMESTAMPTZ '2024-03-10 02:30:00.123456+00' AS tz, TIMESTAMP '2024-03-10 02:30:00' AS ts, DATE '2024-03-10' AS d, [TIMESTAMPTZ '2024-07-01 00:00:00+00'] AS list) TO '${folder.at('a.parquet')}'`,
    )
    const tables = {
      csv: { path: folder.at('a.csv') },
      json: { path: folder.at('a.ndjson') },
      parquet: { path: folder.at('a.parquet') },
    }
    const [utc, ...others] = await Promise.all(
      ['UTC', 'America/New_York', 'Asia/Kathmandu'].map(async (TZ) => (await child(tables, { env: { TZ } })).out),
    )
    expect(utc!.map((table) => table.count)).toEqual([2, 1, 1])
    for (const other of others) expect(other).toEqual(utc)
  })

  it('needs no more memory for a large file than for a small one', async () => {
    const folder = new Folder()
    const lines = Array.from(
      { length: 10_000 },
      (_, at) => `${at},a text of some length ${at},"quoted, ${at}",2024-01-01T00:00:00Z\n`,
    ).join('')
    const out = createWriteStream(folder.at('big.csv'))
    out.write('id,a,b,at\n')
    for (let n = 0; n < 80; n++) if (!out.write(lines)) await once(out, 'drain')
    out.end()
    await once(out, 'finish')
    const flags = ['--max-old-space-size=64', '--max-semi-space-size=8']
    const { out: tables, most } = await child({ big: { path: folder.at('big.csv') } }, { flags })
    expect(tables[0]!.count).toBe(800_000)
    expect(most).toBeLessThan(400 * MB)
  })

  it('takes wide rows of Parquet in pages of few, and holds few of them', async () => {
    const folder = new Folder()
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const text = (length: number) => `i || ' ' || repeat('x', ${length})`
    await connection.run(
      `COPY (SELECT i, ${text(20_000)} AS t FROM range(30000) r(i)) TO '${folder.at('many.parquet')}'`,
    )
    await connection.run(
      `COPY (SELECT i, CASE WHEN i % 3 > 0 THEN encode(${text(500_000)}) END AS t FROM range(90) r(i)) TO '${folder.at('wide.parquet')}'`,
    )
    const flags = ['--max-old-space-size=96', '--max-semi-space-size=8']
    const tables = { many: { path: folder.at('many.parquet') }, wide: { path: folder.at('wide.parquet') } }
    const { out, most, longest } = await child(tables, { flags })
    expect(out.map(({ count }) => count)).toEqual([30_000, 90])
    expect(longest).toBeLessThan(5 * MB)
    expect(most).toBeLessThan(800 * MB)
  })
})

describe('stopping', () => {
  it('ends a running query soon after the signal', async () => {
    const folder = new Folder()
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    await connection.run(
      `COPY (SELECT i, i % 1000 AS k, repeat('x', 100) AS t FROM range(1000000) r(i)) TO '${folder.at('a.parquet')}'`,
    )
    const opened = await open({ t: { path: folder.at('a.parquet') } })
    const stop = new AbortController()
    const reason = new Error('stopped')
    const [partition] = await opened.files()
    const pages = opened
      .table()
      .read({ client: opened.client, partition, signal: stop.signal, log: console } as never)
      [Symbol.asyncIterator]()
    await pages.next()
    const started = performance.now()
    const rest = (async () => {
      while (!(await pages.next()).done);
    })()
    stop.abort(reason)
    await expect(rest).rejects.toBe(reason)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it.each(['a.csv', 'a.csv.gz', 'a.ndjson', 'a.parquet'])(
    'frees what a read holds when its consumer leaves, and fails when it was aborted: %s',
    async (name) => {
      const folder = new Folder()
      const { gzipSync } = await import('node:zlib')
      const rows = Array.from({ length: 300_000 }, (_, at) => at)
      if (name.startsWith('a.csv'))
        folder.write(name, name.endsWith('gz') ? gzipSync(`i\n${rows.join('\n')}\n`) : `i\n${rows.join('\n')}\n`)
      else if (name === 'a.ndjson') folder.write(name, rows.map((i) => `{"i":${i}}`).join('\n'))
      else
        await (await (await DuckDBInstance.create(':memory:')).connect()).run(
          `COPY (SELECT range AS i FROM range(300000)) TO '${folder.at(name)}'`,
        )
      const opened = await open({ t: { path: folder.at(name) } })
      const [partition] = await opened.files()
      for await (const page of opened
        .table()
        .read({ client: opened.client, partition, signal: new AbortController().signal, log: console } as never)) {
        expect(page).not.toHaveLength(0)
        break
      }
      const reason = new Error('stopped')
      await expect(opened.read('t', undefined, AbortSignal.abort(reason))).rejects.toBe(reason)
      expect(await opened.read()).toHaveLength(300_000)
    },
  )

  it('closes', async () => {
    const folder = new Folder()
    folder.write('a.csv', 'a\n1\n')
    const opened = await open({ t: { path: folder.at('a.csv') } })
    await opened.client.close()
    await opened.client.close()
  })
})
