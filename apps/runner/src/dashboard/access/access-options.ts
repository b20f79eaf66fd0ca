import { SyncError } from '@tidemark/core'
import { isLoopback } from '../listen.ts'
import { type Access, headerAccess, openAccess, passwordAccess, tokenAccess } from './access.ts'
import { PasswordFile } from './password-file.ts'
import { proxyTrust, TRUSTS_NOBODY } from './proxy-trust.ts'

/** The options of `tidemark ui` that say who may open it, and from where. */
export interface AccessFlags {
  readonly host: string
  readonly basePath?: string | undefined
  /** Names, with commas between them. */
  readonly allowedHosts?: string | undefined
  readonly trustProxy?: string | undefined
  readonly passwordFile?: string | undefined
  readonly userHeader?: string | undefined
  /** Names, with commas between them. */
  readonly actors?: string | undefined
}

const MIN_TOKEN = 16

/**
 * @param shared a token that all of a team share.
 * @param token what a page on this machine needs to act; undefined: it only reads.
 * @throws SyncError `fix-config`, code `usage`, where the options leave the dashboard open or contradict each other.
 */
export function accessOf(flags: AccessFlags, shared: string | undefined, token: string | undefined): Access {
  const { host, allowedHosts, trustProxy, passwordFile, userHeader, actors } = flags
  const trust = trustProxy === undefined ? TRUSTS_NOBODY : proxyTrust(trustProxy)
  const hosts = listed(allowedHosts)
  for (const name of hosts)
    if (!/^(?:[\w.-]+|\[[\da-f:]+\])$/i.test(name))
      throw usage(
        `--allowed-hosts: "${name}" is not a host name; write names without a port, such as tidemark.example.com`,
      )
  const ways = [passwordFile && '--password-file', userHeader && '--user-header', shared && 'TIDEMARK_UI_TOKEN'].filter(
    (one) => one !== undefined && one !== '',
  )
  if (ways.length > 1) throw usage(`${ways.join(' and ')} exclude each other: keep one way to log in`)
  if (actors !== undefined && userHeader === undefined)
    throw usage('--actors names users of --user-header; the roles of a password file are in its lines')
  if (ways.length === 0 && (!isLoopback(host) || hosts.length > 0 || trustProxy !== undefined))
    throw usage(
      'whoever reaches this address would see all rows: add a login, with --password-file, TIDEMARK_UI_TOKEN in the environment, or --user-header behind a proxy',
    )
  if (!isLoopback(host) && hosts.length === 0)
    throw usage(
      `--host ${host} needs --allowed-hosts: the names under which the dashboard is opened, such as tidemark.example.com`,
    )
  const base = { trust, hosts }
  if (passwordFile !== undefined) return passwordAccess(base, new PasswordFile(passwordFile))
  if (userHeader !== undefined) {
    if (trustProxy === undefined)
      throw usage('--user-header needs --trust-proxy: only a proxy that is trusted may say who a user is')
    if (!/^[\w-]+$/.test(userHeader))
      throw usage(`--user-header: "${userHeader}" is not the name of a header, such as X-Forwarded-User`)
    return headerAccess(base, { header: userHeader, actors: listed(actors) })
  }
  if (shared !== undefined && shared !== '') {
    if (shared.length < MIN_TOKEN)
      throw usage(`TIDEMARK_UI_TOKEN has to have ${MIN_TOKEN} characters or more; make one: openssl rand -base64 24`)
    return tokenAccess(base, shared)
  }
  return openAccess(base, token)
}

/** The path under which a proxy serves the dashboard. @throws SyncError `fix-config`, code `usage`. */
export function basePathOf(text: string | undefined): string {
  const path = (text ?? '').replace(/\/+$/, '')
  if (path === '' || /^(?:\/[\w.~-]+)+$/.test(path)) return path
  throw usage(`--base-path: "${text}" is not a path; write one such as /tidemark`)
}

const listed = (text: string | undefined): readonly string[] =>
  text === undefined
    ? []
    : text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')

function usage(message: string): SyncError {
  return new SyncError(message, 'fix-config', { code: 'usage' })
}
