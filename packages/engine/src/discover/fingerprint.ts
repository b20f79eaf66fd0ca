/**
 * A text that changes when a row schema accepts or gives something else: its definition as JSON, functions by their
 * source. A fixed check must cause a source to be read again whose rows it had rejected.
 */
export function fingerprint(schema: { readonly _zod: { readonly def: object } }): string {
  const seen = new WeakSet<object>()
  const plain = (value: unknown): unknown => {
    if (typeof value === 'function' || value instanceof RegExp || typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return value
    const definition = (value as { _zod?: { def?: object } })._zod?.def ?? value
    if (seen.has(definition)) return 'again'
    seen.add(definition)
    if (definition instanceof Set || definition instanceof Map) return [...definition].map(plain)
    if (Array.isArray(definition)) return definition.map(plain)
    return Object.entries(definition).map(([name, one]) => [name, plain(one)])
  }
  return JSON.stringify(plain(schema))
}
