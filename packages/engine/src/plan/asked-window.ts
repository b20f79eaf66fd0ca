import { SyncError } from '@tidemark/core'
import { parseDate, parseInstant, type Range, type TableState } from '@tidemark/core/engine'
import { INT64_MAX } from '@tidemark/core/values'

/** A window of a table as a user writes it, in positions; undefined: everything. @throws SyncError `fix-config`. */
export function askedWindow(
  { name, schema: recorded }: Pick<TableState, 'name' | 'schema'>,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
): Range | undefined {
  if (from === undefined && to === undefined) return undefined
  const cursor = recorded?.cursor
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
    // Beyond every position: only what is covered is ever meant.
    to: to === undefined ? INT64_MAX : position(to, '--to'),
  }
  if (window.from !== undefined && window.from >= window.to)
    throw new SyncError('--from is not before --to', 'fix-config', { code: 'usage' })
  return window
}
