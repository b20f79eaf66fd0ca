import { headerOf, type ResponseHeaders } from './response-headers.ts'

/** The header has whole seconds, and an answer takes its time. */
const PRECISION_MS = 2000

/** How far the clock of a server is from ours, by the `Date` of its answers. */
export class ServerClock {
  #aheadMs: number | undefined

  /** Milliseconds that it is ahead of ours, at the least; below zero it is behind. Undefined: no answer has said it. */
  get aheadMs(): number | undefined {
    return this.#aheadMs
  }

  /** Takes in the headers of an answer when they come. Of several clocks the one that is furthest behind counts. */
  see(headers: ResponseHeaders, now: number): void {
    const date = isCached(headers) ? undefined : dateOf(headers)
    if (date === undefined) return
    const ahead = date - now
    const isSame = ahead > -PRECISION_MS && ahead < 0
    this.#aheadMs = Math.min(this.#aheadMs ?? Number.POSITIVE_INFINITY, isSame ? 0 : ahead)
  }
}

/** The server's time in milliseconds since 1970; undefined where it does not say, or says what is not a date. */
export function dateOf(headers: ResponseHeaders): number | undefined {
  const text = headerOf(headers, 'date')?.trim()
  // Whatever else a header may hold, `Date.parse` makes a year of it.
  const at = text !== undefined && /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN
  return at >= Date.UTC(2000, 0) ? at : undefined
}

/** A stored answer tells the time at which it was stored. */
function isCached(headers: ResponseHeaders): boolean {
  const age = Number(headerOf(headers, 'age') ?? 0)
  return (
    age !== 0 || /\bhit\b/i.test(`${headerOf(headers, 'x-cache') ?? ''} ${headerOf(headers, 'cf-cache-status') ?? ''}`)
  )
}
