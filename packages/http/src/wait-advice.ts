import { headerOf, type ResponseHeaders } from './response-headers.ts'
import { dateOf } from './server-clock.ts'

/** Nobody is left alone for longer because of a header: once a day costs nothing. */
const MOST_MS = 86_400_000

/**
 * How long a response asks to be left alone, in milliseconds; undefined where it says nothing.
 *
 * @param isLimited it says that a limit is used up: then the end of the limit counts also where no number of requests is named.
 */
export function waitAdvice(headers: ResponseHeaders, now: number, isLimited = false): number | undefined {
  const left = remaining(headers)
  const isUsedUp = left === 0 || (isLimited && left === undefined)
  return retryAfter(headers, now) ?? (isUsedUp ? untilReset(headers, now) : undefined)
}

/** Whether a response says that the limit is used up, or asks for a pause: an answer 403 is then no refusal. */
export function isRateLimited(headers: ResponseHeaders): boolean {
  return headerOf(headers, 'retry-after') !== undefined || remaining(headers) === 0
}

/** How many requests are left, by `RateLimit-Remaining`, `X-RateLimit-Remaining` and their like. */
export function remaining(headers: ResponseHeaders): number | undefined {
  const numbers = numbersOf(limitHeader(headers, 'remaining') ?? inRateLimit(headers, /\b(?:remaining|r)=(\d+)/))
  return numbers && Math.min(...numbers)
}

/** Milliseconds until the limit begins again. */
export function untilReset(headers: ResponseHeaders, now: number): number | undefined {
  const inMs = numbersOf(limitHeader(headers, 'reset-ms'))
  if (inMs !== undefined) return sane(until(Math.max(...inMs), 1, headers, now))
  const text =
    limitHeader(headers, 'reset') ?? limitHeader(headers, 'reset-after') ?? inRateLimit(headers, /\b(?:reset|t)=(\d+)/)
  if (text === undefined) return undefined
  const numbers = numbersOf(text)
  if (numbers !== undefined) return sane(until(Math.max(...numbers), 1000, headers, now))
  return sane(durationOf(text) ?? untilDate(text, headers, now))
}

/**
 * Until a number: seconds, milliseconds, micro- or nanoseconds since 1970, or units from now. There is no overlap before
 * the year 2286.
 */
function until(value: number, unitMs: number, headers: ResponseHeaders, now: number): number {
  if (value < 1e9) return value * unitMs
  const since = [1e18, 1e15, 1e12].findIndex((least) => value >= least)
  const ms = since === -1 ? value * 1000 : value / [1e6, 1e3, 1][since]!
  return ms - serverNow(headers, now)
}

/** A limit that begins again in more than a day is one in units that nobody knows. */
function sane(ms: number | undefined): number | undefined {
  return ms === undefined || ms > MOST_MS ? undefined : Math.max(0, ms)
}

function retryAfter(headers: ResponseHeaders, now: number): number | undefined {
  const ms = numbersOf(headerOf(headers, 'retry-after-ms') ?? headerOf(headers, 'x-ms-retry-after-ms'))
  if (ms !== undefined) return Math.min(MOST_MS, Math.max(...ms))
  const text = headerOf(headers, 'retry-after')?.trim()
  if (text === undefined || text === '') return undefined
  const seconds = numbersOf(text)
  const found = seconds === undefined ? untilDate(text, headers, now) : Math.max(...seconds) * 1000
  return found === undefined ? undefined : Math.min(MOST_MS, found)
}

function untilDate(text: string, headers: ResponseHeaders, now: number): number | undefined {
  // A number that is not valid, such as -1, is not a date either, though Date.parse takes it for one.
  const at = /^[A-Za-z]{3}|^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - serverNow(headers, now))
}

/** The server's own clock where it tells it: dates that it gives are meant by that one. */
const serverNow = (headers: ResponseHeaders, now: number): number => dateOf(headers) ?? now

function limitHeader(headers: ResponseHeaders, what: string): string | undefined {
  for (const prefix of ['x-ratelimit', 'ratelimit', 'x-rate-limit']) {
    const value = headerOf(headers, `${prefix}-${what}`)
    if (value !== undefined) return value.trim()
  }
  return undefined
}

/** The drafts of the IETF put all into one header: `limit=100, remaining=0, reset=30`, or `"hour";r=0;t=30`. */
function inRateLimit(headers: ResponseHeaders, pattern: RegExp): string | undefined {
  return pattern.exec(headerOf(headers, 'ratelimit') ?? '')?.[1]
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A length of time such as `6m0s`, `1.5s` or `20ms`. */
function durationOf(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!,
    0,
  )
}

/** A number, or several where a header came more than once; undefined for anything else. */
function numbersOf(text: string | undefined): readonly number[] | undefined {
  const parts = text?.split(',').map((part) => part.trim()) ?? []
  if (parts.length === 0 || !parts.every((part) => /^\d+(?:\.\d+)?$/.test(part))) return undefined
  return parts.map(Number)
}
