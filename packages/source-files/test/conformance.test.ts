import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Change, testSource } from '@tidemark/testkit'
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

function change({ table, partition, folder }: Change): void {
  const file = join(folder, table, partition)
  if (table === 'readings') writeFileSync(file, '[{"at":"2026-01-03","value":3}]')
  else if (partition.endsWith('.gz')) writeFileSync(file, gzipSync(`${EVENTS}\n${LINES[table]}`))
  else appendFileSync(file, LINES[table] ?? '')
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
  change,
})
