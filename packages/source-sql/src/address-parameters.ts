import type { Refuse } from './address-text.ts'

/** What both systems, their drivers, poolers and providers put behind the "?" of an address. */
const HEEDED = `host port user password dbname options connect_timeout connecttimeout socket
  ssl sslmode ssl-mode ssl_mode sslaccept sslrootcert ssl-ca channel_binding target_session_attrs`
// What changes nothing here: how others pool and prepare, what the drivers do anyway, and names.
const IDLE = `application_name fallback_application_name client_encoding encoding charset keepalives keepalives_idle
  keepalives_interval keepalives_count tcp_user_timeout gssencmode krbsrvname gsslib gssdelegation load_balance_hosts
  sslcompression sslsni sslcertmode sslnegotiation uselibpqcompat statement_timeout lock_timeout query_timeout
  idle_in_transaction_session_timeout pgbouncer connection_limit pool pool_mode pool_size pool_timeout max min max_overflow
  conn_max_age statement_cache_size prepared_statements preparethreshold binary_parameters socket_timeout
  single_use_connections supa workaround schema timezone servertimezone usessl allowpublickeyretrieval multistatements
  parsetime autoreconnect reconnect useunicode characterencoding connectionlimit collation`
const KNOWN = new Set([...HEEDED.split(/\s+/), ...IDLE.split(/\s+/)])

type Check = readonly [isFine: (value: string) => boolean, wayOut: string]
const never = (): boolean => false

// What would change which server is read, or how safely, if it were passed over.
const CHECKS: Readonly<Record<string, Check>> = {
  hostaddr: [never, 'write the address as host'],
  service: [never, 'write the settings of the service file into the URL'],
  servicefile: [never, 'write the settings of the service file into the URL'],
  passfile: [never, 'set the environment variable PGPASSFILE to that file'],
  require_auth: [never, 'leave it out'],
  requirepeer: [never, 'leave it out'],
  replication: [(value) => /^(false|off|no|0)$/i.test(value), 'leave it out'],
  requiressl: [never, 'write sslmode=require'],
  sslcert: [never, 'client certificates are not supported; use a password'],
  sslkey: [never, 'client certificates are not supported; use a password'],
  sslpassword: [never, 'client certificates are not supported; use a password'],
  sslcrl: [never, 'leave it out'],
  sslcrldir: [never, 'leave it out'],
  ssl_min_protocol_version: [(value) => /^TLSv1(\.[012])?$/i.test(value), 'leave it out'],
  ssl_max_protocol_version: [(value) => /^TLSv1\.3$/i.test(value), 'leave it out'],
  sslaccept: [(value) => /^(strict|accept_invalid_certs)$/i.test(value), 'write sslmode=require'],
  sslnegotiation: [(value) => value === 'postgres', 'leave it out'],
  gssencmode: [(value) => /^(disable|prefer)$/i.test(value), 'leave it out'],
  client_encoding: [(value) => /^(auto|utf-?8|unicode)$/i.test(value), 'leave it out'],
  channel_binding: [(value) => /^(disable|prefer|require)$/i.test(value), 'write channel_binding=require'],
  target_session_attrs: [
    (value) => /^(any|read-write|primary|read-only|standby|prefer-standby)$/i.test(value),
    'write any, primary, standby or prefer-standby',
  ],
}

/** @throws SyncError that names a parameter with a value that is not supported. */
export function checkParameters(parameters: URLSearchParams, refuse: Refuse): void {
  for (const [name, value] of parameters) {
    const [isFine, wayOut] = CHECKS[name.toLowerCase()] ?? []
    if (isFine?.(value) === false) refuse(`has a parameter "${name}" with a value that is not supported; ${wayOut}`)
  }
}

/** Names that nobody knows. One that is not a name may be a piece of a password. */
export function unknownParameters(parameters: URLSearchParams): readonly string[] {
  return [...parameters.keys()].filter((name) => {
    const plain = name.toLowerCase()
    return !KNOWN.has(plain) && CHECKS[plain] === undefined && /^[a-z_-]{1,40}$/.test(plain)
  })
}

/** A length of time in seconds, as milliseconds. */
export function secondsIn(text: string | undefined, name: string, refuse: Refuse): number | undefined {
  if (text === undefined) return undefined
  if (!/^-?\d{1,6}$/.test(text)) return refuse(`has a parameter "${name}" that is not a number of seconds`)
  const seconds = Number(text)
  return seconds <= 0 ? undefined : seconds * 1000
}
