import { redactJson } from '@tidemark/core/engine'

// Keys of names and identifiers, in the documents that Tidemark writes.
const NAMES = new Set(
  `code columns command commands completeTo complete_to config cursor database exists feed fresh_until from kind lane left_out level name package partition
  place query readFrom read_from remedy see tracking source sources state status syncCommand sync_command synced_tables table tables time
  to to_timestamp type undeclared verb version what`.split(/\s+/),
)

/**
 * Redacts every free text in plain data: for reports, which contain text from sources. Keys, names, statuses, times and
 * numbers stay, even if one equals a secret; `names` lists the keys that hold them.
 */
export function redactDeep<T>(value: T, redact: (text: string) => string, names: ReadonlySet<string> = NAMES): T {
  return walk(value, '', { redact: once(redact), names }) as T
}

/** A document of many tables says the same of most of them. */
function once(redact: (text: string) => string): (text: string) => string {
  const redacted = new Map<string, string>()
  return (text) => {
    let known = redacted.get(text)
    if (known === undefined) {
      known = redact(text)
      redacted.set(text, known)
    }
    return known
  }
}

interface Redaction {
  readonly redact: (text: string) => string
  readonly names: ReadonlySet<string>
}

function walk(value: unknown, key: string, how: Redaction): unknown {
  if (typeof value === 'string') return textAt(key, value, how)
  if (Array.isArray(value)) return value.map((one) => walk(one, key, how))
  if (value instanceof Map) return new Map([...value].map(([name, one]) => [name, walkIn(one, key, name, how)]))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return value
  // A copy, so that a key "__proto__" is one like any other.
  const redacted: Record<string, unknown> = { ...value }
  for (const name of Object.keys(redacted)) redacted[name] = walkIn(redacted[name], key, name, how)
  return redacted
}

function walkIn(one: unknown, key: string, name: string, how: Redaction): unknown {
  return walk(one, key === 'commands' ? key : name, how)
}

function textAt(key: string, text: string, { redact, names }: Redaction): string {
  if (names.has(key) || key.endsWith('_at') || key.endsWith('At')) return text
  return key === 'payload' ? redactJson(text, redact) : redact(text)
}
