import type { ColumnType, EncodedKey, EncodedRow, Encoder, Plain, TableColumn, Unfit } from '@tidemark/core/engine'
import { holds, UNCHANGED } from '@tidemark/core/engine'
import { COLUMN_TYPE_TRAITS } from '@tidemark/core/values'
import type { z } from 'zod'
import { type Bound, type Encode, TEXT_CODEC, type ValueCodec } from '../values/codec.ts'
import { rememberingLast } from '../values/last-time.ts'
import type { Repertoire } from '../values/repertoire.ts'
import { decimalOfNumber, isDate, jsonText, shortDecimal } from '../values/value-text.ts'
import type { Layout } from './columns.ts'
import { rowEncoder } from './row-encoder.ts'

/** Encodes values of one type into a column that may be wider: through the text of the narrower one. */
function storedAs(type: ColumnType, column: ColumnType, { stored }: ValueCodec): Encode {
  const own = TEXT_CODEC.stored[type]
  const wide = stored[column]
  if (type === column || !holds(column, type)) return wide
  return (value) => {
    const bound = own(value)
    if (bound === undefined) return undefined
    return wide(typeof bound === 'number' && column === 'numeric' ? decimalOfNumber(bound) : String(bound))
  }
}

/** What zod would say about a value of a plain schema, and its stored form, in one. */
function checked(plain: Plain, type: ColumnType, column: ColumnType, codec: ValueCodec): Encode {
  const store = storedAs(type, column, codec)
  const same = type === column
  switch (plain.kind) {
    case 'string':
      return same && type === 'text' ? store : (value) => (typeof value === 'string' ? store(value) : undefined)
    case 'safeint':
      return (value) => (Number.isSafeInteger(value) ? store(value) : undefined)
    case 'number':
      return (value) => (Number.isFinite(value) ? store(value) : undefined)
    case 'bigint':
      return (value) => (typeof value === 'bigint' ? store(value) : undefined)
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? store(value) : undefined)
    case 'isodate':
      return (value) => (typeof value === 'string' && isDate(value) ? store(value) : undefined)
    case 'datetime': {
      const { zone, precision } = plain
      const offset = zone === 'offset'
      const { local, timestamp } = codec
      const form: Encode =
        zone === 'local'
          ? (value) => (typeof value === 'string' ? local(value, precision) : undefined)
          : (value) => (typeof value === 'string' ? timestamp(value, offset, precision) : undefined)
      return same ? form : (value) => (form(value) === undefined ? undefined : store(value))
    }
    case 'column': {
      const { accepts } = COLUMN_TYPE_TRAITS[plain.type]
      // Its stored form is made of what the type accepts alone: looking first would read each time twice.
      if (same && plain.type === type && TIMES.has(type)) return store
      return (value) => (accepts(value) ? store(value) : undefined)
    }
    case 'any':
      return store
  }
}

/** Types whose stored form every database makes of what the type accepts, and of nothing else. */
const TIMES: ReadonlySet<ColumnType> = new Set(['timestamp', 'local_timestamp', 'date'])

interface Payload {
  value: unknown
  issues: unknown[]
}

/** Runs a schema; undefined where it refuses or is asynchronous. */
function parsed({ schema }: TableColumn, value: unknown): { readonly value: unknown } | undefined {
  const result = (schema as z.core.$ZodType)._zod.run({ value, issues: [] }, { async: false }) as
    | Payload
    | Promise<unknown>
  if (result instanceof Promise) {
    result.catch(() => {})
    return undefined
  }
  return result.issues.length === 0 ? result : undefined
}

function accepts(column: TableColumn, value: null | undefined): boolean {
  try {
    return parsed(column, value) !== undefined
  } catch {
    return false
  }
}

/** The encoder of one column from what the source gave; undefined where zod must be asked. */
function plainEncode(column: TableColumn, stored: ColumnType, isKey: boolean, codec: ValueCodec): Encode {
  const trim = isKey && (stored === 'numeric' || column.type === 'numeric') ? shortened : undefined
  if (column.plain === undefined) {
    const store = storedAs(column.type, stored, codec)
    const encode: Encode = (value) => {
      const result = parsed(column, value)
      if (result === undefined) return undefined
      return result.value === null || result.value === undefined ? (isKey ? undefined : null) : store(result.value)
    }
    return trim === undefined ? encode : (value) => trim(encode(value))
  }
  const check = checked(column.plain, column.type, stored, codec)
  const encode: Encode = trim === undefined ? check : (value) => trim(check(value))
  if (isKey) return (value) => (value === null || value === undefined ? undefined : encode(value))
  const takesNull = accepts(column, null)
  const takesUndefined = column.optional && accepts(column, undefined)
  if (takesNull && takesUndefined) return (value) => (value === null || value === undefined ? null : encode(value))
  if (takesNull) return (value) => (value === null ? null : value === undefined ? undefined : encode(value))
  if (takesUndefined) return (value) => (value === undefined ? null : value === null ? undefined : encode(value))
  return (value) => (value === null || value === undefined ? undefined : encode(value))
}

