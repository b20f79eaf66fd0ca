/** Values of texts, without loss. */

const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown

// Below sixteen digits and three of an exponent a double holds every number exactly.
const SUSPECT = /[\d.]{16}|\d[eE][+-]?\d{3}/

// JSON's null is a value in a database, and another one than NULL; in JavaScript the two would be one.
const NULL = rawJSON('null')

/** JSON whose numbers stay exact: one that a double does not hold is written back as it was. Never throws. */
export function exactJson(text: string): unknown {
  try {
    return (SUSPECT.test(text) ? parse(text, keepNumber) : JSON.parse(text)) ?? NULL
  } catch {
    return notJson(text)
  }
}

/** Stands where a text is not JSON, or too deep: no destination takes NaN in JSON, so the row becomes a reject that shows it. */
export function notJson(text: string): unknown {
  return { 'not JSON': text, value: Number.NaN }
}

const keepNumber: Reviver = (_key, value, { source }) =>
  typeof value !== 'number' || source === undefined || String(value) === source ? value : rawJSON(source)

/** The largest integer that a cursor can be. */
export const LARGEST: bigint = 2n ** 63n - 1n

/** An integer of at most 64 bits: a number where it is safe, else a bigint. */
export function exactInteger(text: string): number | bigint {
  // Up to fifteen digits and a sign, every number is safe.
  if (text.length < 16) return +text
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

export function safeInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** The whole part of a number that a database wrote; NaN and Infinity lie behind all integers. */
export function wholeNumber(text: string): bigint {
  const digits = /^-?\d+/.exec(text)?.[0]
  return digits === undefined ? LARGEST : BigInt(digits)
}

export function greatest(values: readonly bigint[]): bigint {
  let most = values[0]!
  for (const value of values) if (value > most) most = value
  return most
}
