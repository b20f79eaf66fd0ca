import type { Refuse } from './address-parts.ts'

// What Tidemark heeds.
const HEEDED = `host port user password dbname schema options connect_timeout application_name
  ssl sslmode sslrootcert sslcert sslkey sslnegotiation channel_binding`
// What changes nothing here: how others pool and prepare, what the driver does anyway, and names.
const IDLE = `fallback_application_name client_encoding encoding keepalives keepalives_idle keepalives_interval
  keepalives_count tcp_user_timeout gssencmode krbsrvname gsslib gssdelegation load_balance_hosts target_session_attrs
  sslcompression sslsni sslcertmode uselibpqcompat statement_timeout lock_timeout query_timeout
  idle_in_transaction_session_timeout pgbouncer connection_limit pool pool_mode pool_size pool_timeout max min
  max_overflow conn_max_age statement_cache_size prepared_statements preparethreshold binary_parameters socket_timeout
  single_use_connections supa workaround`
const KNOWN = new Set([...HEEDED.split(/\s+/), ...IDLE.split(/\s+/)])

type Check = readonly [isFine: (value: string) => boolean, problem: string]
const never = (): boolean => false

// Parameters that would change which server Tidemark connects to, or how safely, if they were ignored.
const CHECKS: Readonly<Record<string, Check>> = {
  hostaddr: [never, 'give the address as host'],
  service: [never, 'put the settings of the service file into the url'],
  servicefile: [never, 'put the settings of the service file into the url'],
  passfile: [never, 'name the file in the environment variable PGPASSFILE'],
  require_auth: [never, 'leave it out'],
  requirepeer: [never, 'leave it out'],
  replication: [(value) => /^(?:false|off|no|0)$/i.test(value), 'leave it out'],
  requiressl: [never, 'write sslmode=require'],
  sslpassword: [never, 'name a key without a password as sslkey'],
  sslcrl: [never, 'leave it out'],
  sslcrldir: [never, 'leave it out'],
  ssl_min_protocol_version: [
    (value) => /^TLSv1(?:\.[012])?$/i.test(value),
    'leave it out; TLS 1.2 is the oldest version supported',
  ],
  ssl_max_protocol_version: [(value) => /^TLSv1\.3$/i.test(value), 'leave it out'],
  sslaccept: [(value) => value === 'strict', 'write sslmode=require'],
  gssencmode: [(value) => /^(?:disable|prefer)$/i.test(value), 'leave it out'],
  client_encoding: [(value) => /^(?:auto|utf-?8|unicode)$/i.test(value), 'leave it out; Tidemark always uses UTF-8'],
  target_session_attrs: [
    (value) => /^(?:any|read-write|primary)$/i.test(value),
    'leave it out and name the writable server',
  ],
  sslnegotiation: [(value) => /^(?:postgres|direct)$/i.test(value), 'write sslnegotiation=direct, or leave it out'],
  channel_binding: [
    (value) => /^(?:disable|prefer|require)$/i.test(value),
    'write channel_binding=require, or leave it out',
  ],
}

/** @throws SyncError that names a parameter whose value cannot be done. */
export function checkParameters(parameters: URLSearchParams, refuse: Refuse): void {
  for (const [name, value] of parameters) {
    const [isFine, wayOut] = CHECKS[name.toLowerCase()] ?? []
    if (isFine?.(value) === false)
      refuse(`has a parameter "${name}" with a value that Tidemark does not support; ${wayOut}`)
  }
}

/** Unknown names. One that is not a name may be a piece of a password. */
export function unknownParameters(parameters: URLSearchParams): readonly string[] {
  return [...parameters.keys()].filter(
    (name) =>
      !KNOWN.has(name.toLowerCase()) && CHECKS[name.toLowerCase()] === undefined && /^[a-z_]{1,40}$/i.test(name),
  )
}

/** A length of time in seconds, as milliseconds; libpq's "no limit" is what is not said. */
export function secondsIn(parameters: URLSearchParams, name: string, refuse: Refuse): number | undefined {
  const text = parameters.get(name) ?? ''
  if (text === '') return undefined
  const seconds = Number(text)
  if (!/^-?\d{1,6}$/.test(text)) return refuse(`has a parameter "${name}" that is not a number of seconds`)
  return seconds <= 0 ? undefined : seconds * 1000
}
