import { isRawNumber, Kind } from '@tidemark/core/values'

/** Of a value that JSON has no type for, what it is: its letter on the way from Python. */
const KIND_OF_LETTER = {
  /** A float that is a whole number, or none: `1.0`, `nan`, `inf`. */
  f: Kind.double,
  d: Kind.exact,
  /** A datetime with a zone, in UTC. */
  z: Kind.instant,
  n: Kind.local,
  t: Kind.date,
  /** Bytes in base64. */
  b: Kind.bytes,
  s: Kind.text,
} as const
type Letter = keyof typeof KIND_OF_LETTER

/** A value of Python that JSON has no type for. */
export class TypedValue {
  readonly letter: Letter
  readonly text: string

  constructor(letter: Letter, text: string) {
    this.letter = letter
    this.text = text
  }

  get kind(): number {
    return KIND_OF_LETTER[this.letter]
  }
}

/** What a value of a row is. A text is a text, whatever it looks like: Python has types of its own for times. */
export function kindOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return Kind.text
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? Kind.integer : Kind.double
    case 'boolean':
      return Kind.boolean
    case 'bigint':
      return Kind.long
    default:
      if (value === null || value === undefined) return Kind.none
      if (value instanceof TypedValue) return value.kind
      return isRawNumber(value) ? (/^-?\d+$/.test(value.rawJSON) ? Kind.huge : Kind.exact) : Kind.json
  }
}

/** Puts the types of a row's values in the places where Python marked them. */
export function revived(row: Readonly<Record<string, unknown>>, marker: string): Record<string, unknown> {
  const made = { ...row }
  for (const [name, value] of Object.entries(row)) {
    if (typeof value !== 'object' || value === null || isRawNumber(value)) continue
    made[name] = typedOf(value, marker) ?? plain(value, marker)
  }
  return made
}

function typedOf(value: object, marker: string): TypedValue | undefined {
  const text = (value as Readonly<Record<string, unknown>>)[marker]
  return typeof text === 'string' ? new TypedValue(text[0] as Letter, text.slice(1)) : undefined
}

/** What stands inside JSON has the types of JSON alone. */
function plain(value: unknown, marker: string): unknown {
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value
  const typed = typedOf(value, marker)
  if (typed !== undefined) return jsonOf(typed)
  if (Array.isArray(value)) return value.map((one) => plain(one, marker))
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one, marker)]))
}

/** A value as JSON has it: a number where it is one, else a text. */
export function jsonOf({ letter, text }: TypedValue): unknown {
  if (letter !== 'f') return text
  const number = Number(text)
  return Number.isFinite(number) ? number : text
}
