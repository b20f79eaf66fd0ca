import { SyncError } from '@tidemark/core'
import { type Cursor, formatInstant, parseDate, parseInstant, type Range } from '@tidemark/core/engine'
import { INT64_MAX } from '@tidemark/core/values'

/** The years that can be written. */
const [FIRST, LAST] = [BigInt(parseDate('0000-01-01')!), BigInt(parseDate('9999-12-31')!)]

const MIDNIGHT = 'T00:00:00Z'

/** A position as a user can write it, and `askedWindow` reads it, exactly; undefined outside the years 0 to 9999. */
export function writtenPosition(position: bigint, { type }: Pick<Cursor, 'type'>): string | undefined {
  if (type === 'integer') return String(position)
  if (position < FIRST || position > LAST) return undefined
  const text = formatInstant(position, 'Z')
  return type === 'date' && text.endsWith(MIDNIGHT) ? text.slice(0, -MIDNIGHT.length) : text
}

/** Bounds as a user writes them. */
export interface WrittenWindow {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** A window of a table as a user writes it, in positions; undefined: everything. @throws SyncError `fix-config`. */
export function askedWindow(
  { name, cursor }: { readonly name: string; readonly cursor: Pick<Cursor, 'type'> | null | undefined },
  { from, to }: WrittenWindow,
): Range | undefined {
  if (from === undefined && to === undefined) return undefined
  if (cursor == null)
    throw new SyncError(
      `table "${name}" has no cursor, so it is only read as a whole: leave out --from and --to`,
      'fix-config',
      { code: 'usage' },
    )
  const position = (text: string, option: string): bigint => {
    const found =
      cursor.type === 'integer'
        ? /^-?\d+$/.test(text)
          ? BigInt(text)
          : undefined
        : (parseDate(text) ?? parseInstant(text)?.micros)
    if (found !== undefined) return BigInt(found)
    throw new SyncError(
      `${option}: "${text}" is not a ${cursor.type === 'integer' ? 'whole number' : 'date; write 2024-01-31 or 2024-01-31T00:00:00Z'}`,
      'fix-config',
      { code: 'usage' },
    )
  }
  const window = {
    from: from === undefined ? undefined : position(from, '--from'),
    // Beyond every position: only what is covered, or planned, is ever meant.
    to: to === undefined ? INT64_MAX : position(to, '--to'),
  }
  if (window.from !== undefined && window.from >= window.to)
    throw new SyncError(
      to === undefined ? `--from: no position follows ${from}` : '--from is not before --to',
      'fix-config',
      { code: 'usage' },
    )
  return window
}
