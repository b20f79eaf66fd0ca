const CAMEL = /^[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)+$/

/**
 * JSON that leaves Tidemark: its keys are snake_case, as the columns of the state are. A name that somebody chose, such as that of a column or a
 * table, is the key of a Map, and stays as it is.
 */
export function jsonDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonDocument)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [snakeCase(name), jsonDocument(one)]))
}

/** The inverse, for the page of the dashboard: the answers that it reads have no names that somebody chose as keys. */
export function camelDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelDocument)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [camelCase(name), camelDocument(one)]))
}

/** What `camelDocument` makes of an answer: the same, unless a name in it is snake_case, which nobody would find there. */
export type CamelDocument<T> = T extends readonly unknown[]
  ? { readonly [K in keyof T]: CamelDocument<T[K]> }
  : T extends object
    ? { readonly [K in keyof T as CamelName<K>]: CamelDocument<T[K]> }
    : T

type CamelName<Name> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<CamelName<Rest> & string>}`
  : Name

/** Names of fields that a source logs, which are a line's own; what they hold stays as it is. */
export function snakeFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const snake = snakeCase(name)
      return [snake !== name && Object.hasOwn(fields, snake) ? `${snake}_` : snake, value]
    }),
  )
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function snakeCase(name: string): string {
  return CAMEL.test(name) ? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name
}

const camelCase = (name: string): string =>
  name.replaceAll(/(?<=[a-z0-9])_([a-z])/g, (_, letter) => letter.toUpperCase())
