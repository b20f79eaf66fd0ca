// A tap over the events of an HTTP API, which says its key wherever it can. A state every 3 events.
import { readFileSync } from 'node:fs'

const args = process.argv.slice(2)
const read = (option) =>
  args.includes(option) ? JSON.parse(readFileSync(args[args.indexOf(option) + 1], 'utf8')) : undefined
const { url, folder, api_key: key } = read('--config')
const integer = { type: 'integer' }
const text = { type: ['null', 'string'] }
const streams = {
  orders: { key: ['id'], properties: { id: integer, note: text, total: { type: ['null', 'number'] } } },
  lines: { key: ['order', 'line'], properties: { order: integer, line: integer, note: text } },
}
const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
const schemaOf = ({ properties }) => ({ type: 'object', properties: { ...properties, _sdc_deleted_at: text } })

if (args.includes('--discover')) {
  const entries = Object.entries(streams).map(([name, stream]) => ({
    tap_stream_id: name,
    stream: name,
    key_properties: stream.key,
    schema: schemaOf(stream),
    metadata: [{ breadcrumb: [], metadata: { 'forced-replication-method': 'LOG_BASED' } }],
  }))
  process.stdout.write(JSON.stringify({ streams: entries }))
} else {
  let at = read('--state')?.bookmarks.orders.at ?? 0
  const asked = `${url}/events?${new URLSearchParams({ folder, from: String(at), key })}`
  process.stderr.write(`asks ${asked} with ${key}\n`)
  const answer = await fetch(asked)
  if (!answer.ok) throw new Error(`${answer.status} for ${asked}, with ${key}`)
  for (const [stream, one] of Object.entries(streams))
    write({ type: 'SCHEMA', stream, schema: schemaOf(one), key_properties: one.key })
  const state = () => write({ type: 'STATE', value: { bookmarks: { orders: { at }, lines: { at } } } })
  for (const { op, table, row } of await answer.json()) {
    const deleted = op === 'delete' ? { _sdc_deleted_at: '2024-01-01T00:00:00Z' } : {}
    write({ type: 'RECORD', stream: table, record: { ...row, ...deleted } })
    if (++at % 3 === 0) state()
  }
  state()
}
