/** Plain data with every text in it redacted: for reports, which sources had a hand in. */
export function redactDeep<T>(value: T, redact: (text: string) => string): T {
  return walk(value, redact) as T
}

function walk(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((one) => walk(one, redact))
  if (value instanceof Map) return walk(Object.fromEntries(value), redact)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [redact(key), walk(one, redact)]))
}
