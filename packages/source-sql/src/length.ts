import { type Duration, milliseconds } from '@tidemark/core'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a text such as `30s`, `5m`, `1h` or `1d`; undefined where it is not a length of time. */
export function durationMs(text: string): number | undefined {
  const found = /^(\d+)(ms|s|m|h|d)$/.exec(text)
  const ms = found === null ? Number.NaN : Number(found[1]) * UNITS[found[2]!]!
  return Number.isSafeInteger(ms) ? ms : undefined
}

/** A configured length along a cursor: a duration of times, a count of integers. */
export function spanOf(configured: string | number | undefined): Duration | number | undefined {
  return typeof configured === 'string' ? milliseconds(durationMs(configured)!) : configured
}
