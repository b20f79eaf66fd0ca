import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Files } from '../src/client.ts'
import { FilesConfig } from '../src/config.ts'
import { parquetRows } from '../src/parquet.ts'
import { openParquet } from '../src/parquet-file.ts'

// Reads columns of a file in a process of its own, and says what their values are and how much memory that took.

const { signal } = new AbortController()
const [path, type, ...names] = process.argv.slice(2) as [string, 'text' | 'json', ...string[]]
const client = new Files(FilesConfig.parse({ tables: { t: { path } } }))
const hash = createHash('sha256')
let rows = 0
try {
  await using file = await openParquet(path, client, signal, 'check')
  const wanted = names.map((name) => ({ name, type, declared: false }))
  for await (const page of parquetRows(client, file, wanted, signal))
    for (const row of page) {
      for (const name of names) hash.update(type === 'json' ? JSON.stringify(row[name]) : String(row[name]))
      rows++
    }
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  console.log(JSON.stringify({ rows, sum: hash.digest('hex'), peakMb: Math.round(Number(peak) / 1024) }))
} catch (error) {
  console.log(JSON.stringify({ error: String(error) }))
}
await client.close()
