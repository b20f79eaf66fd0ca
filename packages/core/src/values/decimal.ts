/** A decimal number as text: `-12.3400`, any number of digits, no exponent. */
export const NUMERIC: RegExp = /^-?(?:\d+(?:\.\d*)?|\.\d+)$/

/**
 * Whether a number is exactly what a decimal text says. `'0.10'` and `0.1` are; a text of twenty digits and the double
 * next to it are not.
 */
export function isFaithful(source: string, value: number): boolean {
  if (String(value) === source) return true
  if (!Number.isFinite(value)) return false
  return canonical(source) === canonical(String(value))
}

const NUMBER = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/** The significant digits of a decimal text and the power of ten behind them. */
function canonical(text: string): string {
  const match = NUMBER.exec(text)
  if (match === null) return text
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

// Longer than any double needs, short enough that a hostile `1e999999999` builds no gigabyte.
const MOST_ZEROS = 400

/** A number without an exponent: `1e21` as `1000000000000000000000`. Any other text comes back as it is. */
export function plainDecimal(text: string): string {
  if (!/[eE]/.test(text)) return text
  const match = NUMBER.exec(text)
  if (match === null) return text
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const shift = Number(exponent)
  if (Math.abs(shift) > MOST_ZEROS) return text
  const digits = whole + fraction
  const point = whole.length + shift
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** How many digits of a decimal text say something. A double holds fifteen of any. */
export function significantDigits(text: string): number {
  return text.replace(/^-?[0.]*/, '').replace('.', '').length
}
