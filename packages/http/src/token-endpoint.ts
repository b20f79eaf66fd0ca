import { SyncError } from '@tidemark/core'
import { connectionFailure } from './http-failure.ts'
import type { TokenFetch } from './oauth-token.ts'
import { bytesOf } from './response-body.ts'
import { headerOf } from './response-headers.ts'
import { stopSignal } from './stop-signal.ts'
import { Transport } from './transport.ts'

export interface TokenEndpointOptions {
  readonly url: string
  readonly base: URL
  readonly allow: readonly string[]
  readonly idleMs: number
  readonly closed: AbortSignal
  readonly redact: (text: string) => string
}

const MOST_BYTES = 1024 * 1024
const DEADLINE_MS = 60_000

/** Where tokens are given: a host of its own, asked over connections of its own, that may redirect to itself alone. */
export interface TokenEndpoint {
  readonly fetch: TokenFetch
  readonly close: () => Promise<void>
}

export function tokenEndpoint({ url, base, allow, idleMs, closed, redact }: TokenEndpointOptions): TokenEndpoint {
  const target = URL.canParse(url) ? new URL(url) : undefined
  if (target === undefined) throw new SyncError(`the token URL "${url}" is not a valid URL`, 'fix-config')
  if (target.protocol === 'http:' && base.protocol === 'https:')
    throw new SyncError('the token URL is not encrypted, although the API uses https', 'fix-config')
  const transport = new Transport({ base: target, hosts: [], allow, idleMs })
  const what = redact(`the token request to ${url}`)
  return {
    close: () => transport.close(),
    async fetch({ method, headers, query, body }) {
      const late = () => new SyncError(`${what} got no answer in time`, 'retry', { code: 'deadline' })
      const { signal, release } = stopSignal([closed], { ms: DEADLINE_MS, reason: late })
      try {
        const asked = new URL(target)
        for (const [name, value] of Object.entries(query)) asked.searchParams.set(name, value)
        const answer = await transport.send(
          { url: asked, method, headers, body, signal, redirects: 'whole' },
          { headers: {}, query: {} },
        )
        const decoder = new TextDecoder()
        let text = ''
        for await (const bytes of bytesOf(answer.body, answer.headers, { maxBytes: MOST_BYTES, what }))
          text += decoder.decode(bytes, { stream: true })
        const names = Object.keys(answer.headers).filter((name) => name !== 'content-encoding')
        const plain = Object.fromEntries(names.map((name) => [name, headerOf(answer.headers, name) ?? '']))
        return { status: answer.status, headers: plain, text }
      } catch (error) {
        throw signal.aborted ? signal.reason : connectionFailure(error, what, redact)
      } finally {
        release()
      }
    },
  }
}
