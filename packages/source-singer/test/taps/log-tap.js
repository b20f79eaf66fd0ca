// A tap over a system in which every event follows from its number: it sends those from its state up to `until`, a state every 50.
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const args = process.argv.slice(2)
const read = (option) =>
  args.includes(option) ? JSON.parse(readFileSync(args[args.indexOf(option) + 1], 'utf8')) : undefined
const { until, pid } = read('--config')
const integer = { type: 'integer' }
const text = { type: ['null', 'string'] }
const streams = {
  items: { key: ['id'], method: 'LOG_BASED', properties: { id: integer, version: integer, _sdc_deleted_at: text } },
  visits: { key: [], method: 'INCREMENTAL', properties: { page: text, number: integer } },
  tags: { key: ['id'], method: 'FULL_TABLE', properties: { id: integer, name: text } },
}
const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

if (args.includes('--discover')) {
  const entries = Object.entries(streams).map(([name, { key, method, properties }]) => ({
    tap_stream_id: name,
    stream: name,
    key_properties: key,
    schema: { type: 'object', properties },
    metadata: [{ breadcrumb: [], metadata: { 'forced-replication-method': method } }],
  }))
  process.stdout.write(JSON.stringify({ streams: entries }))
} else {
  writeFileSync(pid, String(process.pid))
  for (const [stream, { key, properties }] of Object.entries(streams))
    write({ type: 'SCHEMA', stream, schema: { type: 'object', properties }, key_properties: key })
  const from = read('--state')?.bookmarks.items.at ?? 0
  for (let at = from; at < until; at++) {
    const deleted = at % 7 === 3 ? '2024-01-01T00:00:00Z' : null
    write({ type: 'RECORD', stream: 'items', record: { id: at % 500, version: at, _sdc_deleted_at: deleted } })
    // A tap sends what is at its bookmark again.
    for (const number of at === from && at > 0 ? [at - 1, at] : [at])
      write({ type: 'RECORD', stream: 'visits', record: { page: `/${number % 10}`, number } })
    if (at % 50 === 49) {
      write({ type: 'STATE', value: { bookmarks: { items: { at: at + 1 }, visits: { number: at } } } })
      await sleep(5)
    }
  }
  for (let id = 0; id < 50; id++) write({ type: 'RECORD', stream: 'tags', record: { id, name: `tag ${id}` } })
  write({ type: 'STATE', value: { bookmarks: { items: { at: until }, visits: { number: until } } } })
}
