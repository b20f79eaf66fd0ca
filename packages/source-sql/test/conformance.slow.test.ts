import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Change, type RowChange, testSource } from '@tidemark/testkit'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import sql from '../src/index.ts'

/** Nothing is too young to be read: what a law changes, the next run of the same second must see. */
const TABLES = {
  orders: { minAge: '0s' },
  measurements: { cursor: 'measured_at', minAge: '0s', timeZone: 'UTC' },
  events: { cursor: 'id', immutable: true },
}

/** Rows of each kind of table: by time with a key, by time without one, by number, and read whole. */
function statements(type: { readonly instant: string; readonly local: string }): string {
  const rows = (count: number, row: (nth: number) => string): string =>
    Array.from({ length: count }, (_, nth) => `(${row(nth + 1)})`).join(', ')
  const hour = (nth: number): string => `2026-01-0${1 + (nth % 9)} ${String(nth % 24).padStart(2, '0')}:00:00.123456`
  return `
    CREATE TABLE orders (id integer PRIMARY KEY, total decimal(9, 2), note text, updated_at ${type.instant} NOT NULL);
    CREATE INDEX orders_updated_at ON orders (updated_at);
    INSERT INTO orders VALUES ${rows(20, (nth) => `${nth}, ${nth}.50, 'order ${nth}', '${hour(nth)}Z'`)};
    CREATE TABLE measurements (place text NOT NULL, value double precision, measured_at ${type.local} NOT NULL);
    INSERT INTO measurements VALUES ${rows(12, (nth) => `'place ${nth % 3}', ${nth}.25, '${hour(nth)}'`)};
    CREATE TABLE events (id integer PRIMARY KEY, kind text NOT NULL);
    INSERT INTO events VALUES ${rows(15, (nth) => `${nth}, 'kind ${nth % 2}'`)};
    CREATE TABLE customers (code text NOT NULL, name text, PRIMARY KEY (code));
    INSERT INTO customers VALUES ${rows(6, (nth) => `'c${nth}', 'Customer ${nth}'`)};`
}

let counter = 100

/** What the application does next, in each of the tables: a row more. */
function inserted(table: string): string {
  const nth = counter++
  const now = new Date().toISOString()
  switch (table) {
    case 'orders':
      return `INSERT INTO orders VALUES (${nth}, 1.50, 'new', '${now}')`
    case 'measurements':
      return `INSERT INTO measurements VALUES ('place 9', ${nth}, '${now.slice(0, -1).replace('T', ' ')}')`
    case 'events':
      return `INSERT INTO events VALUES (${nth}, 'new')`
    default:
      return `INSERT INTO customers VALUES ('c${nth}', 'new')`
  }
}

/** A row that is another. Measurements and events stay what they were. */
function updated(table: string, row: RowChange['row']): string {
  const nth = counter++
  return table === 'orders'
    ? `UPDATE orders SET note = 'edited ${nth}', updated_at = '${new Date().toISOString()}' WHERE id = ${row['id']}`
    : `UPDATE customers SET name = 'edited ${nth}' WHERE code = '${row['code']}'`
}

const removed = (row: RowChange['row']): string => `DELETE FROM customers WHERE code = '${row['code']}'`

function inFile(file: string, sqlText: string): void {
  const db = new DatabaseSync(file)
  db.exec(sqlText)
  db.close()
}

testSource(sql, {
  fixtures: (folder) => {
    // The source may be asked while a law writes: as an application would have it.
    inFile(join(folder, 'shop.db'), 'PRAGMA journal_mode = wal')
    inFile(join(folder, 'shop.db'), statements({ instant: 'timestamp', local: 'datetime' }))
  },
  config: ({ folder }) => ({ url: join(folder, 'shop.db'), tables: TABLES }),
  add: ({ table, folder }: Change) => inFile(join(folder, 'shop.db'), inserted(table)),
  edit: ({ table, folder, row }: RowChange) => inFile(join(folder, 'shop.db'), updated(table, row)),
  remove: ({ folder, row }: RowChange) => inFile(join(folder, 'shop.db'), removed(row)),
})

const PARTS = `CREATE TABLE parts (id INTEGER PRIMARY KEY, name TEXT);
  INSERT INTO parts VALUES ${Array.from({ length: 20 }, (_, nth) => `(${nth * nth}, 'part ${nth}')`).join(', ')}`

// A full refresh in ranges of its key.
testSource(sql, {
  fixtures: (folder) => {
    inFile(join(folder, 'parts.db'), 'PRAGMA journal_mode = wal')
    inFile(join(folder, 'parts.db'), PARTS)
  },
  config: ({ folder }) => ({ url: join(folder, 'parts.db'), tables: { parts: { rangeRows: 3 } } }),
  add: ({ folder }: Change) =>
    inFile(join(folder, 'parts.db'), `INSERT INTO parts VALUES (${1000 + counter++}, 'new')`),
  edit: ({ folder, row }: RowChange) =>
    inFile(join(folder, 'parts.db'), `UPDATE parts SET name = 'edited ${counter++}' WHERE id = ${row['id']}`),
  remove: ({ folder, row }: RowChange) => inFile(join(folder, 'parts.db'), `DELETE FROM parts WHERE id = ${row['id']}`),
})

const server = inject('postgres')
const databases = new Set<string>()
const databaseOf = (folder: string): string => `law_${basename(folder).replace(/\W/g, '_').toLowerCase()}`

async function inDatabase(name: string, sqlText: string): Promise<void> {
  const client = new pg.Client(Object.assign(new URL(server), { pathname: `/${name}` }).toString())
  await client.connect()
  try {
    await client.query(sqlText)
  } finally {
    await client.end()
  }
}

afterAll(async () => {
  for (const name of databases) await inDatabase('postgres', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
})

testSource(sql, {
  fixtures: async (folder) => {
    const name = databaseOf(folder)
    databases.add(name)
    await inDatabase('postgres', `CREATE DATABASE ${name}`)
    await inDatabase(name, statements({ instant: 'timestamptz', local: 'timestamp' }))
  },
  config: ({ folder }) => {
    const { username, password, host } = new URL(server)
    const plain = decodeURIComponent(password)
    return { url: `postgres://${username}@${host}/${databaseOf(folder)}`, password: plain, tables: TABLES }
  },
  add: ({ table, folder }: Change) => inDatabase(databaseOf(folder), inserted(table)),
  edit: ({ table, folder, row }: RowChange) => inDatabase(databaseOf(folder), updated(table, row)),
  remove: ({ folder, row }: RowChange) => inDatabase(databaseOf(folder), removed(row)),
})
