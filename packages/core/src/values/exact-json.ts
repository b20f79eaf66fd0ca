import { isFaithful, plainDecimal } from './decimal.ts'
import { int64 } from './int64.ts'

/** A number of a JSON text that no double holds, as it was written. `JSON.stringify` writes it back unchanged. */
export interface RawNumber {
  readonly rawJSON: string
}

/** What becomes of a number of a JSON text: `text` as it was written, `value` the double next to it. */
export type NumberReader = (text: string, value: number) => unknown

// ES2026; Node has it, TypeScript's library does not know it yet.
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const Json = JSON as unknown as {
  parse(text: string, reviver?: Reviver): unknown
  rawJSON(text: string): RawNumber
  isRawJSON(value: unknown): value is RawNumber
}

export function isRawNumber(value: unknown): value is RawNumber {
  return Json.isRawJSON(value)
}

/** A number as it is written in JSON, `1.50` or twenty digits. @throws SyntaxError for any other text. */
export function rawNumber(text: string): RawNumber {
  return Json.rawJSON(text)
}

/**
 * Parses JSON without loss: a number that a double holds is a number, any other what `numberOf` makes of it. Of a key
 * that an object has twice, the last counts.
 *
 * @param numberOf absent: `int64OrRaw`.
 * @throws SyntaxError as `JSON.parse`.
 */
export function parseJson(text: string, numberOf: NumberReader = int64OrRaw): unknown {
  return isSuspect(text) ? parseNumbers(text, numberOf) : JSON.parse(text)
}

/** The same, and `numberOf` is asked for every number: several times slower. */
export function parseNumbers(text: string, numberOf: NumberReader): unknown {
  return Json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? numberOf(source, value) : value,
  )
}

/** A number where a double holds it, else a `RawNumber`. */
export function numberOrRaw(text: string, value: number = Number(text)): number | RawNumber {
  return (text.length < 16 && !EXPONENT.test(text)) || isFaithful(text, value) ? value : Json.rawJSON(text)
}

/** The same; a whole number beyond 2^53 is a bigint as far as 64 bits reach, and else a `RawNumber`. */
export function int64OrRaw(text: string, value: number = Number(text)): number | bigint | RawNumber {
  if (!WHOLE.test(text)) return numberOrRaw(text, value)
  return Number.isSafeInteger(value) ? value : (int64(text) ?? Json.rawJSON(text))
}

const WHOLE = /^-?\d+$/
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

/** JSON text of a value, with every digit of bigints and of `RawNumber`s. */
export function exactJsonText(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? Json.rawJSON(String(inner)) : inner))
}

/** The exact decimal of a JSON number in any of its forms, or of a text that is one; undefined for anything else. */
export function decimalText(value: unknown): string | undefined {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? plainDecimal(String(value)) : undefined
  const text = typeof value === 'string' ? value.trim() : isRawNumber(value) ? value.rawJSON : undefined
  if (text === undefined || !/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return undefined
  const plain = plainDecimal(text)
  return /[eE]/.test(plain) ? undefined : plain
}
