import { isDsn, looksLikeAddress, SyncError } from '@tidemark/core'
import { checkParameters, secondsIn, unknownParameters } from './address-parameters.ts'
import { type AddressParts, decoded, parseDsn, parseUrl } from './address-text.ts'
import type { SqlConfig } from './config.ts'

/** `prefer` encrypts where the server can, and looks at no certificate. */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export interface Place {
  /** Undefined: what the driver takes by default. */
  readonly host: string | undefined
  readonly port: number | undefined
}

/** Which of several servers is read, by what it can do. */
export type SessionAttributes = 'any' | 'primary' | 'standby' | 'prefer-standby'

/** A server and a database on it, as an address names them. */
export interface ServerTarget {
  readonly system: 'postgres' | 'mysql'
  /** Tried in turn; one at least. */
  readonly places: readonly Place[]
  readonly attributes: SessionAttributes
  readonly user: string | undefined
  readonly password: string | undefined
  readonly database: string | undefined
  readonly ssl: SslMode
  /** A file with the certificates that are trusted. */
  readonly certificates: string | undefined
  /** The password is bound to the certificate of the server. */
  readonly isBound: boolean
  /** What a session of Postgres begins with. */
  readonly options: string | undefined
  readonly connectMs: number | undefined
  /** Names of parameters that nobody knows. */
  readonly ignored: readonly string[]
  /** For people: without user and password. */
  readonly label: string
}

export interface FileTarget {
  readonly system: 'sqlite'
  readonly path: string
  readonly label: string
}

export type Target = ServerTarget | FileTarget

/** As they stand in front of "://"; what follows a "+" names a driver of another language. */
const SYSTEMS: Readonly<Record<string, ServerTarget['system']>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  postgis: 'postgres',
  mysql: 'mysql',
  mysql2: 'mysql',
  mariadb: 'mysql',
}

function refuse(problem: string): never {
  // The address itself is not shown: where it cannot be read, nobody knows where its password stands.
  throw new SyncError(`config.url ${problem}`, 'fix-config')
}

/** Reads where a database is. @throws SyncError `fix-config`, which never shows the address. */
export function targetOf({ url: written, password }: Pick<SqlConfig, 'url' | 'password'>): Target {
  const url = written.trim()
  if (isDsn(url)) return serverTarget('postgres', parseDsn(url, refuse), password)
  const [, kind = '', slashes = ''] = /^([a-z][a-z0-9+.-]+):(\/\/)?/i.exec(url) ?? []
  const scheme = kind.toLowerCase().replace(/\+[a-z0-9_]+$/, '')
  if (scheme === 'sqlite' || scheme === 'file') return fileTarget(url)
  if (scheme === 'jdbc') return refuse('begins with "jdbc:"; remove that, as in postgresql://user@host:5432/database')
  const system = SYSTEMS[scheme]
  if (system !== undefined) return serverTarget(system, parseUrl(url, refuse), password)
  const known = 'supported are postgres:, mysql:, mariadb:, sqlite: and the path of a file'
  if (slashes !== '') return refuse(`begins with "${kind}:"; ${known}`)
  if (looksLikeAddress(url))
    return refuse(`looks like an address without a scheme, or of another program; ${known}, such as ./data/shop.db`)
  return fileTarget(url)
}

function serverTarget(
  system: ServerTarget['system'],
  { hosts, parameters, ...parts }: AddressParts,
  ownPassword: string | undefined,
): ServerTarget {
  checkParameters(parameters, refuse)
  const given = new Map([...parameters].map(([name, value]) => [name.toLowerCase(), value]))
  const said = (...names: readonly string[]): string | undefined =>
    names.map((name) => given.get(name)).find((value) => value !== undefined && value !== '')
  const places = placesOf(hosts, said('host', 'socket'), said('port'))
  if (system === 'mysql' && places.length > 1) return refuse('names several hosts; name only one')
  const database = said('dbname') ?? (parts.database || undefined)
  const isBound = said('channel_binding') === 'require'
  const where = places.map(({ host = 'localhost', port }) => `${host}${port === undefined ? '' : `:${port}`}`).join(',')
  return {
    system,
    places,
    attributes: attributesOf(said('target_session_attrs')),
    user: said('user') ?? (parts.user || undefined),
    password: ownPassword ?? said('password') ?? (parts.password || undefined),
    database,
    ssl: isBound ? 'verify-full' : sslOf(said, places),
    certificates: said('sslrootcert', 'ssl-ca'),
    isBound,
    options: said('options'),
    connectMs: secondsIn(said('connect_timeout', 'connecttimeout'), 'connect_timeout', refuse),
    ignored: unknownParameters(parameters),
    label: `${system === 'postgres' ? 'Postgres' : 'MySQL'} at ${where}${database === undefined ? '' : `/${database}`}`,
  }
}

