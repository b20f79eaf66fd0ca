import { createHash, createHmac, randomUUID } from 'node:crypto'

/** A signature of each request, by a key that both sides know. Texts may contain `{method}`, `{timestamp}` and their like. */
export interface HmacSigning {
  readonly type: 'hmac'
  readonly key: string
  /** How the key is written (`utf8`). */
  readonly keyEncoding?: 'utf8' | 'base64' | 'hex' | undefined
  /** `sha256` where absent. */
  readonly algorithm?: 'sha1' | 'sha256' | 'sha384' | 'sha512' | undefined
  /** What is signed: `{timestamp}{method}{target}{body}`. */
  readonly message: string
  /** How the signature is written (`hex`). */
  readonly encoding?: 'hex' | 'base64' | 'base64url' | undefined
  /** The header or the query parameter that takes it, */
  readonly header?: string | undefined
  readonly parameter?: string | undefined
  /** and the text there (`{signature}`). */
  readonly value?: string | undefined
  /** More headers and query parameters, such as the time that is signed. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly params?: Readonly<Record<string, string>> | undefined
}

/** A request as it is about to be sent. */
export interface Unsigned {
  readonly method: string
  readonly url: URL
  readonly body: string | undefined
}

/** What a request carries for its signature. */
export interface Signed {
  readonly headers: Readonly<Record<string, string>>
  readonly url: URL
}

/** What a text of a signature may name. */
export const SIGNATURE_PLACEHOLDERS = [
  'method',
  'url',
  'host',
  'path',
  'query',
  'sorted_query',
  'target',
  'body',
  'body_hash',
  'timestamp',
  'timestamp_ms',
  'iso',
  'date',
  'nonce',
  'signature',
] as const
type Placeholder = (typeof SIGNATURE_PLACEHOLDERS)[number]

const NAMED = /\{([a-z_]+)\}/g

/** The placeholders of a text that stand for nothing. */
export function unknownPlaceholders(text: string): readonly string[] {
  return [...text.matchAll(NAMED)]
    .map(([whole, name]) => [whole, name] as const)
    .filter(([, name]) => !(SIGNATURE_PLACEHOLDERS as readonly string[]).includes(name!))
    .map(([whole]) => whole)
}

/**
 * Signs one request: what `message` makes of it, by a key that both sides know. Parameters are added first, so that the
 * query that is signed is the one that is sent.
 *
 * @param now milliseconds since 1970.
 */
export function signature(signing: HmacSigning, { method, url: given, body = '' }: Unsigned, now: number): Signed {
  const { algorithm = 'sha256', encoding = 'hex', header, parameter, value = '{signature}' } = signing
  const key = Buffer.from(signing.key, signing.keyEncoding ?? 'utf8')
  const at = new Date(now)
  const nonce = randomUUID()
  const url = new URL(given)
  const values = (sign: () => string): Readonly<Record<Placeholder, () => string>> => ({
    method: () => method,
    url: () => url.href,
    host: () => url.host,
    path: () => url.pathname,
    query: () => url.search.slice(1),
    sorted_query: () => url.search.slice(1).split('&').sort().join('&'),
    target: () => `${url.pathname}${url.search}`,
    body: () => body,
    body_hash: () => createHash(algorithm).update(body).digest(encoding),
    timestamp: () => String(Math.floor(now / 1000)),
    timestamp_ms: () => String(now),
    iso: () => at.toISOString(),
    date: () => at.toUTCString(),
    nonce: () => nonce,
    signature: sign,
  })
  const filled = (text: string, sign: () => string = () => ''): string =>
    text.replace(NAMED, (whole, name: string) => values(sign)[name as Placeholder]?.() ?? whole)
  for (const [name, one] of Object.entries(signing.params ?? {})) url.searchParams.set(name, filled(one))
  const made = createHmac(algorithm, key).update(filled(signing.message)).digest(encoding)
  const full = filled(value, () => made)
  const headers = Object.entries(signing.headers ?? {}).map(([name, one]) => [name.toLowerCase(), filled(one)] as const)
  if (parameter !== undefined) url.searchParams.append(parameter, full)
  return {
    url,
    headers: { ...Object.fromEntries(headers), ...(header === undefined ? {} : { [header.toLowerCase()]: full }) },
  }
}
