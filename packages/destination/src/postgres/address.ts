import { SyncError } from '@tidemark/core'

/** Where a Postgres database is, and the schema in it that Tidemark writes. */
export interface PostgresAddress {
  /** As the driver reads it. */
  readonly url: string
  readonly schema: string
  /** For people: without a password. */
  readonly shown: string
}

const SCHEME = /^postgres(?:ql)?:/i

/** Whether a url is one of Postgres, whatever else is wrong with it. */
export function isPostgres(url: string): boolean {
  return SCHEME.test(url)
}

/** @throws SyncError `fix-config`, which never repeats what was written: it may hold a password. */
export function parseAddress(text: string): PostgresAddress {
  const refuse = (problem: string): never => {
    throw new SyncError(
      `the destination ${problem}; write it as postgres://user@host:5432/database?schema=name, and a password into the environment or the url's place for it`,
      'fix-config',
      { code: 'destination-unavailable' },
    )
  }
  // A password with a '#', '/' or '?' in it is cut there; said before the driver guesses.
  if (!URL.canParse(text))
    return refuse('is no valid Postgres url (characters such as # / ? @ in a password are written as %23 %2F %3F %40)')
  const url = new URL(text)
  if (!isDecodable(url)) return refuse('holds a "%" that stands for no character (in a password it is written as %25)')
  if (url.hash !== '') return refuse('holds a "#" (in a password it is written as %23)')
  const schema = url.searchParams.get('schema') ?? 'public'
  if (schema === '' || schema.includes('\0') || Buffer.byteLength(schema) > 63)
    return refuse('names a schema that is empty or longer than 63 bytes')
  if (/^pg_/i.test(schema) || schema === 'information_schema')
    return refuse(`names the schema "${schema}", which belongs to Postgres itself`)
  // Sessions are known by the name that Tidemark gives them.
  for (const name of ['schema', 'application_name']) url.searchParams.delete(name)
  if (isUnsaid(url) && !isLocal(url)) url.searchParams.set('sslmode', 'verify-full')
  return { url: url.href, schema, shown: shown(url, schema) }
}

/** Whether neither the url nor the environment says what is to be thought of TLS. */
function isUnsaid({ searchParams }: URL): boolean {
  const mode = process.env['PGSSLMODE'] ?? ''
  return mode === '' && !['sslmode', 'ssl'].some((name) => searchParams.has(name))
}

/** This machine, or a socket of it. What a url does not say the driver takes from the environment. */
function isLocal({ hostname, searchParams }: URL): boolean {
  const host = searchParams.get('host') ?? (hostname || (process.env['PGHOST'] ?? ''))
  return host === '' || /^\/|^%2f/i.test(host) || /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host)
}

/** Whether the driver can read what is percent-encoded. */
function isDecodable({ username, password, hostname, pathname }: URL): boolean {
  try {
    for (const part of [username, password, hostname, pathname]) decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}

/** Only what says where it is: user, host, port, database, schema. Parameters may hold keys and passwords. */
function shown(url: URL, schema: string): string {
  const user = url.username === '' ? '' : `${url.username}@`
  const host = url.host === '' ? (url.searchParams.get('host') ?? '') : url.host
  return `postgres://${user}${host}${url.pathname}${schema === 'public' ? '' : `?schema=${schema}`}`
}
