/** A text, or what becomes of one where escapes are taken out, with the way back to where each character stood. */
export interface DecodedText {
  readonly text: string
  /** Where in the first text a range of this one stood. */
  origin(from: number, to: number): readonly [from: number, to: number]
}

/** Something that was removed from a text: its place in the new one, and its place in the old. */
interface Replaced {
  readonly at: number
  readonly length: number
  readonly from: number
  readonly size: number
}

/** So many readings of a text are looked at, and of a long one fewer: each way may be taken again after another. */
const MAX_READINGS = 60
const FEWEST = 10
const CHARACTERS = 3_000_000

/**
 * The text, and all that it says where it is read as JSON, JavaScript, a URL or HTML, as often and in whatever order it
 * was written so, with and without line ends and what nobody sees.
 */
export function decodings(text: string): readonly DecodedText[] {
  const found: DecodedText[] = [{ text, origin: (from, to) => [from, to] }]
  const seen = new Set([text])
  const most = Math.max(FEWEST, Math.min(MAX_READINGS, Math.floor(CHARACTERS / (text.length + 1))))
  for (let at = 0; at < found.length; at++) {
    for (const [pattern, by] of WAYS) {
      const next = replaced(found[at]!, pattern, by)
      if (seen.has(next.text) || found.length >= most) continue
      seen.add(next.text)
      found.push(next)
    }
  }
  return found
}

function replaced(before: DecodedText, pattern: RegExp, by: (found: RegExpExecArray) => string): DecodedText {
  const pieces: Replaced[] = []
  const texts: string[] = []
  let at = 0
  let from = 0
  for (const found of before.text.matchAll(pattern)) {
    const text = by(found)
    if (text === found[0]) continue
    texts.push(before.text.slice(from, found.index), text)
    at += found.index - from
    pieces.push({ at, length: text.length, from: found.index, size: found[0].length })
    at += text.length
    from = found.index + found[0].length
  }
  if (pieces.length === 0) return before
  texts.push(before.text.slice(from))
  return {
    text: texts.join(''),
    origin: (start, end) => before.origin(originOf(pieces, start)[0], originOf(pieces, end - 1)[1]),
  }
}

/** Where one character stood. */
function originOf(pieces: readonly Replaced[], position: number): readonly [from: number, to: number] {
  let low = 0
  let high = pieces.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (pieces[middle]!.at <= position) low = middle + 1
    else high = middle
  }
  const last = pieces[low - 1]
  if (last === undefined) return [position, position + 1]
  if (position < last.at + last.length) return [last.from, last.from + last.size]
  const start = position - last.at - last.length + last.from + last.size
  return [start, start + 1]
}

// Line ends with the spaces around them, soft hyphens and joiners, and what a terminal takes for a command.
const UNSEEN =
  /[ \t]{0,9}[\r\n]\s*|<w?br ?\/?>|(?:\u001b\[|\u009b)[0-?]{0,99}[ -/]{0,9}[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]{0,999}(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]{0,9}[0-~]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gi

const H = '[0-9a-f]'
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  ast: '*',
  bsol: '\\',
  colon: ':',
  comma: ',',
  commat: '@',
  dollar: '$',
  equals: '=',
  excl: '!',
  grave: '`',
  gt: '>',
  hat: '^',
  lcub: '{',
  lowbar: '_',
  lpar: '(',
  lsqb: '[',
  lt: '<',
  nbsp: ' ',
  num: '#',
  percnt: '%',
  period: '.',
  plus: '+',
  quest: '?',
  quot: '"',
  rcub: '}',
  rpar: ')',
  rsqb: ']',
  semi: ';',
  sol: '/',
  verbar: '|',
}

const BACKSLASHES = String.raw`\\(?:u\{(?<point>${H}{1,6})\}|u(?<unit>${H}{4})|x(?<byte>${H}{2})|(?<one>[^a-z0-9]|[bfnrtv]))`
// One character of UTF-8, or one byte that does not belong to any.
const PERCENTS = `(?<url>%(?:[0-7]${H}|[cd]${H}%[89ab]${H}|e${H}(?:%[89ab]${H}){2}|f[0-7](?:%[89ab]${H}){3}|${H}{2}))`
const ENTITIES = String.raw`&(?:#(?<decimal>\d{1,7})|#x(?<hex>${H}{1,6})|(?<name>${Object.keys(NAMED).join('|')}));?`

const SPACES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

function unescaped({ 0: all, groups = {} }: RegExpExecArray): string {
  const { point, unit, byte, one, url, decimal, hex, name } = groups as Readonly<Record<string, string | undefined>>
  if (one !== undefined) return SPACES[one] ?? one
  if (url !== undefined) return fromUrl(url)
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? all
  const code = decimal === undefined ? Number.parseInt(point ?? unit ?? byte ?? hex ?? '', 16) : Number(decimal)
  return code > 0x10ffff ? all : String.fromCodePoint(code)
}

function fromUrl(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return String.fromCharCode(
      ...text
        .slice(1)
        .split('%')
        .map((one) => Number.parseInt(one, 16)),
    )
  }
}

const nothing = (): string => ''
const WAYS: readonly (readonly [pattern: RegExp, by: (found: RegExpExecArray) => string])[] = [
  ...[[BACKSLASHES, PERCENTS, ENTITIES].join('|'), BACKSLASHES, PERCENTS, ENTITIES].map(
    (pattern) => [new RegExp(pattern, 'gi'), unescaped] as const,
  ),
  [UNSEEN, nothing],
  [/=\r?\n/g, nothing],
  [/=3D/gi, () => '='],
]
