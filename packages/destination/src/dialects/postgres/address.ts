import { isDsn, SyncError } from '@tidemark/core'
import { checkParameters, secondsIn, unknownParameters } from './address-parameters.ts'
import type { Parts } from './address-parts.ts'
import { parseDsn } from './dsn.ts'
import { type Tls, tlsOf } from './tls.ts'

/** Where a Postgres database is, and the schema in it that Tidemark writes. What is undefined the environment may say. */
export interface PostgresAddress {
  readonly host: string | undefined
  readonly port: number | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  readonly database: string | undefined
  readonly tls: Tls
  readonly options: string | undefined
  /** How long a connection may take to come about. */
  readonly connectMs: number | undefined
  /** Undefined: `tidemark`, or `public` where that has a state already. */
  readonly schema: string | undefined
  /** For people: without a password. */
  readonly shown: string
  /** Names of unknown parameters. */
  readonly ignored: readonly string[]
}

/** Where the tables are unless the address says another, or `public` has a state from before. */
export const OWN_SCHEMA = 'tidemark'

/** What follows a "+" names a driver of another language. */
const SCHEME = /^(?:postgres(?:ql)?|postgis)(?:\+[a-z0-9_]+)?:/i

/** Whether a text names a server of Postgres, whatever else is wrong with it: a url, or `host=… dbname=…`. */
export function isPostgres(text: string): boolean {
  return SCHEME.test(text) || isDsn(text)
}

/** @throws SyncError `fix-config`, which never repeats what was written: it may hold a password. */
export function parseAddress(text: string): PostgresAddress {
  const { parameters, ...url } = isDsn(text) ? parseDsn(text, refuse) : parseUrl(text)
  checkParameters(parameters, refuse)
  const said = (name: string, otherwise: string): string | undefined => parameters.get(name) || otherwise || undefined
  const host = said('host', url.host)
  const port = portOf(said('port', url.port))
  if (host?.includes(',') === true) return refuseSeveral()
  const user = said('user', url.user)
  const database = said('dbname', url.database)
  const schema = schemaIn(parameters)
  return {
    host,
    port,
    user,
    password: said('password', url.password),
    database,
    tls: tlsOf(parameters, host ?? process.env['PGHOST'] ?? '', refuse),
    options: said('options', ''),
    connectMs: secondsIn(parameters, 'connect_timeout', refuse),
    schema,
    shown: shown({ host, port, user, database, schema }),
    ignored: unknownParameters(parameters),
  }
}

function refuse(problem: string): never {
  throw new SyncError(
    `the destination ${problem}; write it as postgres://user@host:5432/database?schema=name, and put the password into the environment variable PGPASSWORD, or into the url`,
    'fix-config',
    { code: 'destination-unavailable' },
  )
}

const refuseSeveral = (): never =>
  refuse('names several hosts, but Tidemark does not try several; name the writable one')

const UNESCAPED = 'characters such as # / ? @ in a password are written as %23 %2F %3F %40'

/** Not by `URL`, which takes what precedes an unescaped "/" for the host, and knows no user without a host. */
function parseUrl(text: string): Parts {
  const [, user = '', place = '', path = '', query = '', hash = ''] =
    /^[a-z0-9+_]+:\/\/(?:([^/?#]*)@)?([^/?#]*)(\/[^?#]*)?(\?[^#]*)?(#.*)?$/is.exec(text) ??
    refuse('is not a valid Postgres url')
  if (hash !== '') return refuse(`holds a "#", or is not a valid Postgres url (${UNESCAPED})`)
  const parameters = new URLSearchParams(query)
  const inParameters = [...parameters].some(
    ([name, value]) => `${name}=${value}`.includes('@') && !MAY_HOLD_AT.test(name),
  )
  if (path.includes('@') || inParameters) return refuse(`is not a valid Postgres url (${UNESCAPED})`)
  if (/^[^[\]]*,/.test(place)) return refuseSeveral()
  const [, host = '', port = ''] =
    /^(\[[0-9a-f:.%]+\]|[^:[\]\s]*)(?::(\d*))?$/i.exec(place) ?? refuse(`is not a valid Postgres url (${UNESCAPED})`)
  const colon = user.indexOf(':')
  return {
    host: decoded(host.replace(/^\[(.*)\]$/, '$1')),
    port,
    user: decoded(colon === -1 ? user : user.slice(0, colon)),
    password: colon === -1 ? '' : decoded(user.slice(colon + 1)),
    database: decoded(path.slice(1)),
    parameters,
  }
}

const MAY_HOLD_AT = /^(?:user|password|options|dbname|application_name|fallback_application_name)$/

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return refuse('holds a "%" that does not encode a character (in a password, write it as %25)')
  }
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (text.includes(',')) return refuseSeveral()
  const port = Number(text)
  return /^\d+$/.test(text) && port > 0 && port < 65_536
    ? port
    : refuse(`names a port that is not a number from 1 to 65535, or is not a valid Postgres url (${UNESCAPED})`)
}

function schemaIn(parameters: URLSearchParams): string | undefined {
  const schema = parameters.get('schema') ?? undefined
  if (schema === undefined) return undefined
  if (schema === '' || schema.includes('\0') || Buffer.byteLength(schema) > 63)
    return refuse('names a schema that is empty or longer than 63 bytes')
  if (/^pg_/i.test(schema) || schema === 'information_schema')
    return refuse(`names the schema "${schema}", which belongs to Postgres itself`)
  return schema
}

/** Only what says where it is: user, host, port, database, schema. Parameters may hold keys and passwords. */
function shown({
  host = '',
  port,
  user,
  database = '',
  schema,
}: Pick<PostgresAddress, 'host' | 'port' | 'user' | 'database' | 'schema'>): string {
  const who = user === undefined ? '' : `${encodeURIComponent(user)}@`
  const where = host.includes(':') ? `[${host}]` : host.startsWith('/') ? host : encodeURIComponent(host)
  const which = schema === undefined || schema === 'public' ? '' : `?schema=${encodeURIComponent(schema)}`
  return `postgres://${who}${where}${port === undefined ? '' : `:${port}`}/${encodeURIComponent(database)}${which}`
}
