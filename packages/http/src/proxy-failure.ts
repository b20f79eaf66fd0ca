import { SyncError } from '@tidemark/core'

// How undici says that a proxy refused: in words alone, with the codes of other failures.
const REFUSED = /^Proxy response \((\d{3})\)|^Proxy Authentication Required \((407)\)/

/** What a proxy on the way said; undefined where it was none. */
export function proxyFailure(message: string, what: string): SyncError | undefined {
  const [, tunnel, plain] = REFUSED.exec(message) ?? []
  const status = tunnel ?? plain
  if (status === undefined) return undefined
  if (status === '407') return proxyUnauthorized(what)
  return new SyncError(
    `${what} failed: the proxy (HTTPS_PROXY, HTTP_PROXY) refused it with ${status}; ask the operator of the proxy, or add the host to NO_PROXY`,
    status.startsWith('4') ? 'fix-config' : 'retry',
    { code: 'proxy' },
  )
}

export function proxyUnauthorized(what: string): SyncError {
  return new SyncError(
    `${what} was refused by a proxy with 407: the proxy requires a user and a password; write them into HTTPS_PROXY and HTTP_PROXY (http://<user>:<password>@<host>:<port>), or add the host to NO_PROXY`,
    'fix-config',
    { code: 'proxy' },
  )
}
