import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Source } from '@tidemark/core'
import { type FeedChange, testFeed } from '@tidemark/testkit'
import source from '../src/index.ts'

/** A connector that reads the events of an HTTP API, and says its key wherever it can. */
const CONNECTOR = `
import json, urllib.parse, urllib.request
from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Logging as log
from fivetran_connector_sdk import Operations as op

def schema(configuration):
    return [
        {"table": "orders", "primary_key": ["id"], "columns": {"id": "LONG", "note": "STRING", "total": "DECIMAL"}},
        {"table": "lines", "primary_key": ["order", "line"], "columns": {"order": "LONG", "line": "LONG", "v": "DOUBLE"}},
    ]

def events(configuration, since):
    key = configuration["api_key"]
    log.info(f"asks with {key}")
    print(f"asks with {key}")
    query = urllib.parse.urlencode({"folder": configuration["folder"], "from": since, "key": key})
    try:
        with urllib.request.urlopen(f"{configuration['url']}/events?{query}") as answer:
            return json.load(answer)
    except Exception as error:
        raise RuntimeError(f"{configuration['url']}/events?{query} failed") from error

def update(configuration, state):
    at = state.get("at", 0)
    for event in events(configuration, at):
        if event["op"] == "upsert":
            op.upsert(event["table"], event["row"])
        else:
            op.delete(event["table"], event["row"])
        at += 1
        if at % 3 == 0:
            op.checkpoint({"at": at})
    op.checkpoint({"at": at})

connector = Connector(update=update, schema=schema)
`

type Row = Readonly<Record<string, unknown>>
interface Event {
  readonly op: 'upsert' | 'delete'
  readonly table: string
  readonly row: Row
}

const KEYS: Readonly<Record<string, readonly string[]>> = { orders: ['id'], lines: ['order', 'line'] }
const keyOf = (table: string, row: Row): Row => Object.fromEntries(KEYS[table]!.map((name) => [name, row[name]]))

const eventsIn = (folder: string): readonly Event[] =>
  readFileSync(join(folder, 'events'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const happens = ({ folder, table }: FeedChange, op: Event['op'], row: Row): void =>
  appendFileSync(join(folder, 'events'), `${JSON.stringify({ op, table, row })}\n`)

function rows({ folder, table }: FeedChange): readonly Row[] {
  const found = new Map<string, Row>()
  for (const { op, row, ...event } of eventsIn(folder)) {
    if (event.table !== table) continue
    const key = JSON.stringify(keyOf(table, row))
    if (op === 'delete') found.delete(key)
    else found.set(key, row)
  }
  return [...found.values()]
}

let next = 100

testFeed(source as unknown as Source, {
  fixtures: (folder) => {
    writeFileSync(join(folder, 'connector.py'), CONNECTOR)
    writeFileSync(join(folder, 'events'), '')
    for (let id = 1; id <= 7; id++) {
      happens({ folder, url: '', table: 'orders' }, 'upsert', { id, note: `note ${id}`, total: `${id}.25` })
      happens({ folder, url: '', table: 'lines' }, 'upsert', { order: id % 3, line: id, v: id / 4 })
    }
    happens({ folder, url: '', table: 'orders' }, 'delete', { id: 3 })
  },
  config: ({ folder, url }) => ({
    connector: folder,
    configuration: { url, folder },
    secrets: { api_key: 'a key that nobody sees' },
  }),
  server: (request) => {
    const { searchParams: asked } = new URL(request.url)
    return Response.json(eventsIn(asked.get('folder')!).slice(Number(asked.get('from'))))
  },
  rows,
  add: (change) => {
    const id = next++
    happens(
      change,
      'upsert',
      change.table === 'orders' ? { id, note: 'new', total: '0.5' } : { order: id, line: 1, v: 1 },
    )
  },
  edit: ({ row, ...change }) =>
    happens(change, 'upsert', change.table === 'orders' ? { ...row, note: 'edited' } : { ...row, v: 9.5 }),
  remove: ({ row, ...change }) => happens(change, 'delete', keyOf(change.table, row)),
})
