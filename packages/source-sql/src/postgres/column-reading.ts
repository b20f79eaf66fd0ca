import { sql } from 'kysely'
import { exactInteger, exactJson } from '../exact.ts'
import type { BinaryReading, Reading } from '../found-table.ts'

/** A type of a Postgres database, as `pg_type` has it. */
export interface PostgresType {
  readonly oid: number
  readonly name: string
  /** b: base, c: composite, d: domain, e: enum, r: range, m: multirange. */
  readonly kind: string
  readonly base: number
  readonly category: string
}

/** Types of answers that are made of a column. */
const TEXT_OID = 25
const JSON_OID = 114
const NUMERIC = 1700

const number = (text: string): number => +text
const boolean = (text: string): boolean => text === 't'

/** `2024-01-31 12:00:00.123+00` → `2024-01-31T12:00:00.123Z`. What no ISO text can write (infinity, BC) stays as it is. */
function instant(text: string): string {
  const end = text.length - 3
  return text.charCodeAt(10) === 32 && text.charCodeAt(end) === 43
    ? `${text.slice(0, 10)}T${text.slice(11, end)}Z`
    : text
}

function local(text: string): string {
  const isBefore = text.charCodeAt(text.length - 1) === 67
  return text.charCodeAt(10) === 32 && !isBefore ? `${text.slice(0, 10)}T${text.slice(11)}` : text
}

/** `\x00ff` → bytes. */
function bytes(text: string): Uint8Array {
  return Buffer.from(text.slice(2), 'hex')
}

/** Digits are read without making a text of them first. */
function integerAt(bytes: Buffer, from: number, to: number): number | bigint {
  if (to - from > 15) return exactInteger(bytes.toString('latin1', from, to))
  const negative = bytes[from] === 45
  let value = 0
  for (let at = negative ? from + 1 : from; at < to; at++) value = value * 10 + bytes[at]! - 48
  return negative ? -value : value
}

const INT8 = 20
const FLOAT8 = 701

const asInt8: BinaryReading = { select: (column) => sql`${column}::int8`, answers: INT8 }
const INTEGER: Reading = { type: 'integer', decode: exactInteger, decodeAt: integerAt, binary: asInt8 }
const DOUBLE: Reading = { type: 'double', decode: number, ascii: true }

const READINGS: Readonly<Record<string, Reading>> = {
  int2: INTEGER,
  int4: INTEGER,
  int8: { ...INTEGER, binary: { answers: INT8 } },
  // A bound may lie below zero or above 32 bits, where no oid lies, so the oid becomes an integer and not the bound an oid.
  oid: { ...INTEGER, compared: (column) => sql`${column}::int8` },
  // Its shortest decimal is what it means; as a double it would get digits that nobody wrote.
  float4: { ...DOUBLE, binary: { select: (column) => sql`${column}::text::float8`, answers: FLOAT8 } },
  float8: { ...DOUBLE, binary: { answers: FLOAT8 } },
  numeric: { type: 'numeric', ascii: true, binary: { answers: NUMERIC } },
  money: {
    type: 'numeric',
    select: (column) => sql`${column}::numeric`,
    ascii: true,
    answers: NUMERIC,
    binary: { select: (column) => sql`${column}::numeric`, answers: NUMERIC },
  },
  bool: {
    type: 'boolean',
    decode: boolean,
    decodeAt: (bytes, from) => bytes[from] === 116,
    binary: { answers: 16 },
  },
  date: { type: 'date', ascii: true, binary: { answers: 1082 } },
  timestamp: { type: 'local_timestamp', decode: local, ascii: true, binary: { answers: 1114 } },
  timestamptz: { type: 'timestamp', decode: instant, ascii: true, binary: { answers: 1184 } },
  json: { type: 'json', decode: exactJson },
  jsonb: { type: 'json', decode: exactJson, binary: { answers: 3802 } },
  bytea: { type: 'bytes', decode: bytes, ascii: true, binary: { answers: 17 } },
  uuid: { type: 'text', ascii: true, binary: { select: (column) => sql`${column}::text`, answers: TEXT_OID } },
  text: { type: 'text', binary: { answers: TEXT_OID } },
  varchar: { type: 'text', binary: { answers: 1043 } },
  bpchar: { type: 'text', binary: { answers: 1042 } },
}

// Arrays and rows as the database writes them as JSON: nested, with NULLs, and with every digit of their numbers.
const STRUCTURED: Reading = {
  type: 'json',
  select: (column) => sql`to_json(${column})`,
  decode: exactJson,
  answers: JSON_OID,
}
// Not by a cast: that of an address adds its mask, and that of a text of a fixed length cuts its blanks.
const asWritten: BinaryReading = {
  select: (column) => sql`CASE WHEN ${column} IS NULL THEN NULL ELSE concat(${column}) END`,
  answers: TEXT_OID,
}
const TEXT: Reading = { type: 'text', binary: asWritten }

/** Types of answers that are written alike, so that one becomes another without a sign. */
const ALIKE: Readonly<Record<number, string>> = {
  20: 'integer',
  21: 'integer',
  23: 'integer',
  700: 'double',
  701: 'double',
  18: 'text',
  19: 'text',
  25: 'text',
  1043: 'text',
  114: 'json',
  3802: 'json',
}

/** Whether answers of a type are read by what was made for those of another. */
export function isReadAs(answered: number | undefined, expected: number): boolean {
  if (answered === expected) return true
  const alike = ALIKE[expected]
  return alike !== undefined && answered !== undefined && ALIKE[answered] === alike
}

/** The first number of a type that a user made. */
const FIRST_OWN = 16_384

/** How a column of a type is read. All that is not listed is text, as Postgres writes it. */
export function readingOf(type: PostgresType): Reading {
  if (type.kind === 'c' || type.category === 'A') return STRUCTURED
  const reading = READINGS[type.name]
  if (reading === undefined) return { answers: type.oid, ...TEXT }
  // A type that a user made may have the name of another one, and other bytes.
  return { answers: type.oid, ...reading, ...(type.oid < FIRST_OWN ? {} : { binary: undefined }) }
}

export const AS_TEXT: Reading = { type: 'text', select: (column) => sql`${column}::text`, answers: TEXT_OID }
