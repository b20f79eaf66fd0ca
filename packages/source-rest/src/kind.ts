import { type ColumnType, rowOf } from '@tidemark/core'
import { isRawNumber } from '@tidemark/http'

/** What the values of a column were seen to be: one bit a kind, so that rows add up by `|`. */
export const Kind = {
  none: 0,
  boolean: 1 << 0,
  /** A whole number that a double holds. */
  integer: 1 << 1,
  /** A whole number of 64 bits beyond that. */
  long: 1 << 9,
  /** A number that a double holds. */
  double: 1 << 2,
  /** A number that neither holds. */
  exact: 1 << 3,
  date: 1 << 4,
  local: 1 << 5,
  instant: 1 << 6,
  text: 1 << 7,
  json: 1 << 8,
} as const

/**
 * The type that holds every value seen, without loss; undefined where none was seen. Texts and numbers together are json,
 * but text in a key, which cannot be json.
 */
export function typeOf(kinds: number, isKey = false): ColumnType | undefined {
  const only = (mask: number): boolean => (kinds & ~mask) === 0
  if (kinds === Kind.none) return undefined
  if (only(Kind.integer | Kind.long)) return 'integer'
  if (only(Kind.integer | Kind.double)) return 'double'
  if (only(Kind.integer | Kind.long | Kind.double | Kind.exact)) return 'numeric'
  if (only(Kind.boolean)) return 'boolean'
  if (only(Kind.date)) return 'date'
  if (only(Kind.date | Kind.local)) return 'local_timestamp'
  if (only(Kind.date | Kind.instant)) return 'timestamp'
  if (only(Kind.date | Kind.local | Kind.instant | Kind.text)) return 'text'
  return isKey && (kinds & Kind.json) === 0 ? 'text' : 'json'
}

/** Whether the engine takes a value for one of a type: what is found to be a date must be one to it too. */
export function checkOf(type: ColumnType): (value: unknown) => boolean {
  const { value: schema } = rowOf([{ name: 'value', type, nullable: false }]).shape
  return (value) => schema!.safeParse(value).success
}

const isDate = checkOf('date')
const isLocal = checkOf('local_timestamp')
const isInstant = checkOf('timestamp')
// What cannot be one is recognised without a parser.
/** The kinds of values that a column of a type holds; undefined of one that holds any. */
const HELD: Partial<Record<ColumnType, number>> = {
  integer: Kind.integer | Kind.long,
  double: Kind.integer | Kind.double,
  numeric: Kind.integer | Kind.long | Kind.double | Kind.exact,
  boolean: Kind.boolean,
  date: Kind.date,
  local_timestamp: Kind.date | Kind.local,
  timestamp: Kind.date | Kind.instant,
}

/** Tells quickly whether a value of a JSON body may be one that a column does not hold. */
export function mayNotHold(type: ColumnType): ((value: unknown) => boolean) | undefined {
  const held = HELD[type]
  return held === undefined ? undefined : (value) => (kindOf(value) & ~held) !== 0
}

const DATE = /^\d{4}-\d\d-\d\d$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

/** What a value of a JSON body is. Of texts only dates and times as RFC 3339 writes them are more than texts. */
export function kindOf(value: unknown): number {
  switch (typeof value) {
    case 'boolean':
      return Kind.boolean
    case 'bigint':
      return Kind.long
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? Kind.integer : Kind.double
    case 'string':
      return kindOfText(value)
    default:
      if (value === null || value === undefined) return Kind.none
      return isRawNumber(value) ? Kind.exact : Kind.json
  }
}

function kindOfText(text: string): number {
  if (DATE.test(text)) return isDate(text) ? Kind.date : Kind.text
  if (!TIME.test(text)) return Kind.text
  if (isInstant(text)) return Kind.instant
  return isLocal(text) ? Kind.local : Kind.text
}

/** Kinds of values that were seen in different rows, by name. */
export function kindsOf(...all: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const kinds = new Map<string, number>()
  for (const one of all) for (const [name, kind] of one) kinds.set(name, (kinds.get(name) ?? Kind.none) | kind)
  return kinds
}
