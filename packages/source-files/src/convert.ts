import { isUtf8 } from 'node:buffer'
import type { ColumnType } from '@tidemark/core'
import {
  int64,
  isFaithful,
  isRawNumber,
  plainDecimal,
  rawNumber,
  rfcOffset,
  significantDigits,
} from '@tidemark/core/values'
import { exactJson } from './json-value.ts'
import { DECIMAL, INTEGER, TIME } from './kind.ts'
import { Misfit } from './misfit.ts'

// Every function here gives a value of the type, or the value as it came: the engine then refuses exactly that row,
// and shows what stood there. Nothing is rounded, cut or guessed.

export type Convert = (value: unknown) => unknown

/** A text that was to be JSON and is not. */
export class NotJson extends Misfit {
  readonly text: string
  constructor(text: string) {
    super('expected JSON as a text')
    this.text = text
  }
}

/**
 * Makes values of a type out of texts. A type that the user declared takes more ways of writing (`007`, `1e3`, `TRUE`)
 * than one that was found.
 */
export function fromText(type: ColumnType, declared: boolean): (text: string) => unknown {
  switch (type) {
    case 'integer':
      return declared ? looseInteger : strictInteger
    case 'double':
      return declared ? looseDouble : strictDouble
    case 'numeric':
      return declared ? (text) => plainDecimal(text.trim().replace(/^\+/, '')) : plainDecimal
    case 'boolean':
      return declared ? looseBoolean : strictBoolean
    case 'timestamp':
      return (text) => instant(text, declared)
    case 'local_timestamp':
      return local
    case 'date':
      return declared ? (text) => text.trim() : (text) => text
    case 'json':
      // A text that nobody declared to be JSON is a JSON value already: a string.
      return declared ? jsonText : (text) => text
    case 'bytes':
      return base64
    case 'text':
      return (text) => text
  }
}

function strictInteger(text: string): unknown {
  const number = Number(text)
  if (String(number) === text && Number.isSafeInteger(number)) return number
  return INTEGER.test(text) ? (int64(text) ?? text) : text
}

function looseInteger(text: string): unknown {
  const trimmed = text.trim()
  return /^[+-]?\d+$/.test(trimmed) ? (int64(trimmed.replace(/^\+/, '')) ?? text) : text
}

function strictDouble(text: string): unknown {
  if (!DECIMAL.test(text) && !INTEGER.test(text)) return text
  const number = Number(text)
  // Sixteen characters with a point are fifteen digits, which a double always holds.
  return text.length <= 16 || significantDigits(text) <= 15 || isFaithful(text, number) ? number : text
}

function looseDouble(text: string): unknown {
  const trimmed = text.trim()
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed)) return nearest(trimmed) ?? text
  if (/^nan$/i.test(trimmed)) return Number.NaN
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(trimmed)
  return infinity === null ? text : infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** The double that is nearest to a number; undefined where that is infinity, or a zero that the number is not. */
function nearest(text: string): number | undefined {
  const number = Number(text)
  const isLost = !Number.isFinite(number) || (number === 0 && /[1-9]/.test(text.replace(/e.*/i, '')))
  return isLost ? undefined : number
}

function strictBoolean(text: string): unknown {
  return text === 'true' ? true : text === 'false' ? false : text
}

function looseBoolean(text: string): unknown {
  if (/^\s*(?:true|t|yes|y|1)\s*$/i.test(text)) return true
  return /^\s*(?:false|f|no|n|0)\s*$/i.test(text) ? false : text
}

/** An instant as RFC 3339 writes it. A date is its midnight in UTC; a time without an offset is UTC where that was declared. */
function instant(text: string, declared: boolean): unknown {
  const zone = text.charCodeAt(text.length - 1)
  if (zone === 90 && text.charCodeAt(10) === 84) return text
  const match = TIME.exec(text)
  if (match === null) return text
  if (text.length === 10) return `${text}T00:00:00Z`
  const offset = match[1]
  if (offset === undefined) return declared ? `${text.slice(0, 10)}T${text.slice(11)}Z` : text
  const zoneText = offset === '+00' ? 'Z' : rfcOffset(offset.trim())
  return `${text.slice(0, 10)}T${text.slice(11, text.length - offset.length)}${zoneText}`
}

function local(text: string): unknown {
  if (text.charCodeAt(10) === 32) return `${text.slice(0, 10)}T${text.slice(11)}`
  return text.length === 10 && TIME.test(text) ? `${text}T00:00:00` : text
}

function jsonText(text: string): unknown {
  try {
    return exactJson.parse(text)
  } catch {
    return new NotJson(text)
  }
}

function base64(text: string): unknown {
  const plain = text.replace(/\s/g, '')
  return plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain) ? Buffer.from(plain, 'base64') : text
}

/** Makes values of a type out of values that have one: of JSON, or of a Parquet column of another type. */
export function fromValue(type: ColumnType, declared: boolean): Convert {
  const text = fromText(type, declared)
  switch (type) {
    case 'text':
      return asText
    case 'json':
      return asJson
    case 'integer':
      return (value) => {
        if (typeof value === 'string') return text(value)
        if (isRawNumber(value)) return strictInteger(value.rawJSON)
        return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
          ? (int64(BigInt(value).toString()) ?? value)
          : value
      }
    case 'double':
      return (value) => {
        if (typeof value === 'string') return text(value)
        if (isRawNumber(value)) return (declared ? nearest(value.rawJSON) : undefined) ?? value.rawJSON
        return typeof value === 'bigint' && (declared || BigInt(Number(value)) === value) ? Number(value) : value
      }
    case 'numeric':
      return (value) => {
        if (typeof value === 'string') return text(value)
        if (isRawNumber(value)) return plainDecimal(value.rawJSON)
        return (typeof value === 'number' && Number.isFinite(value)) || typeof value === 'bigint'
          ? plainDecimal(String(value))
          : value
      }
    default:
      return (value) => (typeof value === 'string' ? text(value) : value)
  }
}

function asText(value: unknown): unknown {
  if (typeof value === 'string') return value
  if (isRawNumber(value)) return value.rawJSON
  if (value instanceof Uint8Array) return isUtf8(value) ? Buffer.from(value).toString('utf8') : value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function asJson(value: unknown): unknown {
  return typeof value === 'bigint' ? rawNumber(String(value)) : value
}
