import { type RawBuilder, sql } from 'kysely'
import { type ByType, byType } from '../../values/by-type.ts'
import { canonicalBy, type ToCanonical } from '../../values/canonical.ts'
import { COMMON_ENCODERS, type Encode, NATIVE_ENCODERS } from '../../values/codec.ts'
import { parseJson } from '../../values/value-text.ts'
import type { CopyField } from './copy-rows.ts'
import { countedDate, countedLocal, countedTime, dateOfCount, momentText, timeOfCount } from './moments.ts'
import { heldNumeric } from './numeric.ts'

/** What is known of a type of column in Postgres. */
interface PostgresColumnType {
  /** What `format_type` calls it, and a definition. */
  readonly name: string
  /** What a program in TypeScript reads: what `pg` gives where nobody has told it otherwise. */
  readonly readType: string
  /** How a value is encoded: what binary `COPY` is made of. */
  readonly encode: Encode
  /** The field of a binary `COPY` that an encoded value becomes. */
  readonly field: CopyField
  /** Makes the canonical form of an encoded value, for people and rejects. Absent: it is encoded in that form. */
  readonly shown?: ToCanonical
  /** Makes the canonical form of a value as Postgres writes it. Absent: it is written in that form. */
  readonly decode?: (text: string) => unknown
  /** What a query of the user's shows, by the numbers (`pg_type.oid`) of types of Postgres. Absent: what Postgres writes. */
  readonly answers?: { readonly oids: readonly number[]; readonly read: (text: string) => unknown }
  /** The expressions by which two values are equal. Absent: the column is. */
  readonly comparable?: (column: RawBuilder<unknown>) => readonly RawBuilder<unknown>[]
}

const isTrue = (text: string): boolean => text === 't'
const instantText = (text: string): string => momentText(text, 'Z')
const localText = (text: string): string => momentText(text, '')
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.slice(2), 'hex'))
/** As a number where a double holds it. */
const wholeNumber = (text: string): number | bigint =>
  Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)

const POSTGRES_TYPES: ByType<PostgresColumnType> = {
  text: {
    name: 'text',
    readType: 'string',
    encode: COMMON_ENCODERS.text,
    field: 'text',
    comparable: (column) => [sql`${column} collate "C"`],
  },
  integer: {
    name: 'bigint',
    readType: 'string',
    encode: COMMON_ENCODERS.integer,
    field: 'integer',
    decode: BigInt,
    answers: { oids: [20, 21, 23], read: wholeNumber },
  },
  double: {
    name: 'double precision',
    readType: 'number',
    encode: NATIVE_ENCODERS.double,
    field: 'double',
    decode: Number,
    answers: { oids: [700, 701], read: Number },
  },
  numeric: {
    name: 'numeric',
    readType: 'string',
    encode: heldNumeric,
    field: 'numeric',
    // 1.0 and 1.00 are written differently.
    comparable: (column) => [column, sql`scale(${column})`],
  },
  boolean: {
    name: 'boolean',
    readType: 'boolean',
    encode: NATIVE_ENCODERS.boolean,
    field: 'boolean',
    decode: isTrue,
    answers: { oids: [16], read: isTrue },
  },
  timestamp: {
    name: 'timestamp with time zone',
    readType: 'Date',
    encode: countedTime,
    field: 'integer',
    shown: (value) => timeOfCount(value, 'Z'),
    decode: instantText,
    answers: { oids: [1184], read: instantText },
  },
  local_timestamp: {
    name: 'timestamp without time zone',
    readType: 'Date',
    encode: (value) => (typeof value === 'string' ? countedLocal(value) : undefined),
    field: 'integer',
    shown: (value) => timeOfCount(value, ''),
    decode: localText,
    answers: { oids: [1114], read: localText },
  },
  date: {
    name: 'date',
    readType: 'Date',
    encode: countedDate,
    field: 'days',
    shown: dateOfCount,
    decode: localText,
    answers: { oids: [1082], read: localText },
  },
  json: {
    name: 'jsonb',
    readType: 'unknown',
    encode: COMMON_ENCODERS.json,
    field: 'jsonb',
    shown: (value) => parseJson(String(value)),
    decode: parseJson,
  },
  bytes: {
    name: 'bytea',
    readType: 'Uint8Array',
    encode: COMMON_ENCODERS.bytes,
    field: 'bytes',
    decode: bytesOf,
    answers: { oids: [17], read: bytesOf },
  },
}

export const TYPE_NAMES = byType(POSTGRES_TYPES, ({ name }) => name)
export const READ_TYPES = byType(POSTGRES_TYPES, ({ readType }) => readType)
export const ENCODERS = byType(POSTGRES_TYPES, ({ encode }) => encode)
export const COPY_FIELDS = byType(POSTGRES_TYPES, ({ field }) => field)
export const COMPARABLES = byType(POSTGRES_TYPES, ({ comparable }) => comparable)

/** An encoded value in its canonical form, for people and rejects. */
export const SHOWN_FORMS = canonicalBy(POSTGRES_TYPES, ({ shown }) => shown)

/** A value as Postgres wrote it, in its canonical form. */
export const DECODERS = canonicalBy(POSTGRES_TYPES, ({ decode }) => decode as ToCanonical | undefined)

/** What a query of the user's shows of a type of Postgres, by its number. */
export const ANSWERS: ReadonlyMap<number, (text: string) => unknown> = new Map(
  Object.values(POSTGRES_TYPES).flatMap(({ answers }) => (answers?.oids ?? []).map((oid) => [oid, answers!.read])),
)
