import { decodings } from './decoded-text.ts'
import { formsOf, lowerCase } from './secret-forms.ts'

/** Takes secrets out of free text, in every form that they may have taken on the way. */
export interface Masker {
  /** Makes more texts secret. */
  add(secrets: Iterable<string>): void
  /** The text with every secret that is known, and every password that looks like one, replaced by `***`. */
  redact(text: string): string
}

const MASK = '***'
/** So much of a secret's beginning is hidden where the text was cut within it. */
const BEGINNING = 8
/** A shorter word is hidden only as a whole word. */
const SHORT = 8

// A password in an address, also one whose "/", "@", "?" or "#" nobody escaped. A port is not a password.
const IN_ADDRESS =
  /(?<=\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/?#"'<>[]{0,200}:)(?!\d{1,5}(?:[/?#\s"',;)\]]|$))[^\s"'<>]{1,500}(?=@)/gi
const IN_PARAMETERS = /(?<=(?:password|passwd|pwd)=)(?:'(?:[^'\\]|\\.){1,500}'|"[^"]{1,500}"|[^\s&;,'"]{1,500})/gi

export function createMasker(): Masker {
  const known = { plain: new Set<string>(), encoded: new Set<string>(), bytes: new Set<string>() }
  let patterns: readonly RegExp[] = [IN_ADDRESS, IN_PARAMETERS]
  return {
    add(secrets) {
      for (const secret of secrets) {
        const forms = formsOf(secret)
        for (const kind of ['plain', 'encoded', 'bytes'] as const) for (const one of forms[kind]) known[kind].add(one)
      }
      if (known.bytes.size === 0) return
      patterns = [IN_ADDRESS, IN_PARAMETERS, new RegExp([...known.bytes].join('|'), 'gi')]
    },
    redact(text) {
      const ranges = decodings(text).flatMap((one) => {
        const lower = lowerCase(one.text)
        return [
          ...patterns.flatMap((pattern) => matches(one.text, pattern)),
          ...[...known.plain, ...known.encoded].flatMap((form) => places(lower, form)),
          ...[...known.plain].flatMap((form) => cutOff(lower, form)),
        ].map(([from, to]) => one.origin(from, to))
      })
      return ranges.length === 0 ? text : masked(text, ranges)
    },
  }
}

type Range = readonly [from: number, to: number]

function matches(text: string, pattern: RegExp): readonly Range[] {
  return [...text.matchAll(pattern)].map(({ index, 0: { length } }) => [index, index + length])
}

/** Where a form stands. One that is a short word counts where it stands alone: it would be found within many others. */
function places(text: string, form: string): readonly Range[] {
  const isWord = form.length < SHORT && /^\w+$/.test(form)
  const found: Range[] = []
  for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
    const end = at + form.length
    if (!(isWord && (/\w/.test(text[at - 1] ?? '') || /\w/.test(text[end] ?? '')))) found.push([at, end])
  }
  return found
}

/** Where a text ends, or was cut, within a secret. */
function cutOff(text: string, form: string): readonly Range[] {
  const head = form.slice(0, BEGINNING)
  if (form.length <= BEGINNING) return []
  const found: Range[] = []
  for (let at = text.indexOf(head); at !== -1; at = text.indexOf(head, at + 1)) {
    const rest = text.slice(at, at + form.length + 9)
    const cut = /\u2026|\.{3}|["'\s]{0,9}$/.exec(rest)?.index ?? rest.length
    const least = /^["'\s]*$/.test(rest.slice(cut)) ? Math.max(BEGINNING, form.length / 3) : BEGINNING
    if (cut >= least && cut < form.length && form.startsWith(rest.slice(0, cut))) found.push([at, at + cut])
  }
  return found
}

function masked(text: string, ranges: readonly Range[]): string {
  const pieces: string[] = []
  let at = 0
  for (const [from, to] of merged(ranges)) {
    pieces.push(text.slice(at, from), MASK)
    at = to
  }
  return [...pieces, text.slice(at)].join('')
}

function merged(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0] || b[1] - a[1])
  const result: Range[] = []
  for (const [from, to] of sorted) {
    const last = result.at(-1)
    if (last === undefined || from > last[1]) result.push([from, to])
    else if (to > last[1]) result[result.length - 1] = [last[0], to]
  }
  return result
}
