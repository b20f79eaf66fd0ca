import type { HttpClient } from './http-client.ts'
import type { HttpRequest } from './http-request.ts'
import { headerOf, type ResponseHeaders } from './response-headers.ts'

const ETAG = 'etag:'
const MODIFIED = 'modified:'

/**
 * The revision of what a request gives, by its ETag or its time of change: asked with `If-None-Match` or
 * `If-Modified-Since`, which most APIs answer without counting it. Undefined where the API tells neither.
 *
 * It speaks for this one answer. Of a list in several pages the first says something about all only where it is sorted
 * by change, the newest first.
 */
export async function revisionOf(
  http: HttpClient,
  request: HttpRequest,
  previous: string | undefined,
): Promise<string | undefined> {
  const headers = { ...request.headers, ...conditional(previous) }
  const {
    status,
    headers: told,
    isEmpty,
  } = await http.request({
    ...request,
    headers,
    accept: [...(request.accept ?? []), 304],
  })
  if (isEmpty === true) return undefined
  return status === 304 ? (previous ?? revisionIn(told)) : revisionIn(told)
}

/** The headers that ask for an answer only where it is another than that of a revision. */
export function conditional(previous: string | undefined): Readonly<Record<string, string>> {
  if (previous?.startsWith(ETAG) === true) return { 'if-none-match': previous.slice(ETAG.length) }
  if (previous?.startsWith(MODIFIED) === true) return { 'if-modified-since': previous.slice(MODIFIED.length) }
  return {}
}

/** The revision that an answer tells. */
export function revisionIn(headers: ResponseHeaders): string | undefined {
  const etag = headerOf(headers, 'etag')
  if (etag !== undefined && etag !== '') return ETAG + etag
  const modified = headerOf(headers, 'last-modified')
  return modified === undefined || modified === '' ? undefined : MODIFIED + modified
}
