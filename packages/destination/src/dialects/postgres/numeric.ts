import { type Bound, COMMON_ENCODERS } from '../../values/codec.ts'

/** The most digits of a `numeric`, before the point and behind it (documentation, "Numeric Types"). */
export const NUMERIC_DIGITS = { whole: 131_072, fraction: 16_383 } as const

/** An exact number as its digits; undefined where it has more than Postgres holds. */
export function heldNumeric(value: unknown): Bound | undefined {
  const text = COMMON_ENCODERS.numeric(value)
  if (text === undefined || text.length < NUMERIC_DIGITS.fraction) return text
  const point = text.indexOf('.')
  const whole = (point < 0 ? text.length : point) - (text.startsWith('-') ? 1 : 0)
  return whole > NUMERIC_DIGITS.whole || (point >= 0 && text.length - point - 1 > NUMERIC_DIGITS.fraction)
    ? undefined
    : text
}
