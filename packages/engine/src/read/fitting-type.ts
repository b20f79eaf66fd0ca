import { type ColumnType, type CursorType, fits } from '@tidemark/core/engine'
import { COLUMN_TYPE_TRAITS, CURSOR_TYPES, typesFitting } from '@tidemark/core/values'

const TIMES: readonly CursorType[] = CURSOR_TYPES.filter((type) => COLUMN_TYPE_TRAITS[type].cursor.counts !== 'numbers')

/** What values look like that do not fit their column, and what to do, for people; undefined where they say nothing. */
export function fittingType(declared: ColumnType, values: readonly unknown[]): string | undefined {
  const present = values.filter((value) => value !== null && value !== undefined)
  if (values.length > 0 && present.length === 0) return 'the value is missing or NULL there: make the column nullable'
  // A check of the author's own says no, not the type.
  if (present.length === 0 || present.every((value) => fits(value, declared))) return undefined
  if (TIMES.some((type) => type === declared)) return timeOf(present)
  const [type] = typesFitting(present)
  return type === undefined ? undefined : `the type ${type} fits`
}

function timeOf(values: readonly unknown[]): string | undefined {
  const numbers = values.map(numberOf)
  if (numbers.every((one) => one !== undefined)) return unixOf(numbers)
  const texts = values.filter((value) => typeof value === 'string')
  if (texts.length < values.length) return undefined
  const type = TIMES.find((one) => texts.every((text) => fits(text, one)))
  if (type !== undefined) {
    const { counts, byClock } = COLUMN_TYPE_TRAITS[type].cursor
    return `the type ${type} fits${counts === 'time' && !byClock ? ': the time has no offset' : ''}`
  }
  const kind = texts.every((text) => RFC_2822.test(text))
    ? 'looks like a date of e-mail or HTTP (RFC 2822)'
    : texts.every((text) => !Number.isNaN(Date.parse(text)))
      ? 'looks like a time that is not in ISO 8601'
      : undefined
  return kind === undefined ? 'the type text fits' : `it ${kind}: make the column text, or convert it in the source`
}

const RFC_2822 =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,? +)?\d{1,2}[ -](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/i

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'bigint') return Number(value)
  // A year or a day written without a hyphen is not a count of seconds.
  return typeof value === 'string' && /^-?\d{9,}(?:\.\d+)?$/.test(value) ? Number(value) : undefined
}

/** Counts since 1970 tell by their size what they count: of seconds those of the years 1973 to 5138. */
function unixOf(numbers: readonly number[]): string | undefined {
  const sizes = numbers.map(Math.abs)
  const within = (from: number, to: number): boolean => sizes.every((one) => one >= from && one < to)
  if (within(1e8, 1e11))
    return 'these are Unix seconds: the type unix_seconds fits where the source knows it (in code: unixSeconds()), else integer'
  if (within(1e11, 1e14))
    return 'these are Unix milliseconds: the type unix_milliseconds fits where the source knows it (in code: convert them), else integer'
  return sizes.every(Number.isSafeInteger) ? 'the type integer fits' : 'the type double fits'
}
