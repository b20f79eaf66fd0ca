import { SyncError } from '@tidemark/core'
import { type CursorValue, compareCursors } from './cursor-value.ts'
import type { HttpClient } from './http-client.ts'
import { type ListPage, type PagesOptions, pages } from './pages.ts'

export interface NewestFirstOptions<T> extends Omit<PagesOptions, 'until'> {
  /** The cursor that is known already; undefined: the list is read to its end. */
  readonly from: CursorValue | undefined
  /** The cursor of a row; undefined if it has none. */
  readonly cursorOf: (row: T) => CursorValue | undefined
}

/**
 * The pages of a list in descending order, up to the first one that ends before a known cursor. New rows push others to the
 * next page, where they come again; a row that is deleted meanwhile would make another slip between two pages, so with
 * `recheck` the pages are looked at once more before the last one is given.
 *
 * What was given covers nothing before the end: a page does not say that those before it were whole.
 */
export async function* newestFirst<T>(http: HttpClient, options: NewestFirstOptions<T>): AsyncGenerator<ListPage<T>> {
  const { from, cursorOf, ...list } = options
  const { keyIn } = list
  let oldest: CursorValue | undefined
  /** What the page before had: only that may come again out of order. */
  let before: ReadonlySet<string> = new Set()
  const until = (rows: readonly unknown[]): boolean => {
    const keys = new Set<string>()
    for (const row of rows) {
      const key = keyIn?.(row)
      if (key !== undefined) keys.add(key)
      const cursor = cursorOf(row as T)
      if (cursor === undefined || (key !== undefined && before.has(key))) continue
      if ((compareCursors(cursor, oldest) ?? 0) > 0) throw notDescending(http.describe(list.request), cursor, oldest)
      oldest = cursor
    }
    if (rows.length > 0) before = keys
    return (compareCursors(oldest, from) ?? 0) < 0
  }
  yield* pages<T>(http, { ...list, until })
}

function notDescending(what: string, cursor: CursorValue, oldest: CursorValue | undefined): SyncError {
  const shown = (value: CursorValue | undefined): string => String(value).slice(0, 60)
  return new SyncError(
    `${what} returned "${shown(cursor)}" after "${shown(oldest)}": the list is not in descending order; make the API sort it by the cursor, newest first`,
    'fix-source',
    { code: 'paging' },
  )
}
