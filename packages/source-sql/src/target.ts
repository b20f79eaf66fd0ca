import { SyncError } from '@tidemark/core'
import type { SqlConfig } from './config.ts'

export type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full'

/** A server and a database on it, as a URL names them. */
export interface ServerTarget {
  readonly system: 'postgres' | 'mysql'
  /** Undefined: what the driver takes by default. */
  readonly host: string | undefined
  readonly port: number | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  readonly database: string | undefined
  readonly ssl: SslMode
  /** A file with the certificates that are trusted. */
  readonly certificates: string | undefined
  /** For people: without user and password. */
  readonly label: string
}

export interface FileTarget {
  readonly system: 'sqlite'
  readonly path: string
  readonly label: string
}

export type Target = ServerTarget | FileTarget

const SYSTEMS: Readonly<Record<string, ServerTarget['system']>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
}
const KNOWN = new Set(['sslmode', 'sslrootcert', 'host', 'port', 'user', 'password'])

function refuse(problem: string): never {
  // The URL itself is not shown: where it cannot be read, nobody knows where its password stands.
  throw new SyncError(`config.url ${problem}`, 'fix-config')
}

/** Reads where a database is. @throws SyncError `fix-config`, which never shows the URL. */
export function targetOf({ url, password }: Pick<SqlConfig, 'url' | 'password'>): Target {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined || scheme === 'sqlite' || scheme === 'file') return fileTarget(url)
  const system = SYSTEMS[`${scheme}:`]
  if (system === undefined)
    refuse(`begins with "${scheme}:"; known are postgres:, mysql:, mariadb:, sqlite: and the path of a file`)
  // A host may be left out, which URLs of unknown schemes allow, but not together with a user.
  const parsed = URL.parse(url.replace(/^([^:]+:\/\/[^/?#@]*@)(?=[/?#]|$)/, '$1localhost'))
  if (parsed === null)
    refuse('is no URL; characters such as "@", "/", "#" or "%" in a password are written as %40, %2F, %23 and %25')
  const given = parsed.searchParams
  const unknown = [...given.keys()].find((key) => !KNOWN.has(key))
  if (unknown !== undefined)
    refuse(`has a parameter "${unknown}" that is not known; known are ${[...KNOWN].slice(0, 3).join(', ')}`)
  const host = given.get('host') ?? (decoded(parsed.hostname).replace(/^\[(.*)\]$/, '$1') || undefined)
  const port = given.get('port') ?? parsed.port
  const database = decoded(parsed.pathname.slice(1)) || undefined
  const where = `${host ?? 'localhost'}${port === '' ? '' : `:${port}`}`
  return {
    system,
    host,
    port: port === '' ? undefined : Number(port),
    user: given.get('user') ?? (decoded(parsed.username) || undefined),
    password: password ?? given.get('password') ?? (decoded(parsed.password) || undefined),
    database,
    ssl: sslOf(given.get('sslmode'), host),
    certificates: given.get('sslrootcert') ?? undefined,
    label: `${system === 'postgres' ? 'Postgres' : 'MySQL'} at ${where}${database === undefined ? '' : `/${database}`}`,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return refuse('has a "%" that is followed by no two digits; write it as %25')
  }
}

/** The modes of libpq. A server elsewhere is asked for its certificate unless the URL says otherwise. */
function sslOf(mode: string | null, host: string | undefined): SslMode {
  switch (mode) {
    case null:
      return isLocal(host) ? 'disable' : 'verify-full'
    case 'disable':
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return mode
    default:
      return refuse(`says sslmode=${mode.slice(0, 20)}; known are disable, require, verify-ca and verify-full`)
  }
}

/** This machine, or a socket of it. */
function isLocal(host: string | undefined): boolean {
  return host === undefined || host.startsWith('/') || /^(localhost|127(\.\d+){3}|::1)$/.test(host)
}

function fileTarget(url: string): FileTarget {
  const text = url.replace(/^(sqlite|file):(\/\/(?=\/|[^/]))?/i, '')
  const path = /^file:/i.test(url) ? decoded(text) : text
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
