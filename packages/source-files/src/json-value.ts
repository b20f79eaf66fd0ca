import { numberOrRaw, parseJson, parseNumbers } from '@tidemark/core/values'

/** How JSON becomes values: a whole text of it, and the text of a number where a library reads all else. */
export interface JsonReader {
  parse(text: string): unknown
  number(text: string): unknown
}

/** Reads JSON without loss: a number that a double does not hold becomes a `RawNumber`. */
export const exactJson: JsonReader = {
  parse: (text) => parseJson(text, numberOrRaw),
  number: (text) => numberOrRaw(text),
}

/** As `exactJson`, and says which whole numbers were written as fractions: a column of them is not a column of integers. */
export const typedJson: JsonReader = {
  // A reviver is many times slower than parsing, and few numbers are written as fractions of nothing.
  parse: (text) => (MAY_BE_WHOLE_FRACTION.test(text) ? parseNumbers(text, typedNumber) : exactJson.parse(text)),
  number: (text) => typedNumber(text),
}

/** All digits behind a point are zeros, or there is an exponent. */
const MAY_BE_WHOLE_FRACTION = /\d(?:\.0+(?!\d)|[eE][+-]?\d)/

/** Stands for a whole number that was written as a fraction, such as `1.0`. */
export const WHOLE_FRACTION: unique symbol = Symbol('whole fraction')

function typedNumber(text: string, number?: number): unknown {
  const value = numberOrRaw(text, number)
  return Number.isInteger(value) && /[.eE]/.test(text) ? WHOLE_FRACTION : value
}
