import { type ByType, byType } from '../../values/by-type.ts'
import { canonicalBy, type ToCanonical } from '../../values/canonical.ts'
import { parseJson } from '../../values/value-text.ts'

/** What is known of a type of column in SQLite. Values are stored in the forms of `TEXT_CODEC`. */
interface SqliteColumnType {
  /** What it is called in a STRICT table. */
  readonly name: 'TEXT' | 'INTEGER' | 'REAL' | 'BLOB'
  /** What a program in TypeScript reads. */
  readonly readType: string
  /** Makes the canonical form of a stored value. Absent: it is stored in that form. */
  readonly decode?: ToCanonical
}

const SQLITE_TYPES: ByType<SqliteColumnType> = {
  text: { name: 'TEXT', readType: 'string' },
  integer: { name: 'INTEGER', readType: 'number', decode: (value) => BigInt(value as number | bigint) },
  double: { name: 'REAL', readType: 'number', decode: Number },
  numeric: { name: 'TEXT', readType: 'string' },
  boolean: { name: 'INTEGER', readType: 'number', decode: (value) => Number(value) === 1 },
  timestamp: { name: 'TEXT', readType: 'string' },
  local_timestamp: { name: 'TEXT', readType: 'string' },
  date: { name: 'TEXT', readType: 'string' },
  json: { name: 'TEXT', readType: 'string', decode: (value) => parseJson(String(value)) },
  bytes: { name: 'BLOB', readType: 'Uint8Array' },
}

export const TYPE_NAMES = byType(SQLITE_TYPES, ({ name }) => name)
export const READ_TYPES = byType(SQLITE_TYPES, ({ readType }) => readType)

/** A stored value, or one as it was encoded, in its canonical form. */
export const DECODERS = canonicalBy(SQLITE_TYPES, ({ decode }) => decode)
