import { isFaithful, plainDecimal } from './decimal.ts'

/** A number of a JSON text that neither a double nor 64 bits hold, as it was written. `JSON.stringify` writes it back unchanged. */
export interface RawNumber {
  readonly rawJSON: string
}

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

/**
 * Parses JSON without loss. A number that a double holds is a number; a whole one beyond 2^53 is a bigint as far as 64
 * bits reach; any other is a `RawNumber`. Of a key that an object has twice, the last counts.
 */
export function parseJson(text: string): unknown {
  return isSuspect(text) ? Json.parse(text, exact) : JSON.parse(text)
}

const exact: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined ? exactNumber(source, value) : value

const EXPONENT = /\d[eE][+-]?\d{3}/
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

function exactNumber(source: string, value: number): unknown {
  if (/^-?\d+$/.test(source)) {
    if (Number.isSafeInteger(value)) return value
    const big = BigInt(source)
    return big >= INT64_MIN && big <= INT64_MAX ? big : Json.rawJSON(source)
  }
  return (source.length < 16 && !EXPONENT.test(source)) || isFaithful(source, value) ? value : Json.rawJSON(source)
}

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

/** The exact decimal of a JSON number in any of its forms, or of a text that is one; undefined for anything else. */
export function decimalText(value: unknown): string | undefined {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? plainDecimal(String(value)) : undefined
  const text = typeof value === 'string' ? value.trim() : isRawNumber(value) ? value.rawJSON : undefined
  if (text === undefined || !/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return undefined
  const plain = plainDecimal(text)
  return /[eE]/.test(plain) ? undefined : plain
}
