import { SyncError } from '@tidemark/core'
import { type AnswerChecks, failureIn } from './answer-checks.ts'
import type { BodyPath } from './at-path.ts'
import type { EmptyStatus } from './empty-status.ts'
import type { HttpClient } from './http-client.ts'
import type { HttpAnswer } from './http-options.ts'
import type { HttpRequest } from './http-request.ts'
import { ListCount, type ListSoFar } from './list-count.ts'
import type { TotalPlace } from './list-total.ts'
import { LoopGuard } from './loop-guard.ts'
import { onePage, type PageAnswer, type Paging } from './paging.ts'
import { type PageRead, pageRead, recheck } from './recheck.ts'
import { beforeWildcard, isWildcard, type RowsPlace, rowsAt } from './rows-at.ts'

export interface PagesOptions extends RowsPlace, Omit<AnswerChecks, 'rows' | 'single'> {
  readonly request: HttpRequest
  readonly paging?: Paging | undefined
  /** Where the API counts the rows of the list; detected if absent. `false`: its count is of something else. */
  readonly total?: TotalPlace | undefined
  /** What identifies a row, so that a row that arrives twice counts once. */
  readonly keyIn?: ((row: unknown) => string | undefined) | undefined
  /**
   * Reads a list that is paged by offset or page number and has no count once more at its end, all pages but the last: a
   * row that was deleted meanwhile moves others to pages that were read before. Needs `keyIn`.
   */
  readonly recheck?: true | undefined
  /** Maps each row before it is used. */
  readonly map?: ((row: unknown) => unknown) | undefined
  /** Statuses that mean that the list has no rows, of the answer to its first request. */
  readonly empty?: readonly EmptyStatus[] | undefined
  /** Statuses that mean that the list has ended, of the answer to a later one. */
  readonly end?: readonly EmptyStatus[] | undefined
  /** Whether nothing behind these rows is wanted: the list is left there, and not read to its end. */
  readonly until?: ((rows: readonly unknown[]) => boolean) | undefined
  /** The maximum number of pages in one list (100,000). */
  readonly maxPages?: number | undefined
}

/** A page of a list. */
export interface ListPage<T> {
  readonly rows: readonly T[]
  readonly answer: HttpAnswer
  /** The next request; undefined after the last page. */
  readonly next: HttpRequest | undefined
}

/** What an API says to a page behind the last one. */
const BEHIND_THE_END = ['http-400', 'http-404', 'http-416', 'http-422', 'error-body']

/**
 * The pages of a list, until the API says that there is no next page. A body without the rows, a repeated
 * page, an endless list and a list with fewer rows than the API counts are errors, never the end of the data.
 */
export async function* pages<T = unknown>(http: HttpClient, options: PagesOptions): AsyncGenerator<ListPage<T>> {
  const { map, keyIn, maxPages: most = 100_000, paging = onePage() } = options
  const loop = new LoopGuard(paging, http)
  // What counts several lists counts them, or the rows of one.
  const { total = paging.total ?? (isWildcard(options.rows) ? false : undefined) } = options
  const checks = checksOf(options)
  const count = new ListCount({ byPlace: paging.byPlace, rows: checks.rows, total, more: paging.more, keyIn })
  let request: HttpRequest | undefined = paging.first({ ...options.request, checks })
  /** By what the API counts all is there: a count may be wrong, so it is looked behind it. */
  let isCounted = false
  const read: PageRead[] = []
  const keysOf = (rows: readonly unknown[]): readonly string[] => rows.flatMap((row) => keyIn?.(row) ?? [])
  const made = (rows: readonly unknown[]): readonly unknown[] => (map === undefined ? rows : rows.map(map))
  const recheckPages = async (): Promise<void> => {
    if (count.soFar.total !== undefined && options.until === undefined) return
    await recheck(http, read, {
      ask: (page) => pageOf(http, { request: page, options, isCounted: true, empty: options.end }),
      keysOf: (rows) => keysOf(made(rows)),
      nextOf: (page, { answer, rows }) => nextOf(paging, http, { request: page, answer, rows, soFar: UNCOUNTED }),
    })
  }
  const end = async (what: string, isPaged: boolean): Promise<void> => {
    count.check(what, isPaged)
    await recheckPages()
  }
  const leave = async (what: string): Promise<void> => {
    count.checkPlaces(what)
    await recheckPages()
  }
  for (let number = 1; request !== undefined; number++) {
    options.request.signal?.throwIfAborted()
    const what = http.describe(request)
    if (number > most)
      throw new SyncError(
        `${what} would be page ${number} of one list, more than the limit of ${most}; check how the end of the list is found`,
        'fix-source',
        { code: 'paging' },
      )
    loop.ask(request)
    const empty = number === 1 ? (options.empty ?? options.request.empty) : options.end
    const page = await pageOf(http, { request, options, isCounted, empty })
    if (page === undefined || (isCounted && loop.hasSeen(page.rows))) return end(what, true)
    const { answer } = page
    if (answer.isEmpty === true) {
      if (number > 1) return endedBy(answer, what, count.soFar, () => end(what, true))
      yield { rows: [], answer, next: undefined }
      return
    }
    loop.see(request, page.rows)
    const rows = made(page.rows)
    const fresh = count.take(answer, rows, what)
    if (paging.byPlace && rows.length > 0 && fresh === 0) {
      if (!isCounted) throw loop.repeated(request)
      return end(what, true)
    }
    if (options.recheck === true && paging.byPlace && rows.length > 0)
      read.push(pageRead(request, answer, keysOf(rows)))
    const seen: SeenPage = { request, answer, rows: page.rows, soFar: count.soFar }
    const isEnough = options.until?.(rows) === true
    const next: HttpRequest | undefined = isEnough ? undefined : nextOf(paging, http, seen)
    if (isEnough) await leave(what)
    else if (next === undefined) await end(what, number > 1 || paging.byPlace)
    isCounted = paging.byPlace && (count.isComplete || paging.isLast?.(seen) === true)
    yield { rows: rows as readonly T[], answer, next }
    request = next
  }
}

