import type { ColumnType } from '@tidemark/core'
import { type Convert, fromText } from './convert.ts'
import { exactJson } from './json-value.ts'
import { Misfit } from './misfit.ts'
import type { Layout } from './vector.ts'

/** How the values of a DuckDB type come out without loss. */
export interface Shape {
  readonly type: ColumnType
  readonly layout: Layout
  /** The type that the query then gives; absent: the column's own. */
  readonly result?: string
  readonly sql?: (column: string) => string
  readonly convert?: Convert
  /** How its values come out where the table has texts. */
  readonly text?: Shape
}

const asVarchar = (column: string): string => `CAST(${column} AS VARCHAR)`
const text: Shape = { type: 'text', layout: 'string', result: 'VARCHAR', sql: asVarchar }
const micros: Shape = {
  type: 'local_timestamp',
  layout: 'local',
  result: 'TIMESTAMP',
  sql: (column) => `CAST(${column} AS TIMESTAMP)`,
}
const bytesOf: Convert = (value) => (value as { bytes: Uint8Array }).bytes

/** A time of day. DuckDB writes `00:00:0+` of one that is before it. */
function timeOfDay(type: string): Shape {
  return {
    ...text,
    sql: (column) => `CASE WHEN ${column} < CAST('00:00:00' AS ${type}) THEN '-' ELSE ${asVarchar(column)} END`,
    convert: (value) => (value === '-' ? new Misfit('expected a time of day, got one before 00:00') : value),
  }
}

/** Times of the old kind (`TIMESTAMP_MILLIS`), of which nothing but the specification says that they are in UTC. */
export const OLD_INSTANT: Shape = {
  type: 'timestamp',
  layout: 'instant',
  result: 'TIMESTAMP WITH TIME ZONE',
  sql: (column) => `CAST(CAST(${column} AS TIMESTAMP) AS TIMESTAMP WITH TIME ZONE)`,
}

const SHAPES: Readonly<Record<string, Shape>> = {
  BOOLEAN: { type: 'boolean', layout: 'other' },
  TINYINT: { type: 'integer', layout: 'number' },
  SMALLINT: { type: 'integer', layout: 'number' },
  INTEGER: { type: 'integer', layout: 'number' },
  BIGINT: { type: 'integer', layout: 'int64' },
  UTINYINT: { type: 'integer', layout: 'number' },
  USMALLINT: { type: 'integer', layout: 'number' },
  UINTEGER: { type: 'integer', layout: 'number' },
  FLOAT: { type: 'double', layout: 'number' },
  DOUBLE: { type: 'double', layout: 'number' },
  VARCHAR: { type: 'text', layout: 'string' },
  BLOB: { type: 'bytes', layout: 'other', convert: bytesOf },
  DATE: { type: 'date', layout: 'date' },
  TIME: timeOfDay('TIME'),
  TIME_NS: timeOfDay('TIME_NS'),
  TIMESTAMP: { type: 'local_timestamp', layout: 'local' },
  TIMESTAMP_S: micros,
  TIMESTAMP_MS: micros,
  TIMESTAMP_NS: {
    type: 'local_timestamp',
    layout: 'string',
    result: 'VARCHAR',
    sql: asVarchar,
    convert: fromText('local_timestamp', false) as Convert,
  },
  'TIMESTAMP WITH TIME ZONE': { type: 'timestamp', layout: 'instant' },
  JSON: {
    type: 'json',
    layout: 'string',
    result: 'VARCHAR',
    sql: asVarchar,
    convert: (value) => nested(value as string),
  },
}
const NUMERIC: Shape = { type: 'numeric', layout: 'string', result: 'VARCHAR', sql: asVarchar }
/** DuckDB writes no zero before the point where its type has no digit there. */
const FRACTION: Shape = { ...NUMERIC, convert: (value) => (value as string).replace(/^(-?)\./, '$10.') }
const NESTED: Shape = {
  type: 'json',
  layout: 'string',
  result: 'VARCHAR',
  sql: (column) => `CAST(CAST(${column} AS JSON) AS VARCHAR)`,
  convert: (value) => nested(value as string),
}
/** As well-known binary (WKB), which every database with geometries reads. */
const GEOMETRY: Shape = {
  type: 'bytes',
  layout: 'other',
  result: 'BLOB',
  sql: (column) => `ST_AsWKB(${column})`,
  convert: bytesOf,
  text: { type: 'text', layout: 'string', result: 'VARCHAR', sql: (column) => `ST_AsText(${column})` },
}

/** Whether the values of a type have parts. */
export const isNested = (type: string): boolean => /[\]]$|^(?:STRUCT|MAP)\(/.test(type)

export function shapeOf(type: string): Shape {
  if (Object.hasOwn(SHAPES, type)) return SHAPES[type]!
  if (isNested(type)) return NESTED
  if (/^GEOMETRY\b/.test(type)) return GEOMETRY
  if (/^DECIMAL\((\d+),\1\)$/.test(type)) return FRACTION
  return /^(?:DECIMAL\(|U?HUGEINT$|UBIGINT$|BIGNUM$)/.test(type) ? NUMERIC : text
}

/** A decimal, read as the bytes that it is: a whole number in two's complement. */
export function wideDecimal(scale: number): Shape {
  return {
    type: 'numeric',
    layout: 'other',
    result: 'BLOB',
    convert: (value) => decimalOf(bytesOf(value) as Uint8Array, scale),
  }
}

/** The number that bytes are. */
export function decimalOf(bytes: Uint8Array, scale: number): string | Misfit {
  return bytes.length === 0 ? new Misfit('expected a decimal, got no bytes') : decimalText(bytes, scale)
}

/** A whole number in two's complement, its first byte the highest. */
export const numberOf = (bytes: Uint8Array): bigint =>
  BigInt.asIntN(bytes.length * 8, BigInt(`0x0${Buffer.from(bytes).toString('hex')}`))

/** The number that bytes are, with so many digits behind the point. */
export function decimalText(bytes: Uint8Array, scale: number): string {
  const value = numberOf(bytes)
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${value < 0n ? '-' : ''}${digits.slice(0, point)}${scale === 0 ? '' : `.${digits.slice(point)}`}`
}

/**
 * Parses what DuckDB wrote as JSON. It writes NaN and infinities bare, which JSON does not have: they become texts. And of a
 * decimal whose type has no digit before the point it writes none.
 */
function nested(json: string): unknown {
  try {
    return exactJson.parse(json)
  } catch {
    return exactJson.parse(
      json.replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|nan|Infinity|inf)|(?<!\d)\.\d/g, (part) =>
        part.startsWith('"') ? part : part.startsWith('.') ? `0${part}` : `"${part}"`,
      ),
    )
  }
}
