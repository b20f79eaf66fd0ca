import { SyncError } from '@tidemark/core'
import type { HttpClient } from './http-client.ts'
import type { HttpAnswer } from './http-options.ts'
import type { HttpRequest } from './http-request.ts'
import { conditional, revisionIn } from './revision.ts'

/** A page that was read: how it is asked for again, and which rows it had. */
export interface PageRead {
  readonly request: HttpRequest
  readonly keys: readonly string[]
  readonly tag: string | undefined
}

export function pageRead(request: HttpRequest, { headers }: HttpAnswer, keys: readonly string[]): PageRead {
  return { request, keys, tag: revisionIn(headers) }
}

/**
 * Looks at the pages of a list once more. By place a row is passed over only where one before it has left meanwhile, so
 * where all rows of all pages but the last are still on those pages, none was.
 *
 * @throws SyncError `retry` where one has left.
 */
export async function recheck(
  http: HttpClient,
  pages: readonly PageRead[],
  keysOf: (body: unknown, what: string) => readonly string[],
): Promise<void> {
  const missing = new Set<string>()
  const there = new Set<string>()
  for (const { request, keys, tag } of pages) {
    const headers = { ...request.headers, ...conditional(tag) }
    const { status, body } = await http.request({ ...request, headers, accept: [304] })
    const now = status === 304 ? keys : keysOf(body, http.describe(request))
    for (const key of now) {
      there.add(key)
      missing.delete(key)
    }
    for (const key of keys) if (!there.has(key)) missing.add(key)
  }
  if (missing.size > 0)
    throw new SyncError(
      `${http.describe(pages[0]!.request)}: rows moved while the list was read, so others may have been missed`,
      'retry',
      { code: 'paging' },
    )
}
