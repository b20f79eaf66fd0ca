import type { ClientConfig } from 'pg'
import type { PostgresAddress } from './address.ts'
import { tlsOptions } from './tls.ts'

const CONNECT_MS = 10_000

/** What the driver is given of an address; `isPlain`: without TLS, which the server has not. */
export function driverOptions(address: PostgresAddress, isPlain: boolean): ClientConfig {
  const { host, port, user, password, database, options, connectMs = CONNECT_MS, tls } = address
  const ssl = isPlain ? false : tlsOptions(tls)
  return {
    host,
    port,
    user,
    password,
    database,
    options,
    ssl,
    connectionTimeoutMillis: connectMs,
    ...(tls.isBound ? { enableChannelBinding: true } : {}),
    ...(tls.isDirect && ssl !== false ? { sslnegotiation: 'direct' } : {}),
  } as ClientConfig
}
