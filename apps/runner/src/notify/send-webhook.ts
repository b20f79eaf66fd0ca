import { createHmac } from 'node:crypto'
import { messageOf } from '@tidemark/core/engine'
import { jsonText } from '../json-text.ts'
import type { Delivery } from './decide-notices.ts'
import type { NoticeMessage } from './notice-message.ts'

export interface Webhook {
  readonly url: string
  readonly secret?: string | undefined
}

/** Sends a message as JSON, signed as Standard Webhooks does: `webhook-signature` over id, time and body. */
export function sendWebhook({ url, secret }: Webhook, message: NoticeMessage): Promise<Delivery> {
  const body = jsonText(message, 0)
  const id = `msg_${message.id}`
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = secret === undefined ? {} : { 'webhook-signature': signed(secret, `${id}.${timestamp}.${body}`) }
  return postJson(url, body, { 'webhook-id': id, 'webhook-timestamp': timestamp, ...signature })
}

const PREFIX = 'whsec_'

function signed(secret: string, text: string): string {
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : secret
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`
}

const TIMEOUT_MS = 10_000
const MAX_CHARACTERS_SHOWN = 200
/** A gateway gave up waiting for whoever has the request. */
const MAY_HAVE_ARRIVED = new Set([408, 502, 504])
// The request was never sent.
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_\w+|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/

/** One POST. A redirect is not followed: the message would go to somebody else. */
export async function postJson(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Delivery> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'tidemark', ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.ok) {
      await response.body?.cancel()
      return { outcome: 'delivered' }
    }
    const answer = (await response.text().catch(() => '')).trim().slice(0, MAX_CHARACTERS_SHOWN)
    const message = `it answered ${response.status}${answer === '' ? '' : `: ${answer}`}`
    return { outcome: MAY_HAVE_ARRIVED.has(response.status) ? 'unknown' : 'refused', message }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'TimeoutError')
      return { outcome: 'unknown', message: `it did not answer within ${TIMEOUT_MS / 1000} s` }
    const cause = error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error)
    const message = cause === '' ? (code ?? 'the connection failed') : cause
    return { outcome: code !== undefined && NEVER_SENT.test(code) ? 'refused' : 'unknown', message }
  }
}

/** The code of what was thrown, or of its cause; of several addresses that were tried the first. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof DOMException) return error.name
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  if (typeof code === 'string') return code
  return typeof cause === 'object' && cause !== null ? codeOf(cause) : undefined
}
