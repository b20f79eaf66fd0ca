import { parseJson } from '@tidemark/core/values'
import { atPath, type BodyPath } from './at-path.ts'
import { messageIn } from './error-signs.ts'
import { excerptOf } from './http-failure.ts'

/** What a token server gave. */
export interface TokenAnswer {
  readonly accessToken: string
  /** Undefined where it did not say how long the token lives. */
  readonly lifeMs: number | undefined
  readonly refreshToken: string | undefined
}

/** Where an answer has what, for a server that puts it elsewhere than others do. */
export interface TokenPlaces {
  /** The access token. */
  readonly access?: BodyPath | undefined
  /** The refresh token. */
  readonly refresh?: BodyPath | undefined
  /** How long the access token lives, in seconds. */
  readonly expires?: BodyPath | undefined
}

const TOKENS = [
  'access_token',
  'accessToken',
  'access-token',
  'AccessToken',
  'token',
  'Token',
  'auth_token',
  'authToken',
  'jwt',
  'id_token',
  'idToken',
  'session_token',
  'sessionToken',
]
const REFRESH_TOKENS = ['refresh_token', 'refreshToken', 'refresh-token', 'RefreshToken']
const LIVES = ['expires_in', 'expiresIn', 'expires-in', 'ExpiresIn', 'expires_in_seconds', 'expiresInSeconds', 'ttl']
const ENDS = [
  'expires_at',
  'expiresAt',
  'expires_on',
  'expiresOn',
  'expires',
  'expiration',
  'expiry',
  '.expires',
  'exp',
]
const DEPTH = 4

/** What the body of an answer says, whatever it calls itself; undefined where it has no token. */
export function tokenAnswer(body: unknown, places: TokenPlaces, now: number): TokenAnswer | undefined {
  const accessToken = places.access === undefined ? find(body, TOKENS, isText) : textOf(atPath(body, places.access))
  if (accessToken === undefined) return undefined
  const refreshToken =
    places.refresh === undefined ? find(body, REFRESH_TOKENS, isText) : textOf(atPath(body, places.refresh))
  return { accessToken, refreshToken, lifeMs: lifeOf(body, places, now) ?? lifeOfJwt(accessToken, now) }
}

/** What an answer has, for an error: the names of its fields, for any value may be the token; of a page its beginning. */
export function answerText(text: string, redact: (text: string) => string): string {
  const body = tokenBody(text)
  const paths: string[] = []
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null || path.length === DEPTH) return void paths.push(path.join('.'))
    for (const [name, one] of Object.entries(value)) walk(one, [...path, name])
  }
  if (typeof body === 'object' && body !== null) walk(body, [])
  if (paths.length > 0) return `it has the fields ${excerptOf(paths.slice(0, 20).join(', '), redact)}`
  return /^\s*</.test(text) ? excerptOf(text, redact) : `it has ${text.length} characters and no fields`
}

/** Whether an answer says that it refuses: some do with status 200. */
export function refusalIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { error, error_description: description } = body as Record<string, unknown>
  const words = [error, description].filter((one) => typeof one === 'string' && one !== '')
  return words.length > 0 ? words.join(': ') : messageIn(body)
}

/** The body of an answer: JSON, whatever it calls itself, a form, or the token alone. */
export function tokenBody(text: string): unknown {
  // Some write this before JSON, so that no page can take it for a script.
  const plain = text.replace(/^\uFEFF?(?:\)\]\}',?\s*)?/, '').trim()
  if (/^[[{"]/.test(plain)) {
    try {
      const body = parseJson(plain)
      return typeof body === 'string' ? { access_token: body } : body
    } catch {
      return undefined
    }
  }
  if (/^[\w.%~+-]+=[^\s<>{}]*$/.test(plain) && plain.includes('token='))
    return Object.fromEntries(new URLSearchParams(plain))
  return /^[\w.~+/=-]{16,}$/.test(plain) ? { access_token: plain } : undefined
}

function lifeOf(body: unknown, { expires }: TokenPlaces, now: number): number | undefined {
  const told = expires === undefined ? find(body, LIVES, isNumber) : atPath(body, expires)
  const seconds = numberOf(told)
  // A number of this size is no length but a time.
  if (seconds !== undefined && seconds >= 0) return seconds >= 1e9 ? until(seconds, now) : seconds * 1000
  const end = expires === undefined ? find(body, ENDS, (value) => endOf(value) !== undefined) : undefined
  const at = endOf(end)
  return at === undefined ? undefined : Math.max(0, at - now)
}

const until = (time: number, now: number): number => Math.max(0, (time >= 1e12 ? time : time * 1000) - now)

/** The time that a value names, in milliseconds since 1970. */
function endOf(value: unknown): number | undefined {
  const number = numberOf(value)
  if (number !== undefined) return number >= 1e9 ? (number >= 1e12 ? number : number * 1000) : undefined
  const at =
    typeof value === 'string' && /^\d{4}-\d\d-\d\d|^[A-Za-z]{3},? /.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

/** A token that says itself when it ends. */
function lifeOfJwt(token: string, now: number): number | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1]
  if (payload === undefined) return undefined
  try {
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp?: unknown }
    return typeof exp === 'number' && exp > 0 ? until(exp, now) : undefined
  } catch {
    return undefined
  }
}

/** The first value of one of these names, the outermost first, that is what it must be. */
function find<T>(body: unknown, names: readonly string[], is: (value: unknown) => value is T): T | undefined
function find(body: unknown, names: readonly string[], is: (value: unknown) => boolean): unknown
function find(body: unknown, names: readonly string[], is: (value: unknown) => boolean): unknown {
  let level: unknown[] = [body]
  for (let depth = 0; depth <= DEPTH && level.length > 0; depth++) {
    const objects = level.filter((one) => typeof one === 'object' && one !== null) as Record<string, unknown>[]
    for (const name of names) for (const one of objects) if (Object.hasOwn(one, name) && is(one[name])) return one[name]
    level = objects.flatMap((one) => Object.values(one)).slice(0, 1000)
  }
  return undefined
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
const isNumber = (value: unknown): boolean => numberOf(value) !== undefined
const textOf = (value: unknown): string | undefined => (isText(value) ? value : undefined)

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : undefined
}
