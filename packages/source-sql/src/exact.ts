import { INT64_MAX, int64, type NumberReader, parseJson, rawNumber } from '@tidemark/core/values'

/** Values of texts, without loss. */

// JSON's null is a value in a database, and another one than NULL; in JavaScript the two would be one.
const NULL = rawNumber('null')

/** A database keeps the zeros behind a number, and a table of money is read by them. */
const asWritten: NumberReader = (text, value) => (String(value) === text ? value : rawNumber(text))

/** JSON whose numbers stay exact: beside one that a double does not hold, each is written back as it was. Never throws. */
export function exactJson(text: string): unknown {
  try {
    return parseJson(text, asWritten) ?? NULL
  } catch {
    return notJson(text)
  }
}

/** Stands where a text is not JSON, or too deep: no destination takes NaN in JSON, so the row becomes a rejected row that shows it. */
export function notJson(text: string): unknown {
  return { 'not JSON': text, value: Number.NaN }
}

/** An integer of a database: a number where it is safe, else a bigint. */
export function exactInteger(text: string): number | bigint {
  return int64(text) ?? BigInt(text)
}

/** The whole part of a number that a database wrote; NaN and Infinity lie behind all integers. */
export function wholeNumber(text: string): bigint {
  const digits = /^-?\d+/.exec(text)?.[0]
  return digits === undefined ? INT64_MAX : BigInt(digits)
}

export function greatest(values: readonly bigint[]): bigint {
  let most = values[0]!
  for (const value of values) if (value > most) most = value
  return most
}
