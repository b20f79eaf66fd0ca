import { SyncError } from '@tidemark/core'
import Link from 'http-link-header'
import { atPath, type BodyPath, withPath } from './at-path.ts'
import type { HttpAnswer } from './http-options.ts'
import type { HttpRequest, QueryValue } from './http-request.ts'
import type { ListSoFar } from './list-count.ts'
import { countOf, placeText } from './list-total.ts'
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
  /** Where the body counts the rows of the list. */
  readonly total?: BodyPath | undefined
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

/** By a URL in the body. */
export function byNextUrl(path: BodyPath): Paging {
  return {
    byPlace: false,
    first: (request) => request,
    next({ answer, following, soFar }) {
      const url = textAt(answer.body, path)
      return url === undefined ? noMore(soFar) : following(url)
    },
  }
}

export interface CursorPaging {
  /** Where the body names the cursor of the next page. */
  readonly at: BodyPath
  /** The parameter that takes it; of a POST its place in the body. */
  readonly parameter: string
  /** Where the body says whether there is more, for APIs that always name a cursor. */
  readonly more?: BodyPath | undefined
}

/** By a cursor in the body. */
export function byCursor({ at, parameter, more }: CursorPaging): Paging {
  return {
    byPlace: false,
    first: (request) => request,
    next({ answer, request, soFar }) {
      if (more !== undefined && isNo(atPath(answer.body, more))) return undefined
      const cursor = textAt(answer.body, at)
      if (cursor !== undefined) return withParameter(request, parameter, cursor)
      const isMore = more !== undefined && atPath(answer.body, more) === true
      return noMore(isMore ? { ...soFar, more: textOf(more) } : soFar)
    },
  }
}

export interface PageNumberPaging {
  /** The parameter of the page's number. */
  readonly parameter: string
  /** The number of the first page (1). */
  readonly first?: number | undefined
  /** The parameter of the size of a page, and the size to ask for. */
  readonly size?: { readonly parameter: string; readonly value: number } | undefined
  /** Where the body says how many pages there are: behind that many, one that is not there is the end. */
  readonly pages?: BodyPath | undefined
}

/** By the number of the page, to the first empty one behind all that the API counts. */
export function byPageNumber({ parameter, first = 1, size, pages }: PageNumberPaging): Paging {
  const start = (request: HttpRequest): HttpRequest =>
    withParameter(size === undefined ? request : withParameter(request, size.parameter, size.value), parameter, first)
  const numberOf = (request: HttpRequest): number => Number(parameterOf(request, parameter))
  const isLast = ({ request, answer, soFar }: Omit<PageAnswer, 'following'>): boolean => {
    const asked = numberOf(request) - first + 1
    if (pages !== undefined) return asked >= countAt(answer.body, pages)
    // Pages may be empty in the middle, where an API leaves rows out after it has cut them into pages.
    return soFar.more === undefined && asked * (size?.value ?? soFar.longest) >= (soFar.total ?? 0)
  }
  return {
    byPlace: true,
    first: start,
    next(page) {
      const { request, rows } = page
      return isLast(page) && rows.length === 0 ? undefined : withParameter(request, parameter, numberOf(request) + 1)
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
  /** Where the body says how many rows there are. */
  readonly total?: BodyPath | undefined
}

/** By how many rows came before, to the first empty page. */
export function byOffset({ parameter, size, total }: OffsetPaging): Paging {
  return {
    byPlace: true,
    total,
    first: (request) =>
      withParameter(size === undefined ? request : withParameter(request, size.parameter, size.value), parameter, 0),
    next({ request, rows, soFar }) {
      const offset = Number(parameterOf(request, parameter)) + rows.length
      if (rows.length > 0) return withParameter(request, parameter, offset)
      // A page that is empty in the middle leaves only its size to go on by.
      const isMore = size !== undefined && (soFar.more !== undefined || offset + size.value < (soFar.total ?? 0))
      return isMore ? withParameter(request, parameter, offset + size.value) : undefined
    },
  }
}

function withParameter(request: HttpRequest, name: string, value: Exclude<QueryValue, undefined>): HttpRequest {
  if (request.method === 'POST') return { ...request, body: withPath(request.body ?? {}, name, value) }
  return { ...request, query: { ...request.query, [name]: value } }
}

function parameterOf(request: HttpRequest, name: string): unknown {
  return request.method === 'POST' ? atPath(request.body, name) : request.query?.[name]
}

const isNo = (value: unknown): boolean => value === false || value === null || value === undefined || value === 0

/** A cursor or a URL; undefined for null, for what is absent, and for the empty text. */
function textAt(body: unknown, path: BodyPath): string | undefined {
  const value = atPath(body, path)
  if (value === null || value === undefined || value === '' || value === false) return undefined
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return String(value)
  throw new SyncError(
    `the value that names the next page is not a text, at "${[path].flat().join('.')}"`,
    'fix-source',
    {
      code: 'paging',
    },
  )
}

function countAt(body: unknown, path: BodyPath): number {
  const count = countOf(atPath(body, path))
  if (count !== undefined) return count
  throw new SyncError(`the answer has no count ${placeText(path)}`, 'fix-source', { code: 'paging' })
}

const textOf = (path: BodyPath): string => [path].flat().join('.')
