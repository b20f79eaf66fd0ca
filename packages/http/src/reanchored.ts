import { SyncError } from '@tidemark/core'
import { type CursorValue, compareCursors } from './cursor-value.ts'
import type { HttpClient } from './http-client.ts'
import type { HttpRequest } from './http-request.ts'
import { type ListPage, type PagesOptions, pages } from './pages.ts'

export interface ReanchoredOptions<T> extends Omit<PagesOptions, 'request'> {
  /** The request of the first page from a cursor on, in ascending order; undefined: from the beginning. */
  readonly request: (since: CursorValue | undefined) => HttpRequest
  readonly from: CursorValue | undefined
  /** The cursor of a row; undefined if it has none. */
  readonly cursorOf: (row: T) => CursorValue | undefined
  /** What identifies a row. Without it, two equal rows count as two. */
  readonly keyOf?: ((row: T) => string) | undefined
}

// A stretch that still moves after so many readings is left to the next try.
const MOST_READINGS = 20

/**
 * The pages of a list that is sorted by update time and changes while it is paged: each page is requested by the last
 * cursor seen (`since`), not by offset. A row that is updated meanwhile moves to the end; no row is missed because earlier
 * rows moved.
 *
 * If more rows than fit on a page share one `since`, their pages are requested by offset, and read again if a row has
 * left them meanwhile.
 */
export async function* reanchored<T>(http: HttpClient, options: ReanchoredOptions<T>): AsyncGenerator<ListPage<T>> {
  let anchor: Anchor | undefined = { since: options.from, known: new Known(isKeyed(options)), isFollowed: false }
  while (anchor !== undefined) anchor = yield* readFrom(http, options, anchor)
}

/** A place in the list by value. */
interface Anchor {
  readonly since: CursorValue | undefined
  /** What was read already of the rows that this `since` gives. */
  readonly known: Known
  /** Another page led here, so that what is asked for is there. */
  readonly isFollowed: boolean
}

async function* readFrom<T>(
  http: HttpClient,
  options: ReanchoredOptions<T>,
  { since, known, isFollowed }: Anchor,
): AsyncGenerator<ListPage<T>, Anchor | undefined> {
  const { request: requestOf, from: _from, cursorOf, keyOf, ...list } = options
  const request = requestOf(since)
  const words = wordsOf(request)
  const idOf = (row: T): string => textOf(keyOf === undefined ? row : [keyOf(row), String(cursorOf(row))])
  const isLike = (row: T, asked: string): boolean => {
    const cursor = cursorOf(row)
    return cursor === undefined || wordsOf(requestOf(cursor)) === asked
  }
  // What was read of an anchor ends at it; of a stretch that is read by place, anywhere.
  let through = isFollowed ? since : undefined
  const isBeyond = (row: T): boolean => through !== undefined && (compareCursors(cursorOf(row), through) ?? 0) > 0
  const isOwn = (row: T): boolean => (compareCursors(cursorOf(row), since) ?? 0) <= 0 || isLike(row, words)
  for (let reading = 1; reading <= MOST_READINGS; reading++) {
    const pagesBefore: string[][] = []
    known.begin()
    let behind: CursorValue | undefined
    let greatest: CursorValue | undefined
    let number = 0
    for await (const page of pages<T>(http, { ...list, request })) {
      number++
      const last = lastOf(page.rows.map(cursorOf), greatest, http.describe(request))
      greatest = last ?? greatest
      if (number === 1 && isFollowed) checkHeeded(last, since, http.describe(request))
      const fresh = page.rows.filter((row) => isBeyond(row) || !known.take(idOf(row)))
      const next = last === undefined ? words : wordsOf(requestOf(last))
      // One answer is whole in itself.
      if (number === 1 && (page.next === undefined || next !== words)) {
        yield { ...page, rows: fresh }
        if (page.next === undefined) return undefined
        const like = tailOf(page.rows, (row) => isLike(row, next))
        return { since: last, known: new Known(isKeyed(options), like.map(idOf)), isFollowed: true }
      }
      const own = fresh.filter(isOwn)
      through = undefined
      for (const row of own) known.add(idOf(row))
      yield { ...page, rows: own }
      const beyond = page.rows.find((row) => !isOwn(row))
      behind = beyond === undefined ? undefined : cursorOf(beyond)
      if (behind !== undefined || page.next === undefined) break
      pagesBefore.push(page.rows.map(idOf))
    }
    if (await isStill(pages<T>(http, { ...list, request }), { pagesBefore, known, idOf }))
      return behind === undefined ? undefined : { since: behind, known: new Known(isKeyed(options)), isFollowed: true }
  }
  throw new SyncError(
    `${http.describe(request)}: more rows than fit on a page share one cursor value, and they change faster than they are read; request larger pages`,
    'retry',
    { code: 'paging' },
  )
}

