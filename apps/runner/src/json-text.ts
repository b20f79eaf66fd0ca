/** JSON itself escapes only control characters below the space; terminals interpret others, too. */
export function jsonText(document: unknown, indent = 2): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(document, jsonValue, indent).replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    escaped,
  )
}

/** 64-bit integers stay exact: beyond 2^53 they are strings. Bytes are base64. */
function jsonValue(_: string, value: unknown): unknown {
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
  if (value instanceof Map) return Object.fromEntries(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

/** The same text as `jsonText`, in pieces, so that the text of many rows is never held in memory as a whole. */
export function* jsonPieces(document: unknown): Generator<string> {
  if (typeof document !== 'object' || document === null || Array.isArray(document) || document instanceof Map) {
    yield jsonText(document)
    return
  }
  let before = '{\n  '
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue
    yield `${before}${jsonText(name)}: `
    before = ',\n  '
    if (Array.isArray(value) && value.length > 0) yield* listPieces(value)
    else yield indented(value, '  ')
  }
  yield before.startsWith('{') ? '{}' : '\n}'
}

function* listPieces(list: readonly unknown[]): Generator<string> {
  let before = '[\n    '
  for (const one of list) {
    yield `${before}${indented(one, '    ')}`
    before = ',\n    '
  }
  yield '\n  ]'
}

/** Line ends never occur inside JSON strings. */
function indented(value: unknown, by: string): string {
  return value === undefined ? 'null' : jsonText(value).replaceAll('\n', `\n${by}`)
}

/** Number of characters to write at once. */
const WRITTEN = 64 * 1024

/** Joins small pieces. */
export function* joined(pieces: Iterable<string>): Generator<string> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length < WRITTEN) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}
