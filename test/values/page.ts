import type { Case } from './example.ts'
import { KINDS, type Kind } from './kinds.ts'
import type { Outcome } from './readings.ts'

/** A reader, and what became of its examples in SQLite and in Postgres. */
export interface Read {
  readonly reader: string
  readonly cases: readonly Case[]
  readonly sqlite: readonly Outcome[]
  readonly postgres: readonly Outcome[]
}

const LONGEST = 60

/** The tables of docs/values.md. */
export function tablesOf(reads: readonly Read[]): { readonly summary: string; readonly values: string } {
  const head = ['', ...reads.map(({ reader }) => reader)]
  const lines = KINDS.map((kind) => [kind, ...reads.map((one) => summaryOf(one, kind))])
  return { summary: table(head, lines), values: KINDS.map((kind) => valuesOf(kind, reads)).join('\n\n') }
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = head.map(() => '---')
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function summaryOf({ cases, sqlite, postgres }: Read, kind: Kind): string {
  const words = cases.flatMap((one, at) => (one.kind === kind ? [wordOf(sqlite[at]!), wordOf(postgres[at]!)] : []))
  return words.length === 0 ? '—' : [...new Set(words)].join(', ')
}

function wordOf(outcome: Outcome): string {
  if (outcome.is !== 'stored') return outcome.is === 'rejected' ? 'row rejected' : 'refused'
  if (outcome.value === null) return 'NULL'
  return outcome.sameness === 'same' ? outcome.type : `${outcome.type} (${outcome.sameness})`
}

function valuesOf(kind: Kind, reads: readonly Read[]): string {
  const lines = reads.flatMap(({ reader, cases, sqlite, postgres }) =>
    cases.flatMap((one, at) => {
      if (one.kind !== kind) return []
      const [a, b] = [resultOf(sqlite[at]!), resultOf(postgres[at]!)]
      return [[reader, givenOf(one), a === b ? a : `SQLite: ${a}<br>Postgres: ${b}`]]
    }),
  )
  return `### ${kind[0]!.toUpperCase()}${kind.slice(1)}\n\n${table(['reader', 'value', 'result'], lines)}`
}

function givenOf({ example: { shown, given, kind, declared, config = {} } }: Case): string {
  const { bytes: _bytes, ...more } = config
  const options = [
    ...(declared === undefined ? [] : [`columns: ${declared}`]),
    ...Object.entries(more).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ]
  const what = code(shown ?? shortened(given))
  return [`${kind === undefined || kind === '' ? '' : `${code(kind)} `}${what}`, ...options.map(code)].join(', ')
}

function resultOf(outcome: Outcome): string {
  if (outcome.is === 'lost') return 'LOST'
  if (outcome.is !== 'stored')
    return `${outcome.is === 'rejected' ? 'row rejected' : 'refused'}: ${plainOf(outcome.why)}`
  if (outcome.value === null) return `${outcome.type}: NULL`
  const how = outcome.sameness === 'same' ? '' : `, ${outcome.sameness}`
  return `${outcome.type}: ${code(shortened(shown(outcome.value)))}${how}`
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value === 'object' && value !== null && 'json' in value) return shortJson(String(value.json))
  return typeof value === 'string' ? value : String(value)
}

/** Databases write JSON with other spaces, and in another order of keys. */
function shortJson(json: string): string {
  return json.replaceAll(/([,:]) /g, '$1')
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST / 2)}… (${text.length} characters)` : text
}

/** A message without what differs from one run to the next. */
function plainOf(message: string): string {
  const text = message
    .replaceAll(/\/[^\s:,"]*\/t\d+\./g, 't.')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+\/t\d+/g, 'http://api.example/t')
    .replaceAll(/tables\.t\d+/g, 'tables.t')
    .replaceAll(/\bt\d+\b/g, 't')
  return escaped(text.length > 300 ? `${text.slice(0, 300)}…` : text)
}

function escaped(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\n\0]/g, ' ')
}

function code(text: string): string {
  const visible = [...text]
    .map((one) => (one < ' ' || (one >= '\x7f' && one < '\xa0') || /\p{Cs}/u.test(one) ? hexOf(one) : one))
    .join('')
  const fence = visible.includes('`') ? '``' : '`'
  return visible === '' ? '(an empty text)' : `${fence}${visible.replaceAll('|', '\\|')}${fence}`
}

const hexOf = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`