const UNCOUNTED: ListSoFar = { rows: 0, longest: 0, total: undefined, more: undefined, empty: 0 }

type SeenPage = Omit<PageAnswer, 'following'>

/** What tells an error apart from rows: where these begin to be several lists, all of them are meant. */
function checksOf(options: Omit<PagesOptions, 'request'>): AnswerChecks & { readonly rows: BodyPath } {
  return { ...options, rows: beforeWildcard(options.rows) }
}

/** A page; undefined where nothing follows what the API counts. */
async function pageOf(
  http: HttpClient,
  {
    request,
    options,
    isCounted,
    empty,
  }: {
    readonly request: HttpRequest
    readonly options: PagesOptions
    readonly isCounted: boolean
    readonly empty: PagesOptions['empty']
  },
): Promise<{ readonly answer: HttpAnswer; readonly rows: readonly unknown[] } | undefined> {
  try {
    const answer: HttpAnswer = await http.request({ ...request, empty })
    if (answer.isEmpty === true || answer.status === 304) return { answer, rows: [] }
    const rows = rowsAt(answer.body, options, { what: http.describe(request), redact: http.redact })
    return { answer, rows }
  } catch (error) {
    const isEnd = SyncError.is(error) && error.remedy !== 'retry' && BEHIND_THE_END.includes(error.code ?? '')
    if (isCounted && isEnd) return undefined
    throw error
  }
}

/** A status says that the list ended before this page. @throws SyncError where the answer before says that it did not. */
function endedBy({ status }: HttpAnswer, what: string, { more }: ListSoFar, end: () => Promise<void>): Promise<void> {
  if (more === undefined) return end()
  throw new SyncError(
    `${what} returned ${status}, which ends the list, and the page before it says that there are more rows ("${more}")`,
    'fix-source',
    { code: 'paging' },
  )
}

function nextOf(paging: Paging, http: HttpClient, page: SeenPage): HttpRequest | undefined {
  try {
    return paging.next({ ...page, following: (url) => http.following(page.request, url, page.answer.url) })
  } catch (error) {
    const what = http.describe(page.request)
    if (!SyncError.is(error) || error.message.startsWith(what)) throw error
    throw new SyncError(`${what}: ${error.message}`, error.remedy, { code: error.code, cause: error.cause })
  }
}

/** The rows of a body. @throws SyncError where it holds none, or an error in their place. */
export function rowsIn(
  body: unknown,
  options: Omit<PagesOptions, 'request'>,
  context: { readonly what: string; readonly redact: (text: string) => string },
): readonly unknown[] {
  const failure = failureIn(checksOf(options), { ...context, body, headers: {}, now: 0 })
  if (failure !== undefined) throw failure
  return rowsAt(body, options, context)
}
