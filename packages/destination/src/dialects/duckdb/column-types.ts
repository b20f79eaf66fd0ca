import type { DuckDBAppender } from '@duckdb/node-api'
import { type ByType, byType } from '../../values/by-type.ts'
import { canonicalBy, type ToCanonical } from '../../values/canonical.ts'
import { type Encode, NATIVE_ENCODERS, TEXT_CODEC, type ValueCodec } from '../../values/codec.ts'
import { parseJson } from '../../values/value-text.ts'
import { copiedBytes, dateText, isDayCount, isTime, timeText } from './values.ts'

type Append = (appender: DuckDBAppender, value: unknown) => void

/** What is known of a type of column in DuckDB. */
interface DuckDbColumnType {
  /** What it is called in a definition. */
  readonly name: string
  /** What a program in TypeScript reads: what `@duckdb/node-api` gives by `getRowObjectsJS`. */
  readonly readType: string
  /** How a value is encoded. */
  readonly encode: Encode
  /** Puts an encoded value into a row that is appended. */
  readonly append: Append
  /** Makes the canonical form of a value as DuckDB gave it, or as it was encoded. Absent: it has that form. */
  readonly decode?: ToCanonical
}

const { stored: texts } = TEXT_CODEC
/** DuckDB reads the text of a time or a date itself. */
const appendText: Append = (appender, value) => appender.appendVarchar(value as string)

/**
 * DECIMAL ends at 38 digits and has one scale for all rows, so exact numbers are texts. An instant has a type of its own, or
 * nobody could tell it from a local time.
 */
const DUCKDB_TYPES: ByType<DuckDbColumnType> = {
  text: { name: 'VARCHAR', readType: 'string', encode: texts.text, append: appendText },
  integer: {
    name: 'BIGINT',
    readType: 'bigint',
    encode: texts.integer,
    append: (appender, value) => appender.appendBigInt(BigInt(value as number | bigint)),
    decode: (value) => BigInt(value as number | bigint),
  },
  double: {
    name: 'DOUBLE',
    readType: 'number',
    encode: NATIVE_ENCODERS.double,
    append: (appender, value) => appender.appendDouble(value as number),
  },
  numeric: { name: 'VARCHAR', readType: 'string', encode: texts.numeric, append: appendText },
  boolean: {
    name: 'BOOLEAN',
    readType: 'boolean',
    encode: NATIVE_ENCODERS.boolean,
    append: (appender, value) => appender.appendBoolean(value as boolean),
  },
  timestamp: {
    name: 'TIMESTAMP WITH TIME ZONE',
    readType: 'Date',
    encode: texts.timestamp,
    append: appendText,
    decode: (value) => (isTime(value) ? timeText(value, 'Z') : value),
  },
  local_timestamp: {
    name: 'TIMESTAMP',
    readType: 'Date',
    encode: texts.local_timestamp,
    append: appendText,
    decode: (value) => (isTime(value) ? timeText(value, '') : value),
  },
  date: {
    name: 'DATE',
    readType: 'Date',
    encode: texts.date,
    append: appendText,
    decode: (value) => (isDayCount(value) ? dateText(value) : value),
  },
  json: {
    name: 'JSON',
    readType: 'string',
    encode: texts.json,
    append: appendText,
    decode: (value) => parseJson(String(value)),
  },
  bytes: {
    name: 'BLOB',
    readType: 'Uint8Array',
    encode: texts.bytes,
    append: (appender, value) => appender.appendBlob(value as Uint8Array),
    decode: copiedBytes,
  },
}

export const TYPE_NAMES = byType(DUCKDB_TYPES, ({ name }) => name)
export const READ_TYPES = byType(DUCKDB_TYPES, ({ readType }) => readType)
export const APPENDS = byType(DUCKDB_TYPES, ({ append }) => append)

/** A value as DuckDB gave it, or as it was encoded, in its canonical form. */
export const DECODERS = canonicalBy(DUCKDB_TYPES, ({ decode }) => decode)

/** Times and decimals as texts, which DuckDB itself reads. */
export const DUCKDB_CODEC: ValueCodec = { ...TEXT_CODEC, stored: byType(DUCKDB_TYPES, ({ encode }) => encode) }
