/** A time as people and systems write it, taken apart: `2024-01-31 12:00+02`, `2024-01-31T12:00:00.5Z`, `2024-01-31`. */
export interface WrittenTime {
  readonly date: string
  /** As written, with or without seconds; undefined where it is a date alone. */
  readonly time: string | undefined
  /** As RFC 3339 writes it: `Z` or `+02:00`. Undefined: none was written. */
  readonly offset: string | undefined
}

const WRITTEN = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/i

/** Takes a written time apart; undefined where it is not one. Whether there is such a day or hour is not looked at. */
export function writtenTime(text: string): WrittenTime | undefined {
  const found = WRITTEN.exec(text)
  if (found === null) return undefined
  return { date: found[1]!, time: found[2], offset: found[3] === undefined ? undefined : rfcOffset(found[3]) }
}

/** An offset as RFC 3339 writes it: `UTC` as `Z`, `+02` and `+0200` as `+02:00`. */
export function rfcOffset(written: string): string {
  if (/^(?:Z|UTC)$/i.test(written)) return 'Z'
  return `${written.slice(0, 3)}:${written.length > 3 ? written.slice(-2) : '00'}`
}

/** A written time in the form of RFC 3339, midnight where it is a date. @param otherwise the offset where none was written. */
export function isoText({ date, time = '00:00:00', offset }: WrittenTime, otherwise: 'Z' | ''): string {
  return `${date}T${time}${offset ?? otherwise}`
}
