import { readFile } from 'node:fs/promises'
import mysql, { type Connection, type ConnectionOptions } from 'mysql2'
import type { ServerTarget } from '../target.ts'

/** A connection, and what it is connected to. */
export interface Session {
  readonly connection: Connection
  readonly isMariaDb: boolean
}

/** Values as the server wrote them. */
export type RawRow = readonly (Buffer | null)[]

const CONNECT_MS = 30_000
/** A server that sends must wait while what was read is written. */
const WRITE_SECONDS = 3600

export async function connectMySql(
  target: ServerTarget,
  statementTimeoutMs: number,
  onBroken: (session: Session) => void,
  signal: AbortSignal,
): Promise<Session> {
  const begun: Connection[] = []
  const stop = (): void => {
    for (const connection of begun) connection.destroy()
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await sessionWith(target, { statementTimeoutMs, onBroken, begun })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

interface Beginning {
  readonly statementTimeoutMs: number
  readonly onBroken: (session: Session) => void
  /** Connections that are begun: nobody may wait for them any more. */
  readonly begun: Connection[]
}

async function sessionWith(target: ServerTarget, { statementTimeoutMs, onBroken, begun }: Beginning): Promise<Session> {
  const { places, user, password, database, connectMs = CONNECT_MS } = target
  const { host, port } = places[0]!
  const socket = host?.startsWith('/') === true
  const options: ConnectionOptions = {
    ...(host === undefined ? {} : socket ? { socketPath: host } : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(await sslOf(target)),
    connectTimeout: connectMs,
    charset: 'utf8mb4',
    enableKeepAlive: true,
  }
  const connection = await connected(options, begun).catch((error: unknown) => {
    if (target.ssl !== 'prefer' || (error as { code?: unknown }).code !== 'HANDSHAKE_NO_SSL_SUPPORT') throw error
    const { ssl: _, ...plain } = options
    return connected(plain, begun)
  })
  const [version] = await ask(connection, 'SELECT VERSION()')
  const session = { connection, isMariaDb: /mariadb/i.test(String(version?.[0])) }
  // A server that goes away while nothing is asked must not end the process.
  connection.on('error', () => onBroken(session))
  // Nothing that a server's configuration says may change how values are written.
  const settings = [
    `time_zone = '+00:00'`,
    `sql_mode = ''`,
    `lock_wait_timeout = 10`,
    `net_write_timeout = ${WRITE_SECONDS}`,
    session.isMariaDb
      ? `max_statement_time = ${statementTimeoutMs / 1000}`
      : `max_execution_time = ${statementTimeoutMs}, information_schema_stats_expiry = 0`,
  ]
  await ask(connection, `SET SESSION ${settings.join(', ')}`)
  return session
}

async function connected(options: ConnectionOptions, begun: Connection[]): Promise<Connection> {
  const connection = mysql.createConnection(options)
  begun.push(connection)
  await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())))
  return connection
}

async function sslOf({ ssl, certificates }: ServerTarget): Promise<ConnectionOptions> {
  if (ssl === 'disable') return {}
  const ca = certificates === undefined ? {} : { ca: await readFile(certificates, 'utf8') }
  if (ssl === 'prefer' || (ssl === 'require' && certificates === undefined))
    return { ssl: { rejectUnauthorized: false } }
  return { ssl: { ...ca, rejectUnauthorized: true, verifyIdentity: ssl === 'verify-full' } }
}

/** Asks, and gets all rows at once: bytes, which nothing has guessed a type for. */
export function ask(connection: Connection, sql: string, values: readonly unknown[] = []): Promise<RawRow[]> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, values: [...values], rowsAsArray: true, typeCast: false }, (error, rows) => {
      if (error !== null) reject(error)
      else resolve(Array.isArray(rows) ? (rows as unknown as RawRow[]) : [])
    })
  })
}

export function text(raw: Buffer | null | undefined): string | undefined {
  return raw?.toString('utf8')
}
