import { oneLine } from './plain.ts'
import { type Tone, toned } from './tone.ts'
import { cut, padded, widthOf } from './width.ts'

export interface TextTableOptions {
  /** Longer cells are truncated. */
  readonly width?: number | undefined
  /** The width of the terminal: cells are truncated until rows fit; if that is not possible, each row becomes several lines. */
  readonly columns?: number | undefined
  /** Columns of formatted numbers. */
  readonly right?: readonly string[] | undefined
  /** Columns that are left out, in this order, until the others fit the terminal. */
  readonly optional?: readonly string[] | undefined
  /** What a cell means. */
  readonly tone?: ((text: string, name: string) => Tone | undefined) | undefined
}

/** Below this width a text is unreadable. */
const SHORTEST = 8

/** Rows under a header: numbers are right-aligned, everything else is left-aligned. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly unknown[])[],
  options: TextTableOptions = {},
): string {
  const { width = 60, columns, right: numbers = [], optional: [first, ...others] = [], tone } = options
  const names = header.map((name) => cut(oneLine(name), width))
  const cells = rows.map((row) => header.map((_, column) => cut(cellText(row[column]), width)))
  const right = header.map(
    (name, column) => numbers.includes(name) || (rows.length > 0 && rows.every((row) => isNumeric(row[column]))),
  )
  const widest = names.map((name, column) =>
    cells.reduce((most, row) => Math.max(most, widthOf(row[column]!)), widthOf(name)),
  )
  if (columns !== undefined && first !== undefined && !isRoomy(widest, columns)) {
    const rest = header.flatMap((name, column) => (name === first ? [] : [column]))
    return textTable(
      rest.map((column) => header[column]!),
      rows.map((row) => rest.map((column) => row[column])),
      { ...options, optional: others },
    )
  }
  const widths = columns === undefined ? widest : fitted(widest, right, columns)
  if (widths === undefined) return records(names, cells, columns!)
  const line = (texts: readonly string[], tones?: TextTableOptions['tone']): string =>
    texts
      .map((text, column) => {
        const cell = padded(text, widths[column]!, right[column] ? 'right' : 'left')
        const meant = tones?.(text, names[column]!)
        return meant === undefined ? cell : cell.replace(/\S(?:.*\S)?/, (shown) => toned(meant, shown))
      })
      .join('  ')
      .trimEnd()
  return [line(names), line(widths.map((one) => '-'.repeat(one))), ...cells.map((row) => line(row, tone))].join('\n')
}

/** A text that is longer than this may be cut, rather than that a column is left out. */
const ROOMY = 24

function isRoomy(widest: readonly number[], columns: number): boolean {
  return widest.reduce((sum, one) => sum + Math.min(one, ROOMY) + 2, -2) <= columns
}

/** Widths that fit, with the widest texts made narrower; undefined if texts would become unreadable. */
function fitted(widest: readonly number[], right: readonly boolean[], columns: number): readonly number[] | undefined {
  const widths = [...widest]
  let over = widths.reduce((sum, one) => sum + one + 2, -2) - columns
  while (over > 0) {
    const most = Math.max(...widths.filter((_, column) => !right[column]), 0)
    if (most <= SHORTEST) return undefined
    widths[widths.findIndex((one, column) => one === most && !right[column])]!--
    over--
  }
  return widths
}

/** A row as lines of names and values. */
function records(names: readonly string[], cells: readonly (readonly string[])[], columns: number): string {
  const widest = Math.min(Math.max(...names.map(widthOf), 0), Math.floor(columns / 2))
  const line = (name: string, text: string): string => cut(`${padded(name, widest)}  ${text}`, columns)
  const blocks = cells.map((row) =>
    names.flatMap((name, at) => (row[at] === '' ? [] : [line(name, row[at]!)])).join('\n'),
  )
  return blocks.join('\n\n')
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
