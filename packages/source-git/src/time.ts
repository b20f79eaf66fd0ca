// The years 0 to 9999. What lies behind them git itself shows as 1970.
const FIRST = -62_167_219_200
const LAST = 253_402_300_799

/** The seconds since 1970 that git prints for a commit; 0 for dates that no calendar has. */
export function secondsOf(text: string): number {
  const seconds = Number(text)
  return seconds >= 0 && seconds <= LAST ? seconds : 0
}

/** @returns null for what no calendar has, the years 0 to 9999 being all that an ISO text can write. */
export function isoOrNull(seconds: number | null): string | null {
  return seconds === null || !(seconds >= FIRST && seconds <= LAST) ? null : isoOf(seconds)
}

/** Seconds since 1970 as an ISO text in UTC. */
export function isoOf(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
}

/** The first whole second that is not before an instant, which the engine may give to the microsecond. */
export function firstSecondOf(instant: string): number {
  const whole = Date.parse(`${instant.slice(0, 19)}Z`) / 1000
  return /\.\d*[1-9]/.test(instant) ? whole + 1 : whole
}
