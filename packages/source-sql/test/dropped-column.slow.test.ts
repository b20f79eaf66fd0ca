import { startPostgres } from '@tidemark/postgres-server'
import { expect, it, onTestFinished } from 'vitest'
import { findTables } from '../src/postgres/find.ts'

it('a column that is dropped while tables are looked for is gone, and not one that may not be read', async () => {
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  await server.execute('CREATE TABLE t (id int PRIMARY KEY, v text, made int)')
  const client = await server.connect('public', 'looks')
  onTestFinished(() => client.end())
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await client.query('SELECT 1 FROM pg_class LIMIT 1')
  await server.execute('ALTER TABLE t DROP COLUMN made')
  const [table] = await findTables(client, ['public'])
  expect(table).toMatchObject({ relation: 't', hidden: [] })
  expect(table!.columns.map(({ name }) => name)).toEqual(['id', 'v'])
})
