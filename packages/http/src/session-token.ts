import { type SourceClock, SyncError } from '@tidemark/core'
import { placeText } from './answer-place.ts'
import { withPath } from './at-path.ts'
import type { Session } from './authorization.ts'
import { renewalOf, type Token } from './held-token.ts'
import { excerptOf, statusFailure } from './http-failure.ts'
import type { TokenFetch } from './oauth-token.ts'
import { answerText, tokenAnswer, tokenBody } from './token-answer.ts'

/** Where the server does not say, a session lives so long; one that is refused is renewed at once. */
const LIFE_MS = 3_600_000

export interface SessionTokenOptions {
  readonly session: Session
  readonly fetch: TokenFetch
  readonly clock: SourceClock
  /** Told of every new secret before anything is done with it. */
  readonly keepSecret: (...secrets: readonly string[]) => void
  readonly redact: (text: string) => string
}

type Answer = Awaited<ReturnType<TokenFetch>>

/** Logs in, and takes the token of the session from the answer. @throws SyncError `fix-config` where it has no token. */
export async function sessionToken(options: SessionTokenOptions): Promise<Token> {
  const { session, fetch, clock, keepSecret, redact } = options
  const { loginUrl, lifeSeconds } = session
  const answer = await fetch(loginRequest(session))
  const what = `the login at ${redact(loginUrl)}`
  const excerpt = excerptOf(answer.text, redact)
  if (answer.status === 429 || answer.status >= 500) throw statusFailure({ ...answer, excerpt, what }, clock.now())
  const isFine = answer.status >= 200 && answer.status < 300
  if (!isFine)
    throw new SyncError(
      `${what} was refused with ${answer.status}: ${excerpt}; check the user, the password and the other fields of its body`,
      'fix-config',
      { code: 'unauthorized' },
    )
  const { text, lifeMs } = tokenIn(answer, session, clock.now())
  if (text === undefined)
    throw new SyncError(
      `${what} returned no session token ${whereText(session)}: ${answerText(answer.text, redact)}; check the login, and name the place of the token: "at": a path, { "header": … } or { "cookie": … }`,
      'fix-config',
      { code: 'unauthorized' },
    )
  keepSecret(text)
  const life = lifeSeconds === undefined ? (lifeMs ?? LIFE_MS) : lifeSeconds * 1000
  return { text, renewAt: renewalOf(clock.now(), life) }
}

function loginRequest({ method = 'POST', body = {}, encoding = 'json', headers = {}, ...user }: Session) {
  const { username, password = '' } = user
  const pair = Buffer.from(`${username}:${password}`).toString('base64')
  const sent = {
    accept: 'application/json',
    ...(username === undefined ? {} : { authorization: `Basic ${pair}` }),
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  }
  const fields = Object.entries(body)
  const texts = fields.map(([name, value]) => [name, String(value)] as const)
  if (method === 'GET') return { method, headers: sent, query: Object.fromEntries(texts), body: undefined }
  const isForm = encoding === 'form'
  return {
    method,
    headers: { ...sent, 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' },
    query: {},
    body: isForm
      ? new URLSearchParams(Object.fromEntries(texts)).toString()
      : JSON.stringify(fields.reduce<unknown>((made, [name, value]) => withPath(made, name, value), {})),
  }
}

function tokenIn(
  { headers, text }: Answer,
  { at }: Session,
  now: number,
): { readonly text: string | undefined; readonly lifeMs?: number | undefined } {
  if (typeof at === 'object' && 'header' in at) return { text: headers[at.header.toLowerCase()] || undefined }
  if (typeof at === 'object' && 'cookie' in at) return { text: cookieIn(headers['set-cookie'] ?? '', at.cookie) }
  const found = tokenAnswer(tokenBody(text), { access: at }, now)
  return { text: found?.accessToken, lifeMs: found?.lifeMs }
}

/** A cookie among several that were joined with commas, as those of their dates are. */
function cookieIn(header: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|,\\s*)${RegExp.escape(name)}=([^;,]+)`).exec(header)
  return found?.[1]
}

function whereText({ at }: Session): string {
  if (at === undefined) return 'at one of the usual names'
  return typeof at === 'object' && 'cookie' in at ? `in the cookie "${at.cookie}"` : placeText(at)
}
