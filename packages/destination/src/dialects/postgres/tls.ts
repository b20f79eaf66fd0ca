import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { SyncError } from '@tidemark/core'
import type { Refuse } from './address-parts.ts'

/** How a connection is encrypted, in libpq's words. */
export interface Tls {
  /** `prefer`: without, where the server has none. `require`: whoever the server is. `verify-ca`: whatever its name. */
  readonly mode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'
  readonly rootFile: string | undefined
  readonly certificateFile: string | undefined
  readonly keyFile: string | undefined
  /** Without the exchange of plain words before it. */
  readonly isDirect: boolean
  /** Whether the password is bound to this connection, where the server can. */
  readonly isBound: boolean
}

const MODES: Readonly<Record<string, Tls['mode']>> = {
  disable: 'disable',
  allow: 'prefer',
  prefer: 'prefer',
  require: 'require',
  'no-verify': 'require',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
}
const SSL: Readonly<Record<string, Tls['mode']>> = {
  '0': 'disable',
  false: 'disable',
  '1': 'verify-full',
  true: 'verify-full',
  'no-verify': 'require',
}

/** What an address and the environment say of TLS; nothing: a server elsewhere must show its certificate. */
export function tlsOf(parameters: URLSearchParams, host: string, refuse: Refuse): Tls {
  const said = parameters.get('sslmode') || undefined
  const ssl = parameters.get('ssl') || undefined
  const mode = said ?? (ssl === undefined ? process.env['PGSSLMODE'] || undefined : undefined)
  const root = parameters.get('sslrootcert') || process.env['PGSSLROOTCERT'] || undefined
  const asked = root !== undefined || parameters.has('sslcert')
  const isBound = parameters.get('channel_binding')?.toLowerCase() === 'require'
  const wanted =
    mode !== undefined
      ? (MODES[mode.toLowerCase()] ??
        refuse(`has an unknown sslmode; known modes are ${Object.keys(MODES).join(', ')}`))
      : ssl !== undefined
        ? (SSL[ssl.toLowerCase()] ?? refuse('has a parameter "ssl" that is neither true nor false'))
        : isLocal(host) && !asked
          ? 'disable'
          : 'verify-full'
  if (isBound && wanted === 'disable') return refuse('has channel_binding=require, but no TLS to bind to')
  return {
    // Who can put a socket there is on this machine already; libpq encrypts nothing there either.
    mode: host.startsWith('/') ? 'disable' : stricter(wanted, isBound, root),
    rootFile: root === 'system' ? undefined : root,
    certificateFile: parameters.get('sslcert') || undefined,
    keyFile: parameters.get('sslkey') || undefined,
    isDirect: parameters.get('sslnegotiation')?.toLowerCase() === 'direct',
    isBound,
  }
}

/** This machine, or a socket of it. */
function isLocal(host: string): boolean {
  return host === '' || host.startsWith('/') || /^(localhost|127(\.\d+){3}|::1)$/i.test(host)
}

/** Who names certificates wants them looked at, as libpq has it; so does who wants the password bound to the server. */
function stricter(mode: Tls['mode'], isBound: boolean, root: string | undefined): Tls['mode'] {
  if (mode !== 'require' && mode !== 'prefer') return mode
  if (isBound || root === 'system') return 'verify-full'
  return mode === 'require' && root !== undefined ? 'verify-ca' : mode
}

/** What the driver is given. @throws SyncError that names a file that cannot be read. */
export function tlsOptions({ mode, rootFile, certificateFile, keyFile }: Tls): ConnectionOptions | false {
  if (mode === 'disable') return false
  return {
    ...(rootFile === undefined ? {} : { ca: textIn(rootFile, 'sslrootcert') }),
    ...(certificateFile === undefined ? {} : { cert: textIn(certificateFile, 'sslcert') }),
    ...(keyFile === undefined ? {} : { key: textIn(keyFile, 'sslkey') }),
    ...(mode === 'prefer' || mode === 'require' ? { rejectUnauthorized: false } : {}),
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  }
}

function textIn(file: string, parameter: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new SyncError(
      `the file that the destination names as ${parameter} cannot be read (${(cause as Error).message}); name one that this user may read`,
      'fix-config',
      { code: 'destination-unavailable', cause },
    )
  }
}