function shortened(value: Bound | undefined): Bound | undefined {
  return typeof value === 'string' ? shortDecimal(value) : value
}

/** The encoder of one column from what zod gave. */
function outputEncode(column: TableColumn, stored: ColumnType, isKey: boolean, codec: ValueCodec): Encode {
  const store = storedAs(column.type, stored, codec)
  if (!isKey) return (value) => (value === null || value === undefined ? null : store(value))
  const trim = stored === 'numeric' || column.type === 'numeric' ? shortened : (value: Bound | undefined) => value
  return (value) => (value === null || value === undefined ? undefined : trim(store(value)))
}

// `row.constructor` of a plain object is a function though no source gave one.
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype))
function own(name: string, encode: Encode): Encode {
  if (!INHERITED.has(name)) return encode
  return (row) => encode(Object.hasOwn(row as object, name) ? (row as Record<string, unknown>)[name] : undefined)
}

/** The fields of a table whose values are stored as they come; undefined where something is made of one, or checked. */
function binaryOf({ columns, keyAt, loose }: Layout, { takesBinary }: ValueCodec): Encoder['binary'] {
  if (takesBinary !== true || loose) return undefined
  // Of a decimal that is part of a key, zeros at its end are cut off.
  const isPlain = ({ column, stored }: Layout['columns'][number], at: number): boolean =>
    column.plain?.kind === 'column' &&
    column.plain.type === stored &&
    column.type === stored &&
    !(stored === 'numeric' && keyAt.includes(at))
  return columns.every(isPlain) ? columns.map(({ column: { name, type } }) => ({ name, type })) : undefined
}

