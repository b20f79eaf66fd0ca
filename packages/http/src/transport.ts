import type { Readable } from 'node:stream'
import { SyncError } from '@tidemark/core'
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import { type AddressGuard, createAddressGuard, hostOf } from './address-guard.ts'
import type { Credentials } from './authorization.ts'
import { headerOf, type ResponseHeaders } from './response-headers.ts'

export interface TransportOptions {
  readonly base: URL
  /** Further hosts that belong to the API: they are given the credentials too. */
  readonly hosts: readonly string[]
  /** Hosts and addresses that may be connected to though they are private or link-local. */
  readonly allow: readonly string[]
  readonly idleMs: number
}

/** A request on its way: a whole URL, and the body as text. */
export interface Outgoing {
  readonly url: URL
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly signal: AbortSignal
  /** What to do with a redirect; it is followed where absent. */
  readonly redirects?: 'refuse' | undefined
}

export interface Incoming {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: Readable
  /** Where it was answered, after redirects. */
  readonly url: URL
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const MOST_REDIRECTS = 10
/** What may be told to a host that is not the API's. */
const HARMLESS = new Set(['accept', 'accept-encoding', 'user-agent', 'content-type'])

/**
 * Sends requests through a pool of connections of its own, and follows redirects. undici is what fetch itself is made of;
 * it is used directly because fetch hides how a body was compressed, and cannot look at an address before it connects.
 */
export class Transport {
  readonly #options: TransportOptions
  readonly #trusted: ReadonlySet<string>
  readonly #guard: AddressGuard
  readonly #agent: Dispatcher

  constructor(options: TransportOptions) {
    this.#options = options
    const { base, hosts, allow, idleMs } = options
    const wrong = hosts.find((host) => !URL.canParse(`${base.protocol}//${host}`))
    if (wrong !== undefined) throw new SyncError(`"${wrong}" under "hosts" is no host`, 'fix-config')
    this.#trusted = new Set([base.host, ...hosts.map((host) => host.toLowerCase())])
    this.#guard = createAddressGuard({
      named: new Set([hostOf(base), ...hosts.map((host) => hostOf(new URL(`${base.protocol}//${host}`)))]),
      allowed: new Set(allow.map((one) => one.toLowerCase())),
    })
    const pool = { headersTimeout: idleMs, bodyTimeout: idleMs }
    const timeout = Math.min(idleMs, 30_000)
    const isProxied = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => process.env[name])
    // Behind a proxy it is the proxy that resolves names, and its own address is mostly a private one.
    this.#agent = isProxied
      ? new EnvHttpProxyAgent({ ...pool, connect: { timeout } })
      : new Agent({ ...pool, connect: { timeout, lookup: this.#guard.lookup } })
  }

  /** Whether a URL belongs to the API, so that credentials may go there. */
  isTrusted(url: URL): boolean {
    const { base } = this.#options
    if (!this.#trusted.has(url.host))
      return base.protocol === 'http:' && url.protocol === 'https:' && isUpgrade(url, base)
    return url.protocol === base.protocol || url.protocol === 'https:'
  }

  async send(outgoing: Outgoing, credentials: Credentials): Promise<Incoming> {
    let current = outgoing
    for (let hops = 0; ; hops++) {
      this.#check(current.url)
      const answer = await this.#once(current, credentials)
      const location = REDIRECTS.has(answer.status) ? headerOf(answer.headers, 'location') : undefined
      if (location === undefined || current.redirects === 'refuse') return answer
      answer.body.destroy()
      if (hops >= MOST_REDIRECTS)
        throw new SyncError(`it was redirected more than ${MOST_REDIRECTS} times`, 'fix-source', { code: 'redirect' })
      current = redirected(current, answer.status, location, credentials)
      if (current.body !== undefined && !this.isTrusted(current.url))
        throw new SyncError(
          `it was redirected to ${current.url.host} together with its body, and that host is not the API's; if it is, list it under "hosts"`,
          'fix-config',
          { code: 'redirect' },
        )
    }
  }

  /** Lets go of every connection, also of those in use. */
  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  #check(url: URL): void {
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new SyncError(`"${url.protocol}" is no protocol to ask by; only http and https are`, 'fix-config')
    if (url.protocol === 'http:' && this.#options.base.protocol === 'https:')
      throw new SyncError(
        `it leads to ${url.host} without encryption, though the API is asked over https; refused`,
        'fix-config',
        { code: 'downgrade' },
      )
    this.#guard.check(url)
  }

  async #once({ url, method, headers, body, signal }: Outgoing, credentials: Credentials): Promise<Incoming> {
    const trusted = this.isTrusted(url)
    const target = new URL(url)
    if (trusted) for (const [name, value] of Object.entries(credentials.query)) target.searchParams.set(name, value)
    const sent = trusted
      ? { ...headers, ...credentials.headers }
      : Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)))
    const response = await this.#agent.request({
      origin: target.origin,
      path: `${target.pathname}${target.search}`,
      method,
      headers: sent,
      body: body ?? null,
      signal,
    })
    // Whoever lets go of a body early makes it fail; that is nobody's error.
    response.body.on('error', () => {})
    return { status: response.statusCode, headers: response.headers, body: response.body, url }
  }
}

function isUpgrade(url: URL, base: URL): boolean {
  return url.hostname === base.hostname && url.port === '' && base.port === ''
}

function redirected(from: Outgoing, status: number, location: string, credentials: Credentials): Outgoing {
  if (!URL.canParse(location, from.url.href))
    throw new SyncError('it was redirected to something that is no URL', 'fix-source', { code: 'redirect' })
  const url = new URL(location, from.url)
  if (from.url.protocol === 'https:' && url.protocol === 'http:')
    throw new SyncError(
      `it was redirected to ${url.host} without encryption, though it was asked over https; refused`,
      'fix-config',
      { code: 'downgrade' },
    )
  // A server that repeats our query in its answer does not get to pass our key on.
  for (const [name, value] of Object.entries(credentials.query)) {
    if (url.searchParams.get(name) === value) url.searchParams.delete(name)
  }
  const asGet = status === 303 || ((status === 301 || status === 302) && from.method === 'POST')
  return asGet && from.method !== 'HEAD' ? { ...from, url, method: 'GET', body: undefined } : { ...from, url }
}
