import { SyncError } from './error.ts'

declare const DURATION: unique symbol

/** A length of time. Made by `minutes(5)` and the like, so that a bare number is never mistaken for one. */
export interface Duration {
  /** A mark of the types alone. */
  readonly [DURATION]: true
  /** In milliseconds, 0 or more. */
  readonly ms: number
}

/** A length of time as text: `'90s'`, `'5m'`, `'1h'`, `'30d'`; the units are `ms`, `s`, `m`, `h`, `d` and `w`. */
export type DurationText = `${number}${keyof typeof UNITS}`

function duration(ms: number): Duration {
  if (!Number.isFinite(ms) || ms < 0) {
    throw new SyncError(`a duration must be a finite number of 0 or more, not ${ms} ms`, 'fix-source')
  }
  return Object.freeze({ ms }) as Duration
}

/** A length in milliseconds. @throws SyncError `fix-source` if it is negative or not a number, as `seconds`, `minutes`, `hours` and `days` do. */
export function milliseconds(n: number): Duration {
  return duration(n)
}
/** A length in seconds: `seconds(0)` is zero length. */
export function seconds(n: number): Duration {
  return duration(n * 1000)
}
/** A length in minutes. */
export function minutes(n: number): Duration {
  return duration(n * 60_000)
}
/** A length in hours. */
export function hours(n: number): Duration {
  return duration(n * 3_600_000)
}
/** A length in days of 24 hours. */
export function days(n: number): Duration {
  return duration(n * 86_400_000)
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** The milliseconds of a text such as `90s`, `5m`, `1h`, `30d`; undefined where it is not a length of time. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(text.trim())
  if (match === null) return undefined
  const ms = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
  return Number.isFinite(ms) ? ms : undefined
}