/** Compiles the encoder of a table, into the forms of its database. */
export function encoderOf(layout: Layout, forms: ValueCodec): Encoder {
  const codec = { ...forms, timestamp: rememberingLast(forms.timestamp) }
  const { columns, keyAt, loose } = layout
  const { repertoire } = codec
  const isKey = (at: number) => keyAt.includes(at)
  const names = columns.map(({ column }) => column.name)
  const inherited = names.map((name) => INHERITED.has(name))
  const wrap = (encode: Encode, at: number) => own(names[at]!, encode)
  const plains = columns.map(({ column, stored }, at) => wrap(plainEncode(column, stored, isKey(at), codec), at))
  const outputs = columns.map(({ column, stored }, at) => wrap(outputEncode(column, stored, isKey(at), codec), at))
  const count = columns.length
  const declared = new Set(layout.declared)
  const width = count + (loose ? 2 : 1)
  const valueAt = (row: Readonly<Record<string, unknown>>, at: number) => (inherited[at] ? row : row[names[at]!])

  const extraOf = (row: Readonly<Record<string, unknown>>): Bound | undefined => {
    let extra: Record<string, unknown> | undefined
    for (const name of Object.keys(row)) {
      if (declared.has(name) || row[name] === undefined) continue
      extra ??= Object.create(null) as Record<string, unknown>
      extra[name] = row[name]
    }
    return extra === undefined ? null : codec.stored.json(extra)
  }

  const plainRow = rowEncoder(
    plains.map((encode, at) => ({ encode, name: names[at]!, takesRow: inherited[at]! })),
    loose,
  )
  const plain: Encoder['plain'] = (row, position) => {
    const encoded = plainRow(row, position)
    if (encoded === undefined || !loose) return encoded
    const extra = extraOf(row)
    if (extra === undefined) return undefined
    encoded[count] = extra
    return encoded
  }

  const unfit = (at: number, value: unknown): Unfit => {
    const { column, stored } = columns[at]!
    const reason = reasonOf(value, column.type, stored, { isKey: isKey(at), repertoire })
    return {
      column: column.name,
      reason,
      ...(isUnheld(value, column.type, repertoire) ? { unheld: true as const } : {}),
    }
  }

  const output: Encoder['output'] = (row, position) => {
    const encoded: EncodedRow = new Array(width)
    for (let at = 0; at < count; at++) {
      const value = outputs[at]!(valueAt(row, at))
      if (value === undefined) return unfit(at, row[names[at]!])
      encoded[at] = value
    }
    if (loose) {
      const extra = extraOf(row)
      if (extra === undefined) return EXTRA_UNFIT
      encoded[count] = extra
    }
    encoded[width - 1] = position
    return encoded
  }

  const encodeKey: Encoder['encodeKey'] = (key) => {
    const values: EncodedKey[number][] = []
    for (const at of keyAt) {
      const value = plains[at]!(valueAt(key, at)) ?? outputs[at]!(valueAt(key, at))
      if (value === undefined) return unfit(at, key[names[at]!])
      values.push(value)
    }
    return values
  }

  const part: Encoder['part'] = (row, position) => {
    const encoded: EncodedRow = new Array(width)
    const untold: number[] = []
    for (let at = 0; at < count; at++) {
      const raw = valueAt(row, at)
      if (row[names[at]!] === UNCHANGED) {
        untold.push(at)
        encoded[at] = null
        continue
      }
      const value = plains[at]!(raw) ?? (inherited[at] ? undefined : parsedPart(at, raw))
      if (value === undefined) return unfit(at, row[names[at]!])
      encoded[at] = value
    }
    if (loose) {
      const told = Object.entries(row).filter(([name, value]) => !declared.has(name) && value !== UNCHANGED)
      const extra = told.length === 0 ? null : extraOf(Object.fromEntries(told))
      if (extra === undefined) return EXTRA_UNFIT
      // Nobody knows which undeclared fields there are: where a change names none, all are as they were.
      if (told.length === 0) untold.push(count)
      encoded[count] = extra
    }
    encoded[width - 1] = position
    return { row: encoded, untold }
  }

  /** A value that only its schema can tell. */
  const parsedPart = (at: number, raw: unknown): Bound | undefined => {
    const result = parsed(columns[at]!.column, raw)
    return result === undefined ? undefined : outputs[at]!(result.value)
  }

  return { key: keyAt, binary: binaryOf(layout, codec), plain, output, part, encodeKey }
}

const EXTRA_UNFIT: Unfit = { column: '_extra', reason: 'an undeclared field is not JSON that can be stored' }

/** Numbers and times that a source may have and no column holds. What is of another kind is a slip of who names it. */
const NO_NUMBER = /^[+-]?(?:nan|inf(?:inity)?)$/i
const NO_TIME = /^[+-]?infinity$|^[+-]?\d{5,}-|^-\d|\bBC$/i

function isUnheld(value: unknown, type: ColumnType, repertoire: Repertoire): boolean {
  if (typeof value === 'bigint') return type === 'integer'
  if (typeof value === 'number') return !Number.isFinite(value)
  if (typeof value !== 'string') return false
  if (repertoire.problemOf(value) !== undefined) return true
  return (
    (TIMES.has(type) ? NO_TIME : type === 'numeric' || type === 'double' ? NO_NUMBER : undefined)?.test(value) ?? false
  )
}

interface Where {
  readonly isKey: boolean
  readonly repertoire: Repertoire
}

/** Why a value cannot be held, for people. */
function reasonOf(value: unknown, type: ColumnType, stored: ColumnType, { isKey, repertoire }: Where): string {
  if (value === null || value === undefined)
    return isKey ? 'a column of the primary key is NULL' : 'the value is missing'
  const problem = typeof value === 'string' ? repertoire.problemOf(value) : undefined
  if (problem !== undefined) return `the text ${problem}`
  if (stored === 'integer' && typeof value === 'bigint') return `${value} is beyond 64 bits`
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value} cannot be stored`
  if (type === 'json') {
    const lacking = repertoire.problemOf(jsonText(value) ?? '')
    return lacking === undefined
      ? 'the value is not JSON that can be stored unchanged (NUL, half a surrogate pair, NaN, a cycle)'
      : `the JSON ${lacking}`
  }
  const counts = COLUMN_TYPE_TRAITS[type].cursor?.counts
  if (counts === 'time' || counts === 'days') return `${shown(value)} is not a ${type} between the years 0 and 9999`
  return `${shown(value)} does not fit the column's type ${stored}`
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return typeof value === 'object' ? 'an object' : String(value)
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
}
