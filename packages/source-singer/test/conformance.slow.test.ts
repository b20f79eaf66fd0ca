import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Source } from '@tidemark/core'
import { type FeedChange, testFeed } from '@tidemark/testkit'
import source from '../src/index.ts'

const TAP = join(import.meta.dirname, 'taps/event-tap.js')

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
    writeFileSync(join(folder, 'events'), '')
    for (let id = 1; id <= 7; id++) {
      happens({ folder, url: '', table: 'orders' }, 'upsert', { id, note: `note ${id}`, total: id + 0.25 })
      happens({ folder, url: '', table: 'lines' }, 'upsert', { order: id % 3, line: id, note: `line ${id}` })
    }
    happens({ folder, url: '', table: 'orders' }, 'delete', { id: 3 })
  },
  config: ({ folder, url }) => ({
    command: [process.execPath, TAP],
    config: { url, folder },
    secrets: { api_key: 'a key that nobody sees' },
  }),
  server: (request) => {
    const { searchParams: asked } = new URL(request.url)
    return Response.json(eventsIn(asked.get('folder')!).slice(Number(asked.get('from'))))
  },
  waive: { errors: 'a tap says in words alone why it failed, so whatever it failed with is tried again' },
  rows,
  add: (change) => {
    const id = next++
    happens(
      change,
      'upsert',
      change.table === 'orders' ? { id, note: 'new', total: 0.5 } : { order: id, line: 1, note: 'new' },
    )
  },
  edit: ({ row, ...change }) => happens(change, 'upsert', { ...row, note: 'edited' }),
  remove: ({ row, ...change }) => happens(change, 'delete', keyOf(change.table, row)),
})
