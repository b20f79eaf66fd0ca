import { NUMERIC } from './decimal.ts'
import { parseDate, parseInstant } from './instant.ts'
import { Kind } from './kind.ts'

/** All types of columns, for schemas of configs. `docs/destinations.md` says what each becomes in which database. */
export const COLUMN_TYPES = [
  'text',
  'integer',
  'double',
  'numeric',
  'boolean',
  'timestamp',
  'local_timestamp',
  'date',
  'json',
  'bytes',
] as const

/** The types a column can have in a destination. `docs/destinations.md` says what each becomes in which database. */
export type ColumnType = (typeof COLUMN_TYPES)[number]

/** Types of columns that a table can be read by. */
export const CURSOR_TYPES = ['timestamp', 'local_timestamp', 'date', 'integer'] as const satisfies readonly ColumnType[]
export type CursorType = (typeof CURSOR_TYPES)[number]

/** What a cursor of a type is. */
export interface CursorTraits {
  /** What it counts: a time of day too, days, or something of the system's own. */
  readonly counts: 'time' | 'days' | 'numbers'
  /** The smallest window that every source can be asked for, whatever it compares; in microseconds, or 1. */
  readonly unit: bigint
  /** Whether the engine's clock says where its rows end. */
  readonly byClock: boolean
}

/** All that is known of a type of column, but how a database writes it. */
export interface ColumnTypeTraits {
  /** Whether a value as a source gives it is of the type. */
  readonly accepts: (value: unknown) => boolean
  /** Of several types that accept a value, the one with the lower number says more of it. */
  readonly breadth: number
  /** Types to which a column may grow: each holds all of its values, written in their own form. */
  readonly widensTo: readonly ColumnType[]
  /** Types found later whose values a column of this one takes, though it never grew from them. */
  readonly alsoTakes: readonly ColumnType[]
  /** The formats of zod's strings that become it. */
  readonly formats?: readonly string[]
  /** What a column is that is declared to have the type, where files say the types of their columns. */
  readonly kind: number
  /** Kinds of values that it holds without loss; absent: any. */
  readonly holds?: number
  /** Present where a table can be read by it. */
  readonly cursor?: CursorTraits
}

type Rows = {
  readonly [T in ColumnType]: T extends CursorType
    ? ColumnTypeTraits & { readonly cursor: CursorTraits }
    : ColumnTypeTraits
}

const SECOND = 1_000_000n
const DAY = 86_400n * SECOND

const WHOLE = Kind.integer | Kind.long
const NUMBER = WHOLE | Kind.huge | Kind.double | Kind.decimal | Kind.exact

/**
 * A row for each type: who adds one adds a row here, its name above, and its form in each database's dialect.
 *
 * Without loss a column grows only in one direction: integer → numeric → text, double → numeric → text, date → text. A
 * time without a zone becomes no instant: nobody says of which zone it is.
 */
export const COLUMN_TYPE_TRAITS: Rows = {
  text: {
    accepts: (value) => typeof value === 'string',
    breadth: 4,
    widensTo: [],
    alsoTakes: [],
    kind: Kind.text,
    holds: Kind.date | Kind.local | Kind.instant | Kind.text,
  },
  integer: {
    accepts: (value) => Number.isSafeInteger(value) || typeof value === 'bigint',
    breadth: 1,
    widensTo: ['numeric', 'text'],
    alsoTakes: [],
    kind: WHOLE,
    holds: WHOLE,
    cursor: { counts: 'numbers', unit: 1n, byClock: false },
  },
  double: {
    accepts: (value) => typeof value === 'number',
    breadth: 3,
    widensTo: ['numeric', 'text'],
    alsoTakes: ['integer'],
    kind: Kind.double,
    holds: Kind.integer | Kind.double,
  },
  numeric: {
    accepts: (value) =>
      typeof value === 'string' ? NUMERIC.test(value) : Number.isFinite(value) || typeof value === 'bigint',
    breadth: 2,
    widensTo: ['text'],
    alsoTakes: [],
    formats: ['numeric'],
    kind: Kind.exact,
    holds: NUMBER,
  },
  boolean: {
    accepts: (value) => typeof value === 'boolean',
    breadth: 1,
    widensTo: [],
    alsoTakes: [],
    kind: Kind.boolean,
    holds: Kind.boolean,
  },
  timestamp: {
    accepts: (value) =>
      typeof value === 'string'
        ? (parseInstant(value)?.zone ?? 'none') !== 'none'
        : value instanceof Date && !Number.isNaN(value.getTime()),
    breadth: 1,
    widensTo: [],
    alsoTakes: ['date'],
    formats: ['datetime'],
    kind: Kind.instant,
    holds: Kind.date | Kind.instant,
    cursor: { counts: 'time', unit: SECOND, byClock: true },
  },
  local_timestamp: {
    accepts: (value) => typeof value === 'string' && parseInstant(value)?.zone === 'none',
    breadth: 1,
    widensTo: [],
    alsoTakes: ['date'],
    formats: ['local datetime'],
    kind: Kind.local,
    holds: Kind.date | Kind.local,
    cursor: { counts: 'time', unit: SECOND, byClock: false },
  },
  date: {
    accepts: (value) => typeof value === 'string' && parseDate(value) !== undefined,
    breadth: 1,
    widensTo: ['text'],
    alsoTakes: [],
    formats: ['date'],
    kind: Kind.date,
    holds: Kind.date,
    cursor: { counts: 'days', unit: DAY, byClock: true },
  },
  json: {
    accepts: (value) => value !== undefined,
    breadth: 5,
    widensTo: [],
    alsoTakes: COLUMN_TYPES,
    kind: Kind.json,
  },
  bytes: {
    accepts: (value) => value instanceof Uint8Array,
    breadth: 1,
    widensTo: [],
    alsoTakes: [],
    kind: Kind.bytes,
    holds: Kind.bytes,
  },
}

/** Whether a value is of a column type, for columns found at run time. */
export function fits(value: unknown, type: ColumnType): boolean {
  return COLUMN_TYPE_TRAITS[type].accepts(value)
}

/** Whether a column of this type holds every value of the other, written in its own form. */
export function holds(column: ColumnType, value: ColumnType): boolean {
  return column === value || COLUMN_TYPE_TRAITS[value].widensTo.includes(column)
}

/** The narrowest type that holds both the values of a known type and of a found one, without loss. */
export function typeHolding(known: ColumnType, found: ColumnType): ColumnType {
  if (holds(known, found) || COLUMN_TYPE_TRAITS[known].alsoTakes.includes(found)) return known
  return COLUMN_TYPE_TRAITS[known].widensTo.find((wider) => holds(wider, found)) ?? 'text'
}

export function isCursorType(type: ColumnType): type is CursorType {
  return COLUMN_TYPE_TRAITS[type].cursor !== undefined
}

const byBreadth = COLUMN_TYPES.toSorted((a, b) => COLUMN_TYPE_TRAITS[a].breadth - COLUMN_TYPE_TRAITS[b].breadth)

/** The types that accept all of some values, those first that say most of them. */
export function typesFitting(values: readonly unknown[]): readonly ColumnType[] {
  return byBreadth.filter((type) => values.every((value) => fits(value, type)))
}
