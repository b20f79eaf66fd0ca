import { headerOf, type ResponseHeaders } from './response-headers.ts'
import { dateOf } from './server-clock.ts'

/** How long a response asks to be left alone, in milliseconds; undefined where it says nothing. */
export function waitAdvice(headers: ResponseHeaders, now: number): number | undefined {
  return retryAfter(headers, now) ?? (remaining(headers) === 0 ? untilReset(headers, now) : undefined)
}

/** Whether a response says that the limit is used up, or asks for a pause: an answer 403 is then no refusal. */
export function isRateLimited(headers: ResponseHeaders): boolean {
  return headerOf(headers, 'retry-after') !== undefined || remaining(headers) === 0
}

/** How many requests are left, by `RateLimit-Remaining`, `X-RateLimit-Remaining` and their like. */
export function remaining(headers: ResponseHeaders): number | undefined {
  return numberOf(limitHeader(headers, 'remaining'))
}

/** Milliseconds until the limit begins anew. */
export function untilReset(headers: ResponseHeaders, now: number): number | undefined {
  const text = limitHeader(headers, 'reset')
  if (text === undefined) return undefined
  const value = numberOf(text)
  if (value === undefined) return untilDate(text, headers, now)
  // Milliseconds since 1970, seconds since 1970, or seconds from now: there is no overlap before the year 2286.
  if (value >= 1e12) return sane(value - serverNow(headers, now))
  return sane(value >= 1e9 ? value * 1000 - serverNow(headers, now) : value * 1000)
}

/** A limit that begins anew in more than a day is one in units that nobody knows. */
function sane(ms: number): number | undefined {
  return ms > 86_400_000 ? undefined : Math.max(0, ms)
}

function retryAfter(headers: ResponseHeaders, now: number): number | undefined {
  const text = headerOf(headers, 'retry-after')?.trim()
  if (text === undefined || text === '') return undefined
  const seconds = numberOf(text)
  return seconds === undefined ? untilDate(text, headers, now) : seconds * 1000
}

function untilDate(text: string, headers: ResponseHeaders, now: number): number | undefined {
  // A number that is none, such as -1, is no date either, though Date.parse takes it for one.
  const at = /^[A-Za-z]{3}|^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - serverNow(headers, now))
}

/** The server's own clock where it tells it: dates that it gives are meant by that one. */
const serverNow = (headers: ResponseHeaders, now: number): number => dateOf(headers) ?? now

function limitHeader(headers: ResponseHeaders, what: 'remaining' | 'reset'): string | undefined {
  for (const prefix of ['x-ratelimit', 'ratelimit', 'x-rate-limit']) {
    const value = headerOf(headers, `${prefix}-${what}`)
    if (value !== undefined) return value.trim()
  }
  return undefined
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined
}
