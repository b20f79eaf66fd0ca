import type { Readable } from 'node:stream'
import { SyncError } from '@tidemark/core'
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import { type AddressGuard, bare, createAddressGuard } from './address-guard.ts'
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
  /**
   * `whole`: a redirect is followed where the request stays what it is, at the same host; otherwise it is an error. Where
   * absent it is followed as a browser does.
   */
  readonly redirects?: 'whole' | undefined
}

export interface Incoming {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: Readable
  /** Where it was answered, after redirects. */
  readonly url: URL
  /** Its status means "nothing here". */
  readonly isEmpty?: true | undefined
}

interface Way {
  readonly guard: AddressGuard
  readonly agent: Dispatcher
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const MOST_REDIRECTS = 10
/** Headers that may go to a host that is not the API's. */
const HARMLESS = new Set(['accept', 'accept-encoding', 'user-agent', 'content-type'])

/**
 * Sends requests through a pool of connections of its own, and follows redirects. undici is what fetch itself is made of;
 * it is used directly because fetch hides how a body was compressed, and cannot look at an address before it connects.
 */
export class Transport {
  readonly #options: TransportOptions
  readonly #trusted: ReadonlySet<string>
  /** For the API's own hosts, which the user named, and for all others. */
  readonly #own: Way
  readonly #other: Way

  constructor(options: TransportOptions) {
    this.#options = options
    const { base, hosts, allow, idleMs } = options
    const wrong = hosts.find((host) => !URL.canParse(`${base.protocol}//${host}`))
    if (wrong !== undefined) throw new SyncError(`"${wrong}" under "hosts" is not a host`, 'fix-config')
    this.#trusted = new Set([base.host, ...hosts.map((host) => host.toLowerCase())])
    const named = [base.hostname, ...hosts.map((host) => new URL(`${base.protocol}//${host}`).hostname)]
    const allowed = new Set(allow.map((one) => one.toLowerCase()))
    const pool = { headersTimeout: idleMs, bodyTimeout: idleMs }
    const timeout = Math.min(idleMs, 30_000)
    const isProxied = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => process.env[name])
    // Behind a proxy it is the proxy that resolves names, and its own address is mostly a private one.
    const proxy = isProxied ? proxyAgent({ ...pool, connect: { timeout } }) : undefined
    const way = (own: readonly string[]): Way => {
      const guard = createAddressGuard({ named: new Set(own.map(bare)), allowed })
      return { guard, agent: proxy ?? new Agent({ ...pool, connect: { timeout, lookup: guard.lookup } }) }
    }
    this.#own = way(named)
    this.#other = way([])
  }

  /** Whether a URL belongs to the API, so that credentials may go there. */
  isTrusted(url: URL): boolean {
    const { base } = this.#options
    if (!this.#trusted.has(url.host))
      return base.protocol === 'http:' && url.protocol === 'https:' && isUpgrade(url, base)
    return url.protocol === base.protocol || url.protocol === 'https:'
  }

  /**
   * A URL that the API names, over https where it is asked so and the host is listed: many an API does not know that
   * something in front of it encrypts, and names pages without.
   */
  encrypted(url: URL): URL {
    if (url.protocol !== 'http:' || this.#options.base.protocol !== 'https:') return url
    const over = new URL(url)
    over.protocol = 'https:'
    return this.#options.hosts.some((host) => host.toLowerCase() === over.host) ? over : url
  }

  async send(outgoing: Outgoing, credentials: Credentials): Promise<Incoming> {
    let current = outgoing
    for (let hops = 0; ; hops++) {
      this.#check(current.url)
      const answer = await this.#once(current, credentials)
      const location = REDIRECTS.has(answer.status) ? headerOf(answer.headers, 'location') : undefined
      if (location === undefined) return answer
      answer.body.destroy()
      if (hops >= MOST_REDIRECTS)
        throw new SyncError(`it was redirected more than ${MOST_REDIRECTS} times`, 'fix-source', { code: 'redirect' })
      const next = redirected(current, answer.status, location, credentials)
      if (outgoing.redirects === 'whole' && (next.method !== outgoing.method || !this.isTrusted(next.url)))
        throw new SyncError(
          `it was redirected (${answer.status}) to ${next.url.origin}${next.url.pathname}; Tidemark does not send the credentials there by itself; if that is the right address, write it into the config`,
          'fix-config',
          { code: 'redirect' },
        )
      current = next
      if (current.body !== undefined && !this.isTrusted(current.url))
        throw new SyncError(
          `it was redirected to ${current.url.host} together with its body, and that host does not belong to the API; if it does, list it under "hosts"`,
          'fix-config',
          { code: 'redirect' },
        )
    }
  }

  /** Lets go of every connection, also of those in use. */
  async close(): Promise<void> {
    await Promise.all([this.#own.agent.destroy(), this.#other.agent.destroy()])
  }

  /** Another port of a named host is another host: who answers there may be somebody else. */
  #wayTo(url: URL): Way {
    return this.isTrusted(url) ? this.#own : this.#other
  }

  #check(url: URL): void {
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new SyncError(`"${url.protocol}" is not a supported protocol; use http or https`, 'fix-config')
    if (url.protocol === 'http:' && this.#options.base.protocol === 'https:')
      throw new SyncError(
        `it leads to ${url.host} without encryption, although the API uses https; refused`,
        'fix-config',
        { code: 'downgrade' },
      )
    this.#wayTo(url).guard.check(url)
  }

  async #once({ url, method, headers, body, signal }: Outgoing, credentials: Credentials): Promise<Incoming> {
    const trusted = this.isTrusted(url)
    let target = new URL(url)
    if (trusted) for (const [name, value] of Object.entries(credentials.query)) target.searchParams.set(name, value)
    // Signed is what is sent, each time that it is.
    const signed = trusted ? credentials.sign?.({ method, url: target, body }) : undefined
    target = signed?.url ?? target
    const sent = trusted
      ? { ...headers, ...credentials.headers, ...signed?.headers }
      : Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)))
    const response = await this.#wayTo(url).agent.request({
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

function proxyAgent(options: EnvHttpProxyAgent.Options): EnvHttpProxyAgent {
  try {
    return new EnvHttpProxyAgent(options)
  } catch {
    // Its message has the value, and with it the password.
    throw new SyncError(
      'HTTPS_PROXY or HTTP_PROXY in the environment is not a URL such as http://<user>:<password>@<host>:<port>',
      'fix-config',
      { code: 'proxy' },
    )
  }
}

function isUpgrade(url: URL, base: URL): boolean {
  return url.hostname === base.hostname && url.port === '' && base.port === ''
}

function redirected(from: Outgoing, status: number, location: string, credentials: Credentials): Outgoing {
  if (!URL.canParse(location, from.url.href))
    throw new SyncError('it was redirected to an address that is not a valid URL', 'fix-source', { code: 'redirect' })
  const url = new URL(location, from.url)
  if (from.url.protocol === 'https:' && url.protocol === 'http:')
    throw new SyncError(
      `it was redirected to ${url.host} without encryption, although the request used https; refused`,
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
