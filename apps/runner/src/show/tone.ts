import { plain } from './plain.ts'
import { cut, widthOf } from './width.ts'

/** What a text means; its colour follows from that. */
export type Tone = 'good' | 'warn' | 'bad' | 'soft'

const COLOURS: Readonly<Record<Tone, number>> = { good: 32, warn: 33, bad: 31, soft: 2 }
// Noncharacters: `plain` takes them out of every text that is not Tidemark's own.
const STARTS: Readonly<Record<Tone, string>> = { good: '\ufdd0', warn: '\ufdd1', bad: '\ufdd2', soft: '\ufdd3' }
const END = '\ufdd4'
const MARKS = /([\ufdd0-\ufdd4])/
const ESCAPES = new Map([
  ...(Object.keys(COLOURS) as Tone[]).map((tone) => [STARTS[tone], `\u001b[${COLOURS[tone]}m`] as const),
  [END, '\u001b[0m'] as const,
])

/** Marks a text with its meaning. `coloured` turns the marks into colours where the text is written; the marks have no width. */
export function toned(tone: Tone | undefined, text: string): string {
  return tone === undefined || text === '' ? text : `${STARTS[tone]}${text}${END}`
}

/** The text for a terminal: marks become colours, or nothing; every other escape is removed. */
export function coloured(text: string, colours: boolean): string {
  const pieces = text.split(MARKS)
  return pieces.map((piece, at) => (at % 2 === 0 ? plain(piece) : colours ? ESCAPES.get(piece) : '')).join('')
}

/** A text with marks, truncated to a maximum width. */
export function cutToned(text: string, width: number): string {
  let left = width
  let isCut = false
  const pieces = text.split(MARKS).map((piece, at) => {
    if (at % 2 === 1) return piece
    const shown = isCut ? '' : cut(piece, left)
    isCut ||= shown !== piece
    left -= widthOf(shown)
    return shown
  })
  return pieces.join('')
}

/** What the first word of a line says of all of it: `failed: table orders: …`. */
const LABELS: Readonly<Record<string, Tone>> = {
  failed: 'bad',
  failing: 'bad',
  error: 'bad',
  missing: 'bad',
  held: 'warn',
  'held back': 'warn',
  paused: 'warn',
  silent: 'warn',
  rejected: 'warn',
}

/** A line with its label marked. */
export function tonedLabel(line: string): string {
  const [, label = ''] = /^([a-z ]+): /.exec(line) ?? []
  const tone = Object.hasOwn(LABELS, label) ? LABELS[label] : undefined
  return tone === undefined ? line : toned(tone, `${label}:`) + line.slice(label.length + 1)
}

const STATUSES: Readonly<Record<string, Tone>> = {
  complete: 'good',
  ok: 'good',
  failing: 'bad',
  failed: 'bad',
  paused: 'warn',
  held: 'warn',
  removed: 'soft',
}

/** The meaning of a status, such as `complete, stale` or `failing, 2 of 5 failing`. */
export function toneOfStatus(status: string): Tone | undefined {
  const [first = ''] = status.split(',')
  if (STATUSES[first] === 'bad') return 'bad'
  if (/\b(?:failing|failed)\b/.test(status)) return 'bad'
  if (/\bstale\b/.test(status)) return 'warn'
  return Object.hasOwn(STATUSES, first) ? STATUSES[first] : undefined
}
