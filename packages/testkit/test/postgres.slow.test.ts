import { openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll } from 'vitest'
import { testDestination } from '../src/index.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

testDestination('postgres', async () => {
  const { url, schema } = await server.newSchema()
  return {
    execute: (statement) => server.execute(statement, schema),
    connect: (options) => openDestination({ url, ...options }),
    remove: () => server.dropSchema(schema),
  }
})
