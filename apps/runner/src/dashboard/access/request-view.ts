import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import type { ProxyTrust } from './proxy-trust.ts'

/** A request as the browser made it, whatever proxy is in between. */
export interface RequestView {
  readonly scheme: 'http' | 'https'
  /** Name and port, in lower case. */
  readonly host: string
  /** The address of the browser, as far as it is known. */
  readonly address: string
  /** Whether a trusted proxy passed it on: only then its headers count. */
  readonly isByProxy: boolean
}

export function viewOf(c: Context, trust: ProxyTrust): RequestView {
  const peer = peerOf(c)
  const isByProxy = trust(peer)
  const header = (name: string): string | undefined => (isByProxy ? lastOf(c.req.header(name)) : undefined)
  return {
    scheme: header('x-forwarded-proto') === 'https' ? 'https' : 'http',
    host: (header('x-forwarded-host') ?? c.req.header('host') ?? '').toLowerCase(),
    address: header('x-forwarded-for') ?? peer,
    isByProxy,
  }
}

/** Of a list that several proxies wrote the nearest wrote the last entry; earlier ones may be the browser's. */
function lastOf(value: string | undefined): string | undefined {
  const last = value?.split(',').at(-1)?.trim()
  return last === '' ? undefined : last
}

function peerOf(c: Context): string {
  try {
    return getConnInfo(c).remote.address ?? ''
  } catch {
    return ''
  }
}