/** Several hosts, and one port for all or one for each. */
function placesOf(
  hosts: AddressParts['hosts'],
  given: string | undefined,
  ports: string | undefined,
): readonly Place[] {
  const named = given === undefined ? hosts : given.split(',').map((host) => ({ host, port: hosts[0]!.port }))
  const each = ports?.split(',')
  return named.map(({ host, port }, at) => {
    const text = each === undefined ? port : (each[at] ?? each[0]!)
    if (!/^\d{0,5}$/.test(text) || Number(text) > 65_535) return refuse('names a port that is not a number up to 65535')
    return { host: host || undefined, port: text === '' ? undefined : Number(text) }
  })
}

function attributesOf(text: string | undefined): SessionAttributes {
  switch (text?.toLowerCase()) {
    case 'read-write':
    case 'primary':
      return 'primary'
    case 'read-only':
    case 'standby':
      return 'standby'
    case 'prefer-standby':
      return 'prefer-standby'
    default:
      return 'any'
  }
}

type Said = (...names: readonly string[]) => string | undefined

/** The modes of libpq, and what MySQL calls them. A server elsewhere shows its certificate unless the address says otherwise. */
function sslOf(said: Said, places: readonly Place[]): SslMode {
  const accept = said('sslaccept')?.toLowerCase()
  const mode = said('sslmode', 'ssl-mode', 'ssl_mode')?.toLowerCase().replace('_', '-')
  switch (mode) {
    case undefined:
      break
    case 'disable':
    case 'disabled':
      return 'disable'
    case 'allow':
    case 'prefer':
    case 'preferred':
      return 'prefer'
    case 'no-verify':
      return 'require'
    case 'require':
    case 'required':
      return accept === 'strict' ? 'verify-full' : 'require'
    case 'verify-ca':
      return 'verify-ca'
    case 'verify-full':
    case 'verify-identity':
      return 'verify-full'
    default:
      return refuse(
        `has sslmode=${mode.slice(0, 20)}; supported are disable, prefer, require, verify-ca and verify-full`,
      )
  }
  if (accept !== undefined) return accept === 'strict' ? 'verify-full' : 'require'
  const ssl = said('ssl')?.toLowerCase()
  if (ssl !== undefined && /^(false|0|off|no)$/.test(ssl)) return 'disable'
  if (ssl !== undefined && /"rejectunauthorized"\s*:\s*false/.test(ssl)) return 'require'
  if (ssl !== undefined) return 'verify-full'
  return places.every(({ host }) => isLocal(host)) ? 'disable' : 'verify-full'
}

/** This machine, or a socket of it. */
function isLocal(host: string | undefined): boolean {
  return host === undefined || host.startsWith('/') || /^(localhost|127(\.\d+){3}|::1)$/.test(host)
}

function fileTarget(url: string): FileTarget {
  const text = url.replace(/^(sqlite|file)(\+\w+)?:(\/\/(?=\/|[^/]))?/i, '')
  const path = /^file:/i.test(url) ? decoded(text, refuse) : text
  if (path === '' || path === ':memory:') refuse('names no file')
  return { system: 'sqlite', path, label: `SQLite file ${path}` }
}

/** Takes a password out of whatever a driver says. */
export function maskOf(target: Target): (text: string) => string {
  const password = target.system === 'sqlite' ? undefined : target.password
  if (password === undefined || password === '') return (text) => text
  const forms = [...new Set([password, encodeURIComponent(password)])].sort((a, b) => b.length - a.length)
  return (text) => forms.reduce((shown, form) => shown.replaceAll(form, '***'), text)
}
