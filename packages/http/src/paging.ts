import { SyncError } from '@tidemark/core'
import { isRawNumber } from '@tidemark/core/values'
import Link from 'http-link-header'
import { atPlace, placeName, placeText, yesOrNo } from './answer-place.ts'
import type { AnswerPlace } from './at-path.ts'
import { atPath, type BodyPath, withPath } from './at-path.ts'
import type { HttpAnswer } from './http-options.ts'
import type { HttpRequest, QueryValue } from './http-request.ts'
import type { ListSoFar } from './list-count.ts'
import { countOf } from './list-total.ts'
import { headerOf } from './response-headers.ts'

/** One answer of a list, and what was asked for it. */
export interface PageAnswer {
  readonly request: HttpRequest
  readonly answer: HttpAnswer
  readonly rows: readonly unknown[]
  /** How far the list has come, with this answer. */
  readonly soFar: ListSoFar
  /** What the client makes of a URL that the API names: checked to be the API's. */
  readonly following: (next: string) => HttpRequest
}

/** How the next page of a list is found. */
export interface Paging {
  /** Whether pages have nothing but their place, so that a list that moves loses rows between them. */
  readonly byPlace: boolean
  /** The first request, with whatever the first page needs. */
  first(request: HttpRequest): HttpRequest
  /** The request of the next page; undefined where this was the last. */
  next(page: PageAnswer): HttpRequest | undefined
  /** Where an answer counts the rows of the list. */
  readonly total?: AnswerPlace | undefined
  /** Where an answer says whether there is more behind it. */
  readonly more?: AnswerPlace | undefined
  /** Whether the API counts no page behind this one. The next is asked for all the same, and may fail. */
  isLast?(page: Omit<PageAnswer, 'following'>): boolean
}

/** All rows in one answer. */
export function onePage(): Paging {
  return { byPlace: false, first: (request) => request, next: () => undefined }
}

/** By the header `Link: <…>; rel="next"`. */
export function byLink(rel = 'next'): Paging {
  return {
    byPlace: false,
    first: (request) => request,
    next({ answer, following, soFar }) {
      const header = headerOf(answer.headers, 'link')
      const url = header === undefined ? undefined : linkOf(header, rel)
      return url === undefined ? noMore(soFar) : following(url)
    },
  }
}

/** No next page is named. @throws SyncError where the answer says that there is one. */
function noMore({ more }: Pick<ListSoFar, 'more'>): undefined {
  if (more === undefined) return
  throw new SyncError(`the answer says that there are more rows ("${more}"), but not where`, 'fix-source', {
    code: 'paging',
  })
}

function linkOf(header: string, rel: string): string | undefined {
  try {
    return Link.parse(header).rel(rel)[0]?.uri
  } catch {
    throw new SyncError(
      'the Link header is not valid, so Tidemark cannot tell whether there is a next page',
      'fix-source',
      {
        code: 'paging',
      },
    )
  }
}

/** By a URL in the body, or in a header of its own. */
export function byNextUrl(place: AnswerPlace): Paging {
  return {
    byPlace: false,
    first: (request) => request,
    next({ answer, following, soFar }) {
      const url = textOf(atPlace(answer, place), place)
      return url === undefined ? noMore(soFar) : following(url)
    },
  }
}

export type CursorPaging = {
  /** The parameter that takes the cursor; of a POST its place in the body. */
  readonly parameter: string
  /** Where an answer says whether there is more, for APIs that always name a cursor. */
  readonly more?: AnswerPlace | undefined
} & (
  | {
      /** Where an answer names the cursor of the next page. */
      readonly at: AnswerPlace
      readonly row?: undefined
    }
  | {
      readonly at?: undefined
      /** The field of the last row that the next page begins behind, such as its `id`. */
      readonly row: BodyPath
    }
)

/** By a cursor: one that the answer names, or a field of its last row. With the last row, an empty page is the end. */
export function byCursor({ at, row, parameter, more }: CursorPaging): Paging {
  return {
    byPlace: false,
    more,
    first: (request) => request,
    next({ answer, request, rows, soFar }) {
      if (more !== undefined && yesOrNo(atPlace(answer, more)) === false) return undefined
      const cursor = row === undefined ? textOf(atPlace(answer, at), at) : ofLastRow(rows, row)
      return cursor === undefined ? noMore(soFar) : withParameter(request, parameter, cursor)
    },
  }
}

/** A field of the last row; undefined where there is no row. @throws SyncError where that row does not have it. */
function ofLastRow(rows: readonly unknown[], field: BodyPath): string | undefined {
  if (rows.length === 0) return undefined
  const value = textOf(atPath(rows.at(-1), field), field)
  if (value !== undefined) return value
  throw new SyncError(
    `the last row has no "${placeName(field)}", so Tidemark cannot request the rows behind it`,
    'fix-source',
    { code: 'paging' },
  )
}

