import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type Change, type RowChange, testSource } from '@tidemark/testkit'
import files from '../src/index.ts'

const ORDERS = 'id,shop,total,ordered_at\n1,a,1.50,2026-01-01T10:00:00Z\n2,b,20.00,2026-01-02T10:00:00Z\n'
const EVENTS = ['one', 'two', 'three'].map((name, nth) => JSON.stringify({ id: nth, name, tags: [name] })).join('\n')

function exports(folder: string): void {
  for (const name of ['orders', 'events', 'readings']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'orders/january.csv'), ORDERS)
  writeFileSync(join(folder, 'orders/february.csv'), ORDERS.replaceAll('2026-01', '2026-02'))
  writeFileSync(join(folder, 'events/1.ndjson'), `${EVENTS}\n`)
  writeFileSync(join(folder, 'events/2.ndjson.gz'), gzipSync(EVENTS))
  writeFileSync(join(folder, 'readings/a.json'), '[{"at":"2026-01-01","value":1.5},{"at":"2026-01-02","value":2}]')
  writeFileSync(join(folder, 'readings/b.json'), '[{"at":"2026-01-01","value":7}]')
}

const LINES: Readonly<Record<string, string>> = {
  orders: '3,c,7.00,2026-03-01T10:00:00Z\n',
  events: '{"id":9,"name":"late","tags":[]}\n',
  readings: '',
}

function add(change: Change): void {
  const { table } = change
  rewrite(change, (lines) => {
    if (table === 'readings') return ['[{"at":"2026-01-03","value":3}]']
    return [...lines, (LINES[table] ?? '').trim()]
  })
}

function edit({ row, ...change }: RowChange): void {
  rewrite(change, (lines) => lines.map((line) => (isOf(row, line) ? editedOf(change.table, line) : line)))
}

function remove({ row, ...change }: RowChange): void {
  rewrite(change, (lines) =>
    change.table === 'readings' ? ['[{"at":"2026-01-09","value":9}]'] : lines.filter((line) => !isOf(row, line)),
  )
}

/** Whether a line of a file holds this row. */
function isOf(row: RowChange['row'], line: string): boolean {
  return line.startsWith(`${row['id']},`) || line.includes(`"id":${row['id']},`) || line.startsWith('[')
}

function editedOf(table: string, line: string): string {
  if (table === 'orders') return line.replace(/,[^,]*(?=,[^,]*$)/, ',99.00')
  return table === 'events'
    ? line.replace(/"name":"[^"]*"/, '"name":"edited"')
    : line.replace(/"value":[\d.]+/, '"value":99')
}

/** Writes a file again, as a program that exports does. */
function rewrite({ table, partition, folder }: Change, work: (lines: string[]) => string[]): void {
  const file = join(folder, table, partition)
  const isPacked = partition.endsWith('.gz')
  const bytes = readFileSync(file)
  const lines = (isPacked ? gunzipSync(bytes) : bytes).toString().trimEnd().split('\n')
  const text = `${work(lines).join('\n')}\n`
  writeFileSync(file, isPacked ? gzipSync(text) : text)
}

testSource(files, {
  fixtures: exports,
  config: ({ folder }) => ({
    tables: {
      orders: { path: join(folder, 'orders/*.csv'), primaryKey: ['id'], minAge: '0s' },
      events: { path: join(folder, 'events/*'), primaryKey: ['id'], minAge: '0s' },
      readings: { path: join(folder, 'readings/*.json'), minAge: '0s' },
    },
  }),
  add,
  edit,
  remove,
})
