/** How the lines of a text end: LF, also with one CR before it; LF with two CR before it, as a twice converted file has; CR. */
export type LineEnd = 'lf' | 'crcrlf' | 'cr'

/** How many carriage returns before a line feed belong to the end of a line. */
export const CARRIAGE_RETURNS: Readonly<Record<LineEnd, number>> = { lf: 1, crcrlf: 2, cr: 0 }

/** The character that ends a line; what comes before or behind it may belong to the end too. */
export const lastOf = (end: LineEnd): string => (end === 'cr' ? '\r' : '\n')

/** A first line that is longer is taken for one of a file that ends its lines as most do. */
const LONGEST = 4 * 1024 * 1024

interface Quoting {
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
}

/**
 * How the lines of a text end, by the first end outside of quotes; undefined where more of the text is needed.
 *
 * @param quoting undefined: the first line knows no quotes.
 */
export function lineEndOf(text: string, quoting: Quoting | undefined, isWhole: boolean): LineEnd | undefined {
  const at = firstEnd(text, quoting)
  if (at < 0) return isWhole || text.length > LONGEST ? 'lf' : undefined
  if (text[at] === '\n') return 'lf'
  const behind = text.slice(at + 1, at + 3)
  // A CR at the end of what there is may be one half of an end.
  if (!isWhole && (behind === '' || behind === '\r')) return undefined
  if (behind.startsWith('\n')) return 'lf'
  if (behind === '\r\n') return 'crcrlf'
  return behind === '' ? 'lf' : 'cr'
}

function firstEnd(text: string, quoting: Quoting | undefined): number {
  if (quoting === undefined || quoting.quote === '') return text.search(/[\r\n]/)
  const { delimiter, quote, escape: mark } = quoting
  let isStart = true
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (isQuoted) {
      if (char === mark && (mark !== quote || text[at + 1] === quote)) at++
      else if (char === quote) isQuoted = false
      continue
    }
    if (char === '\r' || char === '\n') return at
    isQuoted = isStart && char === quote
    isStart = char === delimiter
  }
  return -1
}
