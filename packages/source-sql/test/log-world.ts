import type { Report } from '@tidemark/engine'
import { hasPostgres, type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { type Target, target } from './target.ts'

/** The versions of Postgres at hand: that which the tests bring along, and the machine's own. */
export const VERSIONS: readonly (readonly [name: string, major: number | undefined])[] = [
  ['18', undefined],
  ...[14, 15, 16, 17].filter(hasPostgres).map((major) => [String(major), major] as const),
]

export const LOGICAL = { wal_level: 'logical', max_replication_slots: '100', max_wal_senders: '50' }

/** A database whose log is read, and what it is read into. */
export interface LogWorld extends Target {
  readonly url: string
  readonly into: Target
  sql(statement: string): Promise<readonly (readonly unknown[])[]>
  /** Another session, for transactions that stay open. */
  session(): Promise<pg.Client>
  /** Rows of a destination table that are not deleted. */
  live(table: string, columns?: string): readonly Readonly<Record<string, unknown>>[]
  /** A run that must go well. */
  well(): Promise<Report>
}

/** One server for all tests of a file. */
export function logServer(major: number | undefined): {
  readonly server: () => PostgresServer
  open(config?: Record<string, unknown>): Promise<LogWorld>
} {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres({ major, settings: LOGICAL })
  })
  afterAll(() => server.stop())
  return {
    server: () => server,
    async open(config = {}) {
      const database = await server.newDatabase()
      const url = server.urlOf(database)
      const session = async (): Promise<pg.Client> => {
        const client = new pg.Client(url)
        client.on('error', () => {})
        await client.connect()
        onTestFinished(() => client.end().catch(() => {}))
        return client
      }
      const client = await session()
      const into = target({ url }, { replication: 'log', ...config })
      const live: LogWorld['live'] = (table, columns = '*') =>
        into.rows(`SELECT ${columns} FROM crm_${table} WHERE _deleted_at IS NULL ORDER BY 1`)
      return {
        ...into,
        url,
        into,
        session,
        live,
        sql: async (statement) => {
          const answers = [await client.query({ text: statement, rowMode: 'array' })].flat()
          return answers.at(-1)!.rows
        },
        async well() {
          const report = await into.run()
          if (report.exitCode !== 0)
            throw new Error(JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
          return report
        },
      }
    },
  }
}

/** Another reader of a slot, until it ends. */
export async function readerOf(world: LogWorld, slot: string): Promise<{ end(): Promise<void> }> {
  const other = new pg.Client({ connectionString: world.url, replication: 'database' } as pg.ClientConfig)
  other.on('error', () => {})
  await other.connect()
  other
    .query(`START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names '${slot}')`)
    .catch(() => {})
  const isActive = async (): Promise<unknown> =>
    (await world.sql(`SELECT active FROM pg_replication_slots WHERE slot_name = '${slot}'`))[0]![0]
  await expect.poll(isActive).toBe(true)
  return {
    async end() {
      await other.end().catch(() => {})
      await expect.poll(isActive).toBe(false)
    },
  }
}
