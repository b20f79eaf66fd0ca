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

export interface RecheckOptions {
  /** Requests a page again; undefined where there is no such page any more. */
  readonly ask: (request: HttpRequest) => Promise<Page | undefined>
  readonly keysOf: (rows: readonly unknown[]) => readonly string[]
  /** The request of the page behind one. */
  readonly nextOf: (request: HttpRequest, page: Page) => HttpRequest | undefined
}

interface Page {
  readonly answer: HttpAnswer
  readonly rows: readonly unknown[]
}

/**
 * Looks at the pages of a list once more. By place a row is passed over only where one before it has left meanwhile, so
 * where all rows of all pages but the last are still in the list, none was. Rows that were added meanwhile push others to
 * the pages behind, so these are looked at too, as far as they hold rows that were read.
 *
 * @throws SyncError `retry` where one has left.
 */
export async function recheck(
  http: HttpClient,
  pages: readonly PageRead[],
  { ask, keysOf, nextOf }: RecheckOptions,
): Promise<void> {
  if (pages.length < 2) return
  const missing = new Set<string>()
  const there = new Set<string>()
  const found = (keys: readonly string[]): void => {
    for (const key of keys) {
      there.add(key)
      missing.delete(key)
    }
  }
  for (const { request, keys, tag } of pages.slice(0, -1)) {
    const headers = { ...request.headers, ...conditional(tag) }
    const page = await ask({ ...request, headers, accept: [304] })
    found(page?.answer.status === 304 ? keys : keysOf(page?.rows ?? []))
    for (const key of keys) if (!there.has(key)) missing.add(key)
  }
  const known = new Set(pages.flatMap(({ keys }) => keys))
  for (let request = missing.size > 0 ? pages.at(-1)?.request : undefined; request !== undefined; ) {
    const page = await ask(request)
    const keys = keysOf(page?.rows ?? [])
    if (page === undefined || !keys.some((key) => known.has(key))) break
    found(keys)
    request = missing.size > 0 ? nextOf(request, page) : undefined
  }
  if (missing.size > 0)
    throw new SyncError(
      `${http.describe(pages[0]!.request)}: rows moved while the list was read, so others may have been missed`,
      'retry',
      { code: 'paging' },
    )
}
