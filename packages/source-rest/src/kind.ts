import type { ColumnType } from '@tidemark/core'
import { COLUMN_TYPE_TRAITS, CURSOR_TYPES, fits, isRawNumber, Kind } from '@tidemark/core/values'

/** Tells quickly whether a value of a JSON body may be one that a column does not hold; undefined of a column that holds any. */
export function mayNotHold(type: ColumnType): ((value: unknown) => boolean) | undefined {
  // Whatever is no text is written as one.
  const { holds } = COLUMN_TYPE_TRAITS[type]
  return holds === undefined || type === 'text' || type === 'bytes'
    ? undefined
    : (value) => (kindOf(value) & ~holds) !== 0
}

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
      return MAY_BE_TIME.test(value) ? kindOfTime(value) : Kind.text
    default:
      if (value === null || value === undefined) return Kind.none
      return isRawNumber(value) ? Kind.exact : Kind.json
  }
}

// What cannot be one is recognised without a parser.
const MAY_BE_TIME = /^\d{4}-\d\d-\d\d(?:$|T\d\d:\d\d)/

function kindOfTime(text: string): number {
  const type = CURSOR_TYPES.find((one) => fits(text, one))
  return type === undefined ? Kind.text : COLUMN_TYPE_TRAITS[type].kind
}

/** Kinds of values that were seen in different rows, by name. */
export function kindsOf(...all: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const kinds = new Map<string, number>()
  for (const one of all) for (const [name, kind] of one) kinds.set(name, (kinds.get(name) ?? Kind.none) | kind)
  return kinds
}
