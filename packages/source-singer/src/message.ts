import { SyncError } from '@tidemark/core'
import { exactJsonText, parseJson } from '@tidemark/core/values'

/** What a tap writes, a line each. */
export type Message =
  | {
      readonly type: 'SCHEMA'
      readonly stream: string
      readonly schema: Readonly<Record<string, unknown>>
      /** The names of the columns that identify a row; empty where there are no such columns. */
      readonly key: readonly string[]
    }
  | { readonly type: 'RECORD'; readonly stream: string; readonly record: Record<string, unknown> }
  /** The state's value as JSON text, every digit as the tap wrote it. */
  | { readonly type: 'STATE'; readonly state: string }
  | { readonly type: 'ACTIVATE_VERSION'; readonly stream: string }
  | { readonly type: 'BATCH'; readonly stream: string }

/** A message that is cut off, or has a log line in front of it. */
const BROKEN = /"type"\s*:\s*"(?:RECORD|SCHEMA|STATE|ACTIVATE_VERSION|BATCH)"/
/** Python writes these, and JSON does not know them. Texts are matched too, so that they are left as they are. */
const NOT_FINITE = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g

/**
 * The message on a line; undefined: the line is not a message.
 *
 * @throws SyncError `fix-source` for a message that is broken: what it says would be lost.
 */
export function parseMessage(line: string): Message | undefined {
  const value = parseLine(line)
  if (value === undefined) {
    if (BROKEN.test(line)) throw brokenMessage(line, 'is not JSON')
    return undefined
  }
  if (!isObject(value)) return undefined
  switch (value['type']) {
    case 'RECORD':
      return { type: 'RECORD', stream: streamOf(value, line), record: objectIn(value, 'record', line) }
    case 'SCHEMA':
      return {
        type: 'SCHEMA',
        stream: streamOf(value, line),
        schema: objectIn(value, 'schema', line),
        key: namesIn(value['key_properties']),
      }
    case 'STATE':
      return { type: 'STATE', state: exactJsonText(value['value'] ?? {}) }
    case 'ACTIVATE_VERSION':
    case 'BATCH':
      return { type: value['type'], stream: streamOf(value, line) }
    default:
      return undefined
  }
}

function parseLine(line: string): unknown {
  if (!line.trimStart().startsWith('{')) return undefined
  try {
    return parseJson(line)
  } catch {
    return parsed(line.replace(NOT_FINITE, (token) => (token.startsWith('"') ? token : `"${token}"`)))
  }
}

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function streamOf(message: Record<string, unknown>, line: string): string {
  const { stream } = message
  if (typeof stream !== 'string' || stream === '') throw brokenMessage(line, 'names no stream')
  return stream
}

function objectIn(message: Record<string, unknown>, field: string, line: string): Record<string, unknown> {
  const value = message[field]
  if (!isObject(value)) throw brokenMessage(line, `has no object as its "${field}"`)
  return value
}

/** A list of texts; anything else is an empty one. */
export function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const MAX_SHOWN = 200

/** The beginning of a line, for people. */
export function excerptOf(line: string): string {
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line
}

const brokenMessage = (line: string, problem: string): SyncError =>
  new SyncError(
    `the tap wrote a message that ${problem}: ${excerptOf(line)}; report it to the tap's author, or install another version`,
    'fix-source',
    { code: 'tap-message' },
  )
