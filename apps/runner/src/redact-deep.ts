import { redactJson } from '@tidemark/core/engine'

// What names or tells apart, in the documents that Tidemark makes.
const NAMES = new Set(
  `code columns command commands completeTo complete_to config cursor database exists from kind lane level name package partition
  place query readFrom read_from remedy see tracking source sources state status syncCommand synced_tables table tables time
  to to_timestamp type undeclared verb version what`.split(/\s+/),
)

/**
 * Plain data with every free text in it redacted: for reports, which sources had a hand in. Keys, names, statuses, times
 * and numbers stay, whatever a secret happens to be; `names` says under which keys they stand.
 */
export function redactDeep<T>(value: T, redact: (text: string) => string, names: ReadonlySet<string> = NAMES): T {
  return walk(value, '', { redact, names }) as T
}

interface Redaction {
  readonly redact: (text: string) => string
  readonly names: ReadonlySet<string>
}

function walk(value: unknown, key: string, how: Redaction): unknown {
  if (typeof value === 'string') return textAt(key, value, how)
  if (Array.isArray(value)) return value.map((one) => walk(one, key, how))
  if (value instanceof Map) return walk(Object.fromEntries(value), key, how)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, walk(one, key === 'commands' ? key : name, how)]),
  )
}

function textAt(key: string, text: string, { redact, names }: Redaction): string {
  if (names.has(key) || /(?:_at|At)$/.test(key)) return text
  return key === 'payload' ? redactJson(text, redact) : redact(text)
}
