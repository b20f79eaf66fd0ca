import { readFile } from 'node:fs/promises'
import { SyncError } from '@tidemark/core'
import pg from 'pg'
import type { Place, ServerTarget, SessionAttributes } from '../target.ts'

/** How sessions of this source call themselves: what they hold open only reads, so nobody waits for it. */
export const APPLICATION = 'tidemark source-sql'

const CONNECT_MS = 30_000

const CAUSES = new WeakMap<pg.Client, unknown>()

/** Why a connection broke: whoever asks on it afterwards only hears that it is broken. */
export function causeOf(client: pg.Client | undefined, error: unknown): unknown {
  const isLater = /not queryable|Connection terminated/.test(String((error as Error | undefined)?.message))
  return isLater && client !== undefined ? (CAUSES.get(client) ?? error) : error
}

/** A server to connect to, and whether its log is to be read. */
export type Reached = ServerTarget & { readonly replication?: 'database' | undefined }

/** Connects to the first of the servers that answers and is what is asked for. */
export async function connectPostgres(
  target: Reached,
  onBroken: (client: pg.Client) => void,
  signal: AbortSignal,
): Promise<pg.Client> {
  const begun: pg.Client[] = []
  const stop = (): void => begun.forEach(cutOff)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await connectToOne(target, onBroken, begun)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Lets go of a connection whose server need not answer. */
export function cutOff(client: pg.Client): void {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection
  stream.destroy()
}

async function connectToOne(
  target: Reached,
  onBroken: (client: pg.Client) => void,
  begun: pg.Client[],
): Promise<pg.Client> {
  const { attributes, places } = target
  const wishes = attributes === 'prefer-standby' ? (['standby', 'any'] as const) : [attributes]
  let failure: unknown = new SyncError(`${target.label}: none of these hosts is a ${attributes}`, 'retry')
  for (const wish of wishes) {
    for (const place of places) {
      try {
        const client = await connectTo(place, target, begun)
        if (await isAs(client, wish)) {
          // A server that goes away while nothing is asked must not end the process.
          client.removeAllListeners('error').on('error', (error) => {
            CAUSES.set(client, error)
            onBroken(client)
          })
          return client
        }
        await client.end()
      } catch (error) {
        failure = error
        // The password, or the database, is wrong at all of them.
        if (/^(28|3D)/.test(String((error as { code?: unknown }).code))) throw error
      }
    }
  }
  throw failure
}

async function isAs(client: pg.Client, wish: SessionAttributes): Promise<boolean> {
  if (wish === 'any') return true
  const [row] = await ask(client, 'SELECT pg_catalog.pg_is_in_recovery()')
  return (row![0] === 't') === (wish === 'standby')
}

async function connectTo(place: Place, target: Reached, begun: pg.Client[]): Promise<pg.Client> {
  try {
    return await connectAs(place, target, { ssl: await sslOf(target), begun })
  } catch (error) {
    if (target.ssl !== 'prefer' || !/does not support SSL/.test(String((error as Error).message))) throw error
    return await connectAs(place, target, { ssl: false, begun })
  }
}

async function connectAs(
  { host, port }: Place,
  { user, password, database, options, connectMs = CONNECT_MS, isBound, replication }: Reached,
  { ssl, begun }: { readonly ssl: pg.ClientConfig['ssl']; readonly begun: pg.Client[] },
): Promise<pg.Client> {
  const client = new pg.Client({
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(options === undefined ? {} : { options }),
    ...(isBound ? { enableChannelBinding: true } : {}),
    ...(replication === undefined ? {} : { replication }),
    ssl,
    application_name: APPLICATION,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
  } as pg.ClientConfig)
  begun.push(client)
  client.on('error', () => {})
  await client.connect()
  return client
}

/** What the driver makes of a mode: the names of libpq, not the driver's own reading of them. */
async function sslOf({ ssl, certificates }: ServerTarget): Promise<pg.ClientConfig['ssl']> {
  if (ssl === 'disable') return false
  const ca = certificates === undefined ? {} : { ca: await readFile(certificates, 'utf8') }
  if (ssl === 'prefer' || (ssl === 'require' && certificates === undefined)) return { rejectUnauthorized: false }
  return ssl === 'verify-full' ? ca : { ...ca, checkServerIdentity: () => undefined }
}

/**
 * A server without an encoding refuses to send what is not UTF-8: as it is, each row can be judged by itself. And what
 * only some versions know: how long a transaction may take is no matter here.
 */
const BY_SERVER = `SELECT set_config('client_encoding',
    CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, true),
  CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL
    THEN set_config('transaction_timeout', '0', true) END`

/** In which form values become texts. */
const VALUES_AS_TEXT: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  datestyle: 'ISO, YMD',
  intervalstyle: 'iso_8601',
  extra_float_digits: '1',
  bytea_output: 'hex',
}

export interface SessionOptions {
  readonly statementTimeoutMs: number
  /** Rows that policies hide from us: `refuse` to read such a table, or `apply` the policies and take the rest for all. */
  readonly rowSecurity: 'refuse' | 'apply'
}

/**
 * Begins a transaction that reads one snapshot and waits for nobody for long. Everything is set for this transaction
 * alone, so that a pool between us and the server (PgBouncer) may give each one another session.
 *
 * @param snapshot one that another session has exported; absent: its own.
 */
export function beginning({ statementTimeoutMs, rowSecurity }: SessionOptions, snapshot?: string): string {
  const settings: Readonly<Record<string, string>> = {
    application_name: APPLICATION,
    ...VALUES_AS_TEXT,
    lock_timeout: '10s',
    statement_timeout: `${statementTimeoutMs}ms`,
    idle_in_transaction_session_timeout: '0',
    // All rows of a cursor are wanted, not the first ones soon.
    cursor_tuple_fraction: '1',
    // Off, the server refuses a statement from which a policy would keep rows.
    row_security: rowSecurity === 'refuse' ? 'off' : 'on',
  }
  const sets = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = '${value}'`)
  const imported = snapshot === undefined ? [] : [`SET TRANSACTION SNAPSHOT '${snapshot}'`]
  return ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ...imported, ...sets, BY_SERVER].join('; ')
}

/** The same for the stream of a log, whose session has no transactions. */
export const LOG_SETTINGS = Object.entries(VALUES_AS_TEXT)
  .map(([name, value]) => `SET ${name} = '${value}'; `)
  .join('')
  .concat(`SELECT set_config('client_encoding',
    CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, false)`)

/** Answers of texts: nothing is guessed, cut to milliseconds or moved to the zone of this process. */
const asText = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig

export type TextRow = readonly (string | null)[]

/** Asks once, outside of any cursor. */
export async function ask(client: pg.Client, text: string, values: readonly unknown[] = []): Promise<TextRow[]> {
  const result = await client.query<(string | null)[]>({ text, values: [...values], rowMode: 'array', types: asText })
  return result.rows
}

/** Never waits: a server that does not answer must not hold up a stop. */
export async function endPostgres(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => cutOff(client), 1000)
  timer.unref()
  try {
    await client.end()
  } catch {
    // It is gone, which was the aim.
  } finally {
    clearTimeout(timer)
  }
}
