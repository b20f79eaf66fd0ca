const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const SHORT = { T: '%H:%M:%S', R: '%H:%M', F: '%Y-%m-%d', D: '%m/%d/%y' } as const

const MINUTE = 60_000
const DAY = 86_400_000

/** What a text says of a time, field by field. */
interface Fields {
  readonly year?: number
  readonly month?: number
  readonly day?: number
  readonly dayOfYear?: number
  readonly hour?: number
  readonly isAfternoon?: boolean
  readonly minute?: number
  readonly second?: number
  /** Digits of a fraction of a second. */
  readonly fraction?: string
  /** As RFC 3339 writes it. */
  readonly offset?: string
  /** Milliseconds since 1970, which say all else. */
  readonly ms?: number
}

interface Directive {
  readonly pattern: string
  read(text: string): Fields
  write(at: Date): string
  /** The milliseconds that it tells apart; of a word that tells nothing new, none. */
  readonly unit?: number
}

const padded = (value: number, digits: number): string => String(value).padStart(digits, '0')
const number =
  (name: 'year' | 'month' | 'day' | 'dayOfYear' | 'hour' | 'minute' | 'second') =>
  (text: string): Fields => ({ [name]: Number(text) })
const nameAt = (names: readonly string[], text: string): number =>
  names.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase())
const oneOf = (names: readonly string[], length?: number): string =>
  names.map((name) => name.slice(0, length)).join('|')
const month = (length?: number): Directive => ({
  pattern: oneOf(MONTHS, length),
  read: (text) => ({ month: nameAt(MONTHS, text) + 1 }),
  write: (at) => MONTHS[at.getUTCMonth()]!.slice(0, length),
})
const weekday = (length?: number): Directive => ({
  pattern: oneOf(DAYS, length),
  read: () => ({}),
  write: (at) => DAYS[at.getUTCDay()]!.slice(0, length),
})
const dayOfYear = (at: Date): number => Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / DAY) + 1

/** The directives of strftime that dates of APIs need, in English and in UTC. */
const DIRECTIVES: Readonly<Record<string, Directive>> = {
  Y: { pattern: '\\d{4}', read: number('year'), write: (at) => padded(at.getUTCFullYear(), 4) },
  y: {
    pattern: '\\d{2}',
    // As POSIX has it.
    read: (text) => ({ year: Number(text) + (Number(text) < 69 ? 2000 : 1900) }),
    write: (at) => padded(at.getUTCFullYear() % 100, 2),
  },
  m: { pattern: '\\d{1,2}', read: number('month'), write: (at) => padded(at.getUTCMonth() + 1, 2) },
  B: month(),
  b: month(3),
  d: { pattern: '\\d{1,2}', read: number('day'), write: (at) => padded(at.getUTCDate(), 2), unit: DAY },
  e: { pattern: ' ?\\d{1,2}', read: number('day'), write: (at) => String(at.getUTCDate()).padStart(2), unit: DAY },
  j: { pattern: '\\d{1,3}', read: number('dayOfYear'), write: (at) => padded(dayOfYear(at), 3), unit: DAY },
  A: weekday(),
  a: weekday(3),
  H: { pattern: '\\d{1,2}', read: number('hour'), write: (at) => padded(at.getUTCHours(), 2), unit: 60 * MINUTE },
  I: {
    pattern: '\\d{1,2}',
    read: number('hour'),
    write: (at) => padded(at.getUTCHours() % 12 || 12, 2),
    unit: 60 * MINUTE,
  },
  p: {
    pattern: '[AaPp]\\.?[Mm]\\.?',
    read: (text) => ({ isAfternoon: /^p/i.test(text) }),
    write: (at) => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
  },
  M: { pattern: '\\d{1,2}', read: number('minute'), write: (at) => padded(at.getUTCMinutes(), 2), unit: MINUTE },
  S: { pattern: '\\d{1,2}', read: number('second'), write: (at) => padded(at.getUTCSeconds(), 2), unit: 1000 },
  f: {
    pattern: '\\d{1,9}',
    read: (text) => ({ fraction: text }),
    write: (at) => `${padded(at.getUTCMilliseconds(), 3)}000`,
    unit: 1,
  },
  L: {
    pattern: '\\d{3}',
    read: (text) => ({ fraction: text }),
    write: (at) => padded(at.getUTCMilliseconds(), 3),
    unit: 1,
  },
  z: {
    pattern: 'Z|[+-]\\d{2}:?\\d{2}|[+-]\\d{2}',
    read: (text) => ({
      offset: /z/i.test(text) ? 'Z' : `${text.slice(0, 3)}:${text.slice(3).replace(':', '') || '00'}`,
    }),
    write: () => '+0000',
  },
  Z: { pattern: 'UTC|GMT|Z', read: () => ({}), write: () => 'UTC' },
  s: {
    pattern: '-?\\d+',
    read: (text) => ({ ms: Number(text) * 1000 }),
    write: (at) => String(Math.floor(at.getTime() / 1000)),
    unit: 1000,
  },
  Q: {
    pattern: '-?\\d+',
    read: (text) => ({ ms: Number(text) }),
    write: (at) => String(at.getTime()),
    unit: 1,
  },
}

