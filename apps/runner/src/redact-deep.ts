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
  return walk(value, '', { redact: once(redact), kindOf: kinds(names) }) as T
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

type Kind = 'name' | 'json' | 'text'

/** What the texts under a key are: the same keys come again in every table of a document. */
function kinds(names: ReadonlySet<string>): (key: string) => Kind {
  const known = new Map<string, Kind>()
  return (key) => {
    let kind = known.get(key)
    if (kind === undefined) {
      const isName = names.has(key) || key.endsWith('_at') || key.endsWith('At')
      kind = isName ? 'name' : key === 'payload' ? 'json' : 'text'
      known.set(key, kind)
    }
    return kind
  }
}

interface Redaction {
  readonly redact: (text: string) => string
  readonly kindOf: (key: string) => Kind
}

function walk(value: unknown, key: string, how: Redaction): unknown {
  if (typeof value === 'string') return textAt(key, value, how)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    let redacted: unknown[] = value
    for (const [at, one] of value.entries()) {
      const shown = walk(one, key, how)
      if (shown === one) continue
      if (redacted === value) redacted = [...value]
      redacted[at] = shown
    }
    return redacted
  }
  if (value instanceof Map) return new Map([...value].map(([name, one]) => [name, walkIn(one, key, name, how)]))
  if (value instanceof Uint8Array || value instanceof Date) return value
  const own = value as Record<string, unknown>
  let redacted = own
  for (const name of Object.keys(own)) {
    const value = own[name]
    // Most of a document of many tables: numbers, and what is absent.
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) continue
    const one = walkIn(value, key, name, how)
    if (one === value) continue
    // Copied where something changes, so that a key "__proto__" is one like any other.
    if (redacted === own) redacted = { ...own }
    redacted[name] = one
  }
  return redacted
}

function walkIn(one: unknown, key: string, name: string, how: Redaction): unknown {
  return walk(one, key === 'commands' ? key : name, how)
}

function textAt(key: string, text: string, { redact, kindOf }: Redaction): string {
  const kind = kindOf(key)
  if (kind === 'name') return text
  return kind === 'json' ? redactJson(text, redact) : redact(text)
}