export interface PageNumberPaging {
  /** The parameter of the page's number. */
  readonly parameter: string
  /** The number of the first page (1). */
  readonly first?: number | undefined
  /** The parameter of the size of a page, and the size to ask for. */
  readonly size?: { readonly parameter: string; readonly value: number } | undefined
  /** Where an answer says how many pages there are: behind that many, one that is not there is the end. */
  readonly pages?: AnswerPlace | undefined
  /** Where an answer says whether there is more: with a no the list ends, with a yes it goes on, also behind an empty page. */
  readonly more?: AnswerPlace | undefined
  /** So many empty pages in a row are the end (1), for an API that leaves rows out after it has cut them into pages. */
  readonly emptyPages?: number | undefined
}

/** By the number of the page, to the first empty one behind all that the API counts. */
export function byPageNumber({ parameter, first = 1, size, pages, more, emptyPages = 1 }: PageNumberPaging): Paging {
  const start = (request: HttpRequest): HttpRequest =>
    withParameter(size === undefined ? request : withParameter(request, size.parameter, size.value), parameter, first)
  const numberOf = (request: HttpRequest): number => Number(parameterOf(request, parameter))
  const isLast = ({ request, answer, soFar }: Omit<PageAnswer, 'following'>): boolean => {
    const asked = numberOf(request) - first + 1
    if (pages !== undefined) return asked >= countAt(answer, pages) && (more === undefined || soFar.more === undefined)
    // Pages may be empty in the middle, where an API leaves rows out after it has cut them into pages.
    return soFar.more === undefined && asked * (size?.value ?? soFar.longest) >= (soFar.total ?? 0)
  }
  return {
    byPlace: true,
    more,
    first: start,
    next(page) {
      const { request, rows, soFar, answer } = page
      if (more !== undefined && yesOrNo(atPlace(answer, more)) === false) return undefined
      const isEnd = rows.length === 0 && soFar.empty >= emptyPages && isLast(page)
      return isEnd ? undefined : withParameter(request, parameter, numberOf(request) + 1)
    },
    ...(pages === undefined ? {} : { isLast }),
  }
}

/**
 * By the last cursor seen alone, for APIs that take only a `since` and a number of rows: for `reanchored`. A page that is
 * not full is the last.
 */
export function bySince({ size }: { readonly size: number }): Paging {
  return {
    byPlace: false,
    first: (request) => request,
    next: ({ request, rows }) => (rows.length < size ? undefined : request),
  }
}

export interface OffsetPaging {
  /** The parameter of the number of rows to leave out. */
  readonly parameter: string
  /** The parameter of the size of a page, and the size to ask for. */
  readonly size?: { readonly parameter: string; readonly value: number } | undefined
  /** Where an answer says how many rows there are. */
  readonly total?: AnswerPlace | undefined
  /** Where an answer says whether there is more: with a no the list ends, with a yes it goes on, also behind an empty page. */
  readonly more?: AnswerPlace | undefined
  /** So many empty pages in a row are the end (1); more than one needs a `size`. */
  readonly emptyPages?: number | undefined
}

/** By how many rows came before, to the first empty page. */
export function byOffset({ parameter, size, total, more, emptyPages = 1 }: OffsetPaging): Paging {
  return {
    byPlace: true,
    total,
    more,
    first: (request) =>
      withParameter(size === undefined ? request : withParameter(request, size.parameter, size.value), parameter, 0),
    next({ request, answer, rows, soFar }) {
      if (more !== undefined && yesOrNo(atPlace(answer, more)) === false) return undefined
      const offset = Number(parameterOf(request, parameter)) + rows.length
      if (rows.length > 0) return withParameter(request, parameter, offset)
      // A page that is empty in the middle leaves only its size to go on by.
      if (size === undefined) return emptyWithoutSize(soFar)
      const isMore = soFar.more !== undefined || soFar.empty < emptyPages || offset + size.value < (soFar.total ?? 0)
      return isMore ? withParameter(request, parameter, offset + size.value) : undefined
    },
  }
}

/** @throws SyncError where the answer says that there is more behind a page without rows. */
function emptyWithoutSize({ more }: Pick<ListSoFar, 'more'>): undefined {
  if (more === undefined) return
  throw new SyncError(
    `the page has no rows, and the answer says that there are more ("${more}"); set the size of a page ("size"), so that Tidemark can request the page behind it`,
    'fix-source',
    { code: 'paging' },
  )
}

function withParameter(request: HttpRequest, name: string, value: Exclude<QueryValue, undefined>): HttpRequest {
  if (request.method === 'POST') return { ...request, body: withPath(request.body ?? {}, name, value) }
  return { ...request, query: { ...request.query, [name]: value } }
}

function parameterOf(request: HttpRequest, name: string): unknown {
  return request.method === 'POST' ? atPath(request.body, name) : request.query?.[name]
}

/** A cursor or a URL; undefined for null, for what is absent, and for the empty text. */
function textOf(value: unknown, place: AnswerPlace): string | undefined {
  if (value === null || value === undefined || value === '' || value === false) return undefined
  if (isRawNumber(value)) return value.rawJSON
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return String(value)
  throw new SyncError(`the value that names the next page is not a text, at "${placeName(place)}"`, 'fix-source', {
    code: 'paging',
  })
}

function countAt(answer: HttpAnswer, place: AnswerPlace): number {
  const count = countOf(atPlace(answer, place))
  if (count !== undefined) return count
  throw new SyncError(`the answer has no count ${placeText(place)}`, 'fix-source', { code: 'paging' })
}
