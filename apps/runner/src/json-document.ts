const CAMEL = /^[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)+$/

/**
 * What `--json` prints: its keys are snake_case, as the columns of the state are. A name that somebody chose, such as that of a column or a
 * table, is the key of a Map, and stays as it is.
 */
export function jsonDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonDocument)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [snakeCase(name), jsonDocument(one)]))
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function snakeCase(name: string): string {
  return CAMEL.test(name) ? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name
}
