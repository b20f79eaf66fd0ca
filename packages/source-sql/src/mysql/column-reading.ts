import { sql } from 'kysely'
import { exactInteger, exactJson } from '../exact.ts'
import type { Reading } from '../found-table.ts'

/** A column of MySQL or MariaDB, as `information_schema` has it. */
export interface MySqlColumn {
  readonly dataType: string
  /** With its length, `unsigned`, and the words of an enum. */
  readonly columnType: string
  readonly nullable: boolean
  /** Unsigned and of 64 bits, and all its values are known to be below 2^63. */
  readonly bounded: boolean
  /** MariaDB's JSON: a text that the table checks. */
  readonly checkedJson: boolean
  readonly zeroDates: 'reject' | 'null'
}

const text = (raw: Buffer): string => raw.toString('utf8')
const ascii = (raw: Buffer): string => raw.toString('latin1')
/** A copy: the answer lies in a buffer that the driver shares among rows. */
const bytes = (raw: Buffer): Uint8Array => new Uint8Array(raw)
const local = (raw: Buffer): string => {
  const shown = ascii(raw)
  return shown.charCodeAt(10) === 32 ? `${shown.slice(0, 10)}T${shown.slice(11)}` : shown
}

export const TEXT: Reading = { type: 'text', decode: text as never }
const BYTES: Reading = { type: 'bytes', decode: bytes as never }
const INTEGER: Reading = { type: 'integer', decode: ((raw: Buffer) => exactInteger(ascii(raw))) as never }
const NUMERIC: Reading = { type: 'numeric', decode: ascii as never }
const JSON_TEXT: Reading = { type: 'json', decode: ((raw: Buffer) => exactJson(text(raw))) as never }
const DOUBLE: Reading = { type: 'double', decode: ((raw: Buffer) => Number(ascii(raw))) as never }
/** A text of it would be rounded to six digits. */
const FLOAT: Reading = { ...DOUBLE, select: (column) => sql`(${column} + 0e0)` }
const BIT: Reading = { type: 'boolean', decode: ((raw: Buffer) => raw[0] === 1) as never }
/** The server's own bytes: the number of the reference system, and the shape in WKB. */
const GEOMETRY: Reading = { ...BYTES, select: (column) => sql`unhex(hex(${column}))` }

const READINGS: Readonly<Record<string, Reading>> = {
  tinyint: INTEGER,
  smallint: INTEGER,
  mediumint: INTEGER,
  int: INTEGER,
  year: INTEGER,
  bigint: INTEGER,
  decimal: NUMERIC,
  float: FLOAT,
  double: DOUBLE,
  json: JSON_TEXT,
  binary: BYTES,
  varbinary: BYTES,
  tinyblob: BYTES,
  blob: BYTES,
  mediumblob: BYTES,
  longblob: BYTES,
  vector: BYTES,
}
const GEOMETRIES =
  /^(geometry|point|linestring|polygon|multipoint|multilinestring|multipolygon|geometrycollection|geomcollection)$/
const TIMES: Readonly<Record<string, Reading>> = {
  date: { type: 'date', decode: ascii as never },
  datetime: { type: 'local_timestamp', decode: local as never },
  // The session's zone is UTC.
  timestamp: { type: 'timestamp', decode: ((raw: Buffer) => `${local(raw)}Z`) as never },
}

/** How a column is read. What is not listed is text: enum, set, time, uuid, inet6, char and all of its kind. */
export function readingOf(column: MySqlColumn): Reading {
  const { dataType, columnType, bounded, checkedJson } = column
  if (checkedJson) return JSON_TEXT
  const time = TIMES[dataType]
  if (time !== undefined) return withoutZeros(time, column)
  if (dataType === 'bigint' && columnType.includes('unsigned') && !bounded) return NUMERIC
  if (dataType === 'bit') return bitsOf(columnType)
  return GEOMETRIES.test(dataType) ? GEOMETRY : (READINGS[dataType] ?? TEXT)
}

/**
 * A zero date is a date that is not there. Where the column cannot be NULL, NULL says exactly that; where it can, the two
 * would be one, and the row is refused unless the user wants it so.
 */
function withoutZeros(time: Reading, { nullable, zeroDates }: MySqlColumn): Reading {
  const decode = time.decode as (raw: Buffer) => string
  const isNull = !nullable || zeroDates === 'null'
  return {
    type: time.type,
    decode: ((raw: Buffer) => (isNull && ascii(raw.subarray(0, 10)) === '0000-00-00' ? null : decode(raw))) as never,
  }
}

/** `bit(1)` is a boolean, a longer one its digits. */
function bitsOf(columnType: string): Reading {
  const length = Number(/\d+/.exec(columnType)?.[0] ?? 1)
  if (length === 1) return BIT
  const digits = (raw: Buffer): string =>
    BigInt(`0x${raw.toString('hex') || '0'}`)
      .toString(2)
      .padStart(length, '0')
  return { type: 'text', decode: digits as never }
}

/** Types whose values come back as parameters unchanged, and are ordered as the index is. */
export function isPageable(dataType: string): boolean {
  return /^((tiny|small|medium|big)?int|decimal|char|varchar|(var)?binary|date|datetime|timestamp|uuid)$/.test(dataType)
}
