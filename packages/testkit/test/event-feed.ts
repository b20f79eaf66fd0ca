import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FeedChange, FeedRowChange } from '../src/index.ts'

type Row = Readonly<Record<string, unknown>>
interface Event {
  readonly op: 'upsert' | 'delete'
  readonly table: string
  readonly row: Row
}

/** How the rows of the two tables look: `orders` has the key `id`, `lines` has `order` and `line`. */
export interface EventRows {
  order(id: number): Row
  line(order: number, line: number): Row
  /** What an edit sets. */
  readonly edited: { readonly orders: Row; readonly lines: Row }
}

const KEYS: Readonly<Record<string, readonly string[]>> = { orders: ['id'], lines: ['order', 'line'] }
const keyOf = (table: string, row: Row): Row => Object.fromEntries(KEYS[table]!.map((name) => [name, row[name]]))

/** An API that tells events of two tables, from a file in a folder, and what a program does that reads them: for the laws of `testFeed`. */
export function eventFeed({ order, line, edited }: EventRows) {
  let next = 100
  return {
    fixtures: (folder: string): void => {
      writeFileSync(join(folder, 'events'), '')
      for (let id = 1; id <= 7; id++) {
        happens({ folder, table: 'orders' }, 'upsert', order(id))
        happens({ folder, table: 'lines' }, 'upsert', line(id % 3, id))
      }
      happens({ folder, table: 'orders' }, 'delete', { id: 3 })
    },
    server: (request: Request): Response => {
      const { searchParams: asked } = new URL(request.url)
      return Response.json(eventsIn(asked.get('folder')!).slice(Number(asked.get('from'))))
    },
    rows,
    add: (change: FeedChange): void => {
      const id = next++
      happens(change, 'upsert', change.table === 'orders' ? order(id) : line(id, 1))
    },
    edit: ({ row, ...change }: FeedRowChange): void =>
      happens(change, 'upsert', { ...row, ...edited[change.table as 'orders' | 'lines'] }),
    remove: ({ row, ...change }: FeedRowChange): void => happens(change, 'delete', keyOf(change.table, row)),
  }
}

type Where = Pick<FeedChange, 'folder' | 'table'>

const happens = ({ folder, table }: Where, op: Event['op'], row: Row): void =>
  appendFileSync(join(folder, 'events'), `${JSON.stringify({ op, table, row })}\n`)

const eventsIn = (folder: string): readonly Event[] =>
  readFileSync(join(folder, 'events'), 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text))

/** The rows that a table has by now. */
function rows({ folder, table }: Where): readonly Row[] {
  const found = new Map<string, Row>()
  for (const { op, row, ...event } of eventsIn(folder)) {
    if (event.table !== table) continue
    const key = JSON.stringify(keyOf(table, row))
    if (op === 'delete') found.delete(key)
    else found.set(key, row)
  }
  return [...found.values()]
}
