import type { ColumnType } from '@tidemark/core/engine'

/** A canonical value as a text by which equal ones are known, whatever database they come from; null for NULL. */
export function canonicalText(value: unknown, type: ColumnType): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' && type !== 'json') return value
  if (type === 'json') return JSON.stringify(value, sorted)
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
  // 0 and -0 are one number to every destination.
  return value === 0 ? '0' : String(value)
}

const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/** The order of a json object's fields says nothing. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return rawJSON(String(value))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  if ((JSON as unknown as { isRawJSON(one: unknown): boolean }).isRawJSON(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  // `__proto__` is a field like another.
  const ordered: Record<string, unknown> = Object.create(null)
  for (const [name, one] of entries) ordered[name] = one
  return ordered
}

/** Texts as one: the length before each keeps ('a', 'bc') and ('ab', 'c') apart. */
export function joinedText(texts: readonly (string | null)[]): string {
  let joined = ''
  for (const text of texts) joined += joinable(text)
  return joined
}

/** One of these texts as it stands among the others. */
export function joinable(text: string | null): string {
  return text === null ? '-' : `${text.length}:${text}`
}
