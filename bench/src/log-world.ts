import { type Source, SyncError } from '@tidemark/core'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import sql from '@tidemark/source-sql'
import { runInto } from './run.ts'

/** A server whose log is read, and one that it is read into, on the disk as such servers are. */
export interface LogServers {
  readonly from: PostgresServer
  readonly into: PostgresServer
  stop(): Promise<void>
}

export async function startServers(): Promise<LogServers> {
  const settings = { wal_level: 'logical', max_wal_size: '4GB', shared_buffers: '256MB' }
  const from = await startPostgres({ onDisk: true, settings })
  const into = await startPostgres({ onDisk: true, settings })
  return { from, into, stop: async () => void (await Promise.all([from.stop(), into.stop()])) }
}

export const source = sql as unknown as Source

/** One run that reads tables of the log into a database. */
export async function readLog(url: string, servers: LogServers, database: string, tables: readonly string[]) {
  const config = { url: servers.from.urlOf(database), replication: 'log', include: tables }
  return await runInto(url, source, { config })
}

/** How it is named in the terms of libpq, for a subscription. */
export function conninfo(server: PostgresServer, database: string): string {
  const { username, password, port } = new URL(server.url)
  const secret = decodeURIComponent(password).replace(/['\\]/g, '\\$&')
  return `host=127.0.0.1 port=${port} user=${username} password='${secret}' dbname=${database}`
}

/** A measure of what is not all there says nothing. */
export function mustEqual(what: string, found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (a !== b) throw new SyncError(`${what}: ${a} instead of ${b}`, 'fix-source')
}
