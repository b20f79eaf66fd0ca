import { oneLine } from './plain.ts'

export interface TextTableOptions {
  /** Longer cells are cut. */
  readonly width?: number | undefined
}

/** Rows under a header, aligned: numbers to the right, everything else to the left. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly unknown[])[],
  options: TextTableOptions = {},
): string {
  const most = options.width ?? 60
  const cells = rows.map((row) => header.map((_, column) => cut(cellText(row[column]), most)))
  const names = header.map((name) => cut(oneLine(name), most))
  const right = header.map((_, column) => rows.length > 0 && rows.every((row) => isNumeric(row[column])))
  const widths = names.map((name, column) =>
    cells.reduce((width, row) => Math.max(width, widthOf(row[column]!)), widthOf(name)),
  )
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, column) => padded(text, widths[column]!, right[column]!))
      .join('  ')
      .trimEnd()
  return [line(names), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n')
}

function isNumeric(value: unknown): boolean {
  return value === null || value === undefined || typeof value === 'number' || typeof value === 'bigint'
}

export function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString()
  if (typeof value === 'object')
    return oneLine(JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)))
  return oneLine(String(value))
}

function padded(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return right ? space + text : text + space
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function cut(text: string, width: number): string {
  if (text.length <= width && !/[^\u0000-\u02ff]/.test(text)) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    const wide = widthOfOne(segment)
    if (used + wide > width) return `${kept.slice(0, -1)}…`
    kept += segment
    used += wide
  }
  return kept
}

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  if (!/[^\u0000-\u02ff]/.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += widthOfOne(segment)
  return width
}

// East Asian wide and full-width letters, and emoji.
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const NONE = /^\p{Mark}+$|^[\u200b-\u200d\ufeff]$/u

function widthOfOne(segment: string): number {
  if (WIDE.test(segment)) return 2
  return NONE.test(segment) ? 0 : 1
}
