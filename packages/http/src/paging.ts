import { SyncError } from '@tidemark/core'
import Link from 'http-link-header'
import { atPath, type BodyPath, withPath } from './at-path.ts'
import type { HttpAnswer } from './http-options.ts'
import type { HttpRequest, QueryValue } from './http-request.ts'
import { headerOf } from './response-headers.ts'

/** One answer of a list, and what was asked for it. */
export interface PageAnswer {
  readonly request: HttpRequest
  readonly answer: HttpAnswer
  readonly rows: readonly unknown[]
  /** What the client makes of a URL that the API names: checked to be the API's. */
  readonly following: (next: string) => HttpRequest
}

/** How the next page of a list is found. */
export interface Paging {
  /** Whether pages are told apart by place alone, so that a list that moves loses rows between them. */
  readonly byPlace: boolean
  /** The first request, with whatever the first page needs. */
  first(request: HttpRequest): HttpRequest
  /** The request of the next page; undefined where this was the last. */
  next(page: PageAnswer): HttpRequest | undefined
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
    next({ answer, following }) {
      const header = headerOf(answer.headers, 'link')
      const url = header === undefined ? undefined : linkOf(header, rel)
      return url === undefined ? undefined : following(url)
    },
  }
}

function linkOf(header: string, rel: string): string | undefined {
  try {
    return Link.parse(header).rel(rel)[0]?.uri
  } catch {
    throw new SyncError(
      'the Link header cannot be read, so it is not known whether there is a next page',
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
    next({ answer, following }) {
      const url = textAt(answer.body, path)
      return url === undefined ? undefined : following(url)
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
    next({ answer, request }) {
      if (more !== undefined && isNo(atPath(answer.body, more))) return undefined
      const cursor = textAt(answer.body, at)
      if (cursor !== undefined) return withParameter(request, parameter, cursor)
      if (more !== undefined && atPath(answer.body, more) === true)
        throw new SyncError('the body says that there is more, and names no cursor for it', 'fix-source', {
          code: 'paging',
        })
      return undefined
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
  /** Where the body says how many pages there are. Without it the first empty page is the end. */
  readonly pages?: BodyPath | undefined
}

/** By the number of the page. */
export function byPageNumber({ parameter, first = 1, size, pages }: PageNumberPaging): Paging {
  const start = (request: HttpRequest): HttpRequest =>
    withParameter(size === undefined ? request : withParameter(request, size.parameter, size.value), parameter, first)
  return {
    byPlace: true,
    first: start,
    next({ request, answer, rows }) {
      const number = Number(parameterOf(request, parameter))
      const total = pages === undefined ? undefined : countAt(answer.body, pages)
      const isLast = total === undefined ? rows.length === 0 : number - first + 1 >= total
      return isLast ? undefined : withParameter(request, parameter, number + 1)
    },
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
  /** Where the body says how many rows there are. Without it the first empty page is the end. */
  readonly total?: BodyPath | undefined
}

/** By how many rows came before. */
export function byOffset({ parameter, size, total }: OffsetPaging): Paging {
  return {
    byPlace: true,
    first: (request) =>
      withParameter(size === undefined ? request : withParameter(request, size.parameter, size.value), parameter, 0),
    next({ request, answer, rows }) {
      const offset = Number(parameterOf(request, parameter)) + rows.length
      const count = total === undefined ? undefined : countAt(answer.body, total)
      if (count !== undefined && offset < count && rows.length === 0)
        throw new SyncError(
          `the API says that there are ${count} rows, and gives none after the first ${offset}`,
          'retry',
          { code: 'paging' },
        )
      const isLast = rows.length === 0 || (count !== undefined && offset >= count)
      return isLast ? undefined : withParameter(request, parameter, offset)
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

/** A cursor or a URL; null, absent and the empty text are none. */
function textAt(body: unknown, path: BodyPath): string | undefined {
  const value = atPath(body, path)
  if (value === null || value === undefined || value === '' || value === false) return undefined
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return String(value)
  throw new SyncError(
    `the next page is named by something that is no text, at "${[path].flat().join('.')}"`,
    'fix-source',
    {
      code: 'paging',
    },
  )
}

function countAt(body: unknown, path: BodyPath): number {
  const value = Number(atPath(body, path) ?? Number.NaN)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new SyncError(`there is no count at "${[path].flat().join('.')}" of the body`, 'fix-source', { code: 'paging' })
}