/**
 * Whether every row of these pages is where it was. By place a row is passed over only when one before it has left; a
 * version that has left does not come back, so one that is still there has not left in between either.
 */
async function isStill<T>(
  again: AsyncIterable<ListPage<T>>,
  options: {
    readonly pagesBefore: readonly (readonly string[])[]
    readonly known: Known
    readonly idOf: (row: T) => string
  },
): Promise<boolean> {
  const { pagesBefore, known, idOf } = options
  if (pagesBefore.length === 0) return true
  const there = new Set<string>()
  let number = 0
  for await (const page of again) {
    for (const row of page.rows) there.add(idOf(row))
    if (++number === pagesBefore.length) break
  }
  // What came meanwhile is read with the next reading.
  return pagesBefore.flat().every((id) => there.has(id)) && [...there].every((id) => known.has(id))
}

const isKeyed = ({ keyOf }: { readonly keyOf?: unknown }): boolean => keyOf !== undefined
const wordsOf = ({ path, query, body }: HttpRequest): string => textOf([path, query, body])
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? String(inner) : inner))

/** The last rows of a page as far as they all are so: it is sorted. */
function tailOf<T>(rows: readonly T[], isSo: (row: T) => boolean): readonly T[] {
  return rows.slice(rows.findLastIndex((row) => !isSo(row)) + 1)
}

/** The rows that were read already. Without a key the same row may be there more than once, and each counts. */
class Known {
  readonly #isKeyed: boolean
  readonly #counts = new Map<string, number>()
  #remaining: Map<string, number>

  constructor(keyed: boolean, ids: readonly string[] = []) {
    this.#isKeyed = keyed
    for (const id of ids) this.add(id)
    this.#remaining = this.#counts
  }

  /** A reading begins: every row that is known is expected again. */
  begin(): void {
    this.#remaining = this.#isKeyed ? this.#counts : new Map(this.#counts)
  }

  add(id: string): void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1)
  }

  has(id: string): boolean {
    return this.#counts.has(id)
  }

  /** Whether a row that comes is one of those. */
  take(id: string): boolean {
    const left = this.#remaining.get(id) ?? 0
    if (left > 0 && !this.#isKeyed) this.#remaining.set(id, left - 1)
    return left > 0
  }
}

const shown = (cursor: CursorValue | undefined): string => String(cursor).slice(0, 60)

/** The last cursor of a page. @throws SyncError `fix-source` where the rows are not in ascending order. */
function lastOf(
  cursors: readonly (CursorValue | undefined)[],
  before: CursorValue | undefined,
  what: string,
): CursorValue | undefined {
  let last = before
  for (const cursor of cursors) {
    if (cursor === undefined) continue
    if ((compareCursors(cursor, last) ?? 0) < 0)
      throw new SyncError(
        `${what} returned "${shown(cursor)}" after "${shown(last)}": the list is not in ascending order; make the API sort it by the cursor`,
        'fix-source',
        { code: 'paging' },
      )
    last = cursor
  }
  return cursors.some((cursor) => cursor !== undefined) ? last : undefined
}

/** The row that led to an anchor is there, or one behind it: an answer of older rows alone is one to another question. */
function checkHeeded(last: CursorValue | undefined, since: CursorValue | undefined, what: string): void {
  if ((compareCursors(last, since) ?? 0) >= 0) return
  throw new SyncError(
    `${what} returned only rows before "${shown(since)}": the API ignores the parameter that says where to begin`,
    'fix-source',
    { code: 'paging' },
  )
}
