import stringWidth from 'string-width'

// Made where a text is cut: it takes as long as fifty tables take to be shown.
let graphemes: Intl.Segmenter | undefined
/** Letters of one column each, with those that lines and bars are drawn of. */
export const NARROW = /^[\u0020-\u02ff\u2026\u2500-\u259f]*$/

/** The width of a text in terminal columns. */
export function widthOf(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text)
}

/** The text truncated to a maximum width; a truncated text ends with `…`. */
export function cut(text: string, width: number): string {
  // No character takes more than two columns.
  if (text.length * 2 <= width || widthOf(text) <= width) return text
  if (width < 1) return ''
  graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    const wide = stringWidth(segment)
    if (used + wide > width - 1) break
    kept += segment
    used += wide
  }
  return `${kept}…`
}

/** The text padded or truncated to an exact width. */
export function padded(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const own = widthOf(text)
  const fitting = own <= width ? text : cut(text, width)
  const space = ' '.repeat(Math.max(0, width - (own <= width ? own : widthOf(fitting))))
  return side === 'right' ? space + fitting : fitting + space
}
