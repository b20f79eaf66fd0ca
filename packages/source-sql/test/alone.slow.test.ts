import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { testAlone } from '@tidemark/testkit'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import sql from '../src/index.ts'

const statements = (instant: string): string => `
  CREATE TABLE orders (id integer PRIMARY KEY, note text, updated_at ${instant} NOT NULL);
  CREATE INDEX orders_updated_at ON orders (updated_at);
  INSERT INTO orders VALUES (1, 'a', '2026-01-01 00:00:00'), (2, 'b', '2026-01-02 00:00:00');
  CREATE TABLE customers (code text NOT NULL, name text, PRIMARY KEY (code));
  INSERT INTO customers VALUES ('c1', 'one'), ('c2', 'two');`

testAlone(sql, {
  fixtures: (folder) => {
    const database = new DatabaseSync(join(folder, 'shop.db'))
    database.exec(statements('timestamp'))
    database.close()
  },
  config: ({ folder }) => ({ url: join(folder, 'shop.db') }),
})

const server = new URL(inject('postgres'))
const databases: string[] = []
const databaseOf = (folder: string): string => `alone_${basename(folder).replace(/\W/g, '_').toLowerCase()}`

async function inDatabase(name: string, text: string): Promise<void> {
  const client = new pg.Client(Object.assign(new URL(server), { pathname: `/${name}` }).toString())
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

afterAll(async () => {
  for (const name of databases) await inDatabase('postgres', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
})

testAlone(sql, {
  port: Number(server.port),
  fixtures: async (folder) => {
    const name = databaseOf(folder)
    databases.push(name)
    await inDatabase('postgres', `CREATE DATABASE ${name}`)
    await inDatabase(name, statements('timestamptz'))
  },
  config: ({ folder, port }) => ({
    url: `postgres://${server.username}@127.0.0.1:${port}/${databaseOf(folder)}`,
    password: decodeURIComponent(server.password),
  }),
})
