import { keyPath } from '@tidemark/engine'

/** A variable that the config uses but that is not set. */
export interface MissingVariable {
  readonly name: string
  /** Where it is used: `sources.github.config.token`. */
  readonly path: string
}

export interface Resolved {
  readonly value: unknown
  readonly missing: readonly MissingVariable[]
}

type Environment = Readonly<Record<string, string | undefined>>

// NUL marks what env() returns, because nobody types it.
const PLACEHOLDER = /\0env:([^\0]*)\0/g
const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g

/** Whether a text still holds the placeholder of a variable that is not set. */
export function isUnresolved(text: string): boolean {
  return text.search(PLACEHOLDER) !== -1
}

/** The variables whose placeholders a value holds. */
export function variablesIn(value: unknown): readonly string[] {
  return typeof value === 'string' ? [...value.matchAll(PLACEHOLDER)].map(([, name]) => name!) : []
}

/** Replaces the placeholders of `env()` in a config with their values. Placeholders of variables that are not set stay. */
export function resolvePlaceholders(value: unknown, environment: Environment): Resolved {
  const missing: MissingVariable[] = []
  const replaced = mapTexts(value, '', (text, path) =>
    text.replace(PLACEHOLDER, (placeholder, name: string) => {
      const found = Object.hasOwn(environment, name) ? environment[name] : undefined
      if (found === undefined) missing.push({ name, path })
      return found ?? placeholder
    }),
  )
  return { value: replaced, missing }
}

/** Turns `${NAME}` in a JSON config into the placeholder of `env('NAME')`; `$${` stands for a plain `${`. */
export function readReferences(value: unknown): unknown {
  return mapTexts(value, '', (text) =>
    text.replace(REFERENCE, (whole, name?: string) => (name === undefined ? whole.slice(1) : `\0env:${name}\0`)),
  )
}

/** Maps every string in plain data. Other objects (a `Date`, a `RegExp`) stay unchanged. */
function mapTexts(value: unknown, path: string, replace: (text: string, path: string) => string): unknown {
  if (typeof value === 'string') return replace(value, path)
  if (Array.isArray(value)) return value.map((one, index) => mapTexts(one, keyPath(path, index), replace))
  if (!isPlainObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, mapTexts(one, keyPath(path, key), replace)]),
  )
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
