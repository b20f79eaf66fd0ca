import { setTimeout as sleep } from 'node:timers/promises'
import { SqlConfig } from '../src/config.ts'
import { connect } from '../src/source.ts'
import { tablesOf } from '../src/tables.ts'

/** Reads a table in a process of its own, which has little memory, and says how many rows there were. */
const [url, name] = process.argv.slice(2)
const log = { debug() {}, info() {}, warn() {} }
const { signal } = new AbortController()
const client = connect(SqlConfig.parse({ url, views: true }))
const tables = await tablesOf({ client, signal, log, tracked: { columns: () => undefined } })
let rows = 0
let widest = 0
for await (const page of tables.find((table) => table.name === name)!.read({ client, signal, log } as never)) {
  const list = page as Record<string, unknown>[]
  rows += list.length
  widest = Math.max(
    widest,
    list.reduce((sum, row) => sum + String(row['v'] ?? '').length, 0),
  )
  // Whoever writes them takes longer than the server.
  await sleep(2)
}
await client.close()
const rssMb = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(JSON.stringify({ rows, widest, rssMb }))
