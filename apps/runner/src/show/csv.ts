import { cellText } from './text-table.ts'

/** Rows as CSV (RFC 4180), line by line: `query --csv`. NULL is an empty field, an empty text is quoted. */
export function* csv(columns: readonly string[], rows: readonly (readonly unknown[])[]): Generator<string> {
  yield line(columns)
  for (const row of rows) yield line(row)
}

const line = (values: readonly unknown[]): string => `${values.map(field).join(',')}\r\n`

function field(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : cellText(value)
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
