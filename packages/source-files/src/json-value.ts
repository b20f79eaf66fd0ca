import { isFaithful } from './decimal.ts'

/** A number of a JSON text that no double holds, as it was written. `JSON.stringify` writes it back unchanged. */
export interface RawNumber {
  readonly rawJSON: string
}

// ES2026; Node has both, TypeScript's library does not know them yet.
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const Json = JSON as unknown as {
  parse(text: string, reviver?: Reviver): unknown
  rawJSON(text: string): RawNumber
  isRawJSON(value: unknown): value is RawNumber
}

export function rawNumber(text: string): RawNumber {
  return Json.rawJSON(text)
}

export function isRawNumber(value: unknown): value is RawNumber {
  return Json.isRawJSON(value)
}

/** How JSON becomes values: a whole text of it, and the text of a number where a library reads all else. */
export interface JsonReader {
  parse(text: string): unknown
  number(text: string): unknown
}

/** Reads JSON without loss: a number that a double does not hold becomes a `RawNumber`. */
export const exactJson: JsonReader = { parse: parseJson, number: exactNumber }

/** As `exactJson`, and says which whole numbers were written as fractions: a column of them is not a column of integers. */
export const typedJson: JsonReader = {
  // A reviver is many times slower than parsing, and few numbers are written as fractions of nothing.
  parse: (text) => (MAY_BE_WHOLE_FRACTION.test(text) ? Json.parse(text, numbersBy(typedNumber)) : parseJson(text)),
  number: typedNumber,
}

const MAY_BE_WHOLE_FRACTION = /\d(?:\.0|[eE])/

/** Parses JSON without loss: a number that a double does not hold becomes a `RawNumber`. */
export function parseJson(text: string): unknown {
  return isSuspect(text) ? Json.parse(text, numbersBy(exactNumber)) : JSON.parse(text)
}

const EXPONENT = /\d[eE][+-]?\d{3}/

/** Whether a text may have a number of sixteen digits, or an exponent of three: below that each is exact in a double. */
function isSuspect(text: string): boolean {
  // Such a run of digits has one at some multiple of sixteen, so the others need no look: twice as fast as a pattern.
  for (let at = 15; at < text.length; at += 16) {
    if (isDigitOrPoint(text.charCodeAt(at)) && runAround(text, at) >= 16) return true
  }
  return EXPONENT.test(text)
}

function runAround(text: string, at: number): number {
  let from = at
  let to = at
  while (isDigitOrPoint(text.charCodeAt(from - 1))) from--
  while (isDigitOrPoint(text.charCodeAt(to + 1))) to++
  return to - from + 1
}

function isDigitOrPoint(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46
}

function numbersBy(read: (text: string) => unknown): Reviver {
  return (_key, value, { source }) => (typeof value === 'number' && source !== undefined ? read(source) : value)
}

function exactNumber(text: string): unknown {
  const value = Number(text)
  return (text.length < 16 && !EXPONENT.test(text)) || isFaithful(text, value) ? value : Json.rawJSON(text)
}

/** Stands for a whole number that was written as a fraction, such as `1.0`. */
export const WHOLE_FRACTION: unique symbol = Symbol('whole fraction')

function typedNumber(text: string): unknown {
  const value = exactNumber(text)
  return Number.isInteger(value) && /[.eE]/.test(text) ? WHOLE_FRACTION : value
}