const expanded = (format: string): string =>
  format.replace(/%[TRFD]/g, (short) => SHORT[short[1] as keyof typeof SHORT])
const namesIn = (format: string): readonly string[] =>
  [...expanded(format).matchAll(/%(.?)/gs)].map(([, name]) => name!).filter((name) => name !== '%')

/** Why a format says no whole date; undefined where it does. */
export function formatProblem(format: string): string | undefined {
  const names = namesIn(format)
  const unknown = names.find((name) => !Object.hasOwn(DIRECTIVES, name))
  if (unknown !== undefined)
    return `has %${unknown}, which is not one of ${[...Object.keys(DIRECTIVES), ...Object.keys(SHORT), '%'].map((name) => `%${name}`).join(' ')}`
  const has = (...some: readonly string[]): boolean => some.some((name) => names.includes(name))
  if (has('s', 'Q')) return undefined
  const isDay = has('j') || (has('m', 'b', 'B') && has('d', 'e'))
  if (!has('Y', 'y') || !isDay) return 'says no whole date: it needs a year, a month and a day, such as %d/%m/%Y'
  if (has('I') !== has('p')) return 'needs %I and %p together'
  return undefined
}

/** Whether a format says more than a day. */
export const hasTime = (format: string): boolean => namesIn(format).some((name) => 'HIsQ'.includes(name))

/** The milliseconds that a format tells apart. */
export const unitOf = (format: string): number =>
  Math.min(...namesIn(format).flatMap((name) => DIRECTIVES[name]?.unit ?? []))

/** A time as a format writes it, in UTC. */
export function written(at: Date, format: string): string {
  return expanded(format).replace(/%(.)/gs, (_, name: string) => (name === '%' ? '%' : DIRECTIVES[name]!.write(at)))
}

/** Reads a text by a format: the ISO form of its time, or undefined where it is not written so or there is no such time. */
export type DateReader = (
  text: string,
) => { readonly date: string; readonly time: string; readonly offset: string } | undefined

export function dateReader(format: string): DateReader {
  const directives: Directive[] = []
  const pattern = expanded(format).replace(/%(.)|([^%]+)/gs, (_, name?: string, plain?: string) => {
    if (plain !== undefined) return RegExp.escape(plain)
    if (name === '%') return '%'
    directives.push(DIRECTIVES[name!]!)
    return `(${DIRECTIVES[name!]!.pattern})`
  })
  const whole = new RegExp(`^${pattern}$`, 'i')
  return (text) => {
    const found = whole.exec(text.trim())
    if (found === null) return undefined
    const fields = directives.map((directive, at) => directive.read(found[at + 1]!))
    return timeOf(Object.assign({}, ...fields) as Fields)
  }
}

function timeOf(fields: Fields): ReturnType<DateReader> {
  const { ms, year = 0, month: inYear = 1, day: inMonth = 1, dayOfYear: inAll, isAfternoon } = fields
  if (ms !== undefined) return partsOf(ms)
  const day = inAll === undefined ? Date.UTC(year, inYear - 1, inMonth) : Date.UTC(year, 0, inAll)
  const midnight = new Date(day)
  const isDay =
    midnight.getUTCFullYear() === year &&
    (inAll === undefined ? midnight.getUTCMonth() === inYear - 1 && midnight.getUTCDate() === inMonth : inAll > 0)
  const { hour: given = 0, minute = 0, second = 0, fraction, offset = 'Z' } = fields
  if (!isDay || minute > 59 || second > 59 || given > 23) return undefined
  if (isAfternoon !== undefined && (given < 1 || given > 12)) return undefined
  const hour = isAfternoon === undefined ? given : (given % 12) + (isAfternoon ? 12 : 0)
  const below = fraction === undefined ? '' : `.${fraction}`
  return {
    date: midnight.toISOString().slice(0, 10),
    time: `${padded(hour, 2)}:${padded(minute, 2)}:${padded(second, 2)}${below}`,
    offset,
  }
}

function partsOf(ms: number): ReturnType<DateReader> {
  // The years 0 to 9999.
  if (!(ms >= -62_167_219_200_000 && ms < 253_402_300_800_000)) return undefined
  const text = new Date(ms).toISOString()
  return { date: text.slice(0, 10), time: text.slice(11, -1), offset: 'Z' }
}
