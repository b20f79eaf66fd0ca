/** A value as text that is the same for equal values, whatever the order of their fields. */
export function textOf(value: unknown): string {
  return JSON.stringify(plain(value)) ?? 'undefined'
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
  if (value instanceof Error) return { ...value, message: value.message, stack: value.stack, cause: plain(value.cause) }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, plain(one)]))
}

/** The shortest of some texts: the smallest example. */
export function shortest(texts: readonly string[]): string {
  return texts.reduce((least, one) => (one.length < least.length ? one : least), texts[0] ?? '')
}

/** A text for a message, cut where it is long. */
export function cut(text: string, length = 300): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`
}

/** What one list has and the other has not, each as often as it is missing. */
export function missing(all: readonly string[], from: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const one of from) left.set(one, (left.get(one) ?? 0) + 1)
  return all.filter((one) => {
    const count = left.get(one) ?? 0
    left.set(one, count - 1)
    return count <= 0
  })
}
