import { SyncError } from '@tidemark/core'
import { atPath, byLink, type HttpAnswer, headerOf, onePage, type Paging, yesOrNo } from '@tidemark/http'

/** Where APIs name a next page, or say that there is more. */
const SIGNS = [
  'next',
  'next_page',
  'next_url',
  'next_cursor',
  'next_page_token',
  'nextPage',
  'nextPageToken',
  'nextCursor',
  '@odata.nextLink',
  'has_more',
  'hasMore',
  'links.next',
  '_links.next',
  'paging.next',
  'pagination.next',
  'pagination.next_page',
  'pagination.next_cursor',
  'pagination.has_more',
  'meta.next',
  'meta.next_page',
  'meta.next_cursor',
  'meta.pagination.next',
  'page_info.has_next_page',
  'response_metadata.next_cursor',
].map((path) => (path.startsWith('@') ? [path] : path.split('.')))
const HEADERS = ['x-next-page', 'x-next-cursor', 'x-next-page-token', 'x-next', 'next-cursor', 'x-has-more']

/**
 * For a table whose config says nothing of pages: one is all, unless the answer names a next one. To stop there would be
 * to take the first page for the whole table.
 */
export function onlyPage(table: string): Paging {
  return {
    ...onePage(),
    next({ answer }) {
      checkOnly(table, answer)
      return undefined
    },
  }
}

/** @throws SyncError where an answer names a next page. */
export function checkOnly(table: string, answer: HttpAnswer): void {
  const sign = signIn(answer)
  if (sign === undefined) return
  throw new SyncError(
    `the answer names a next page (${sign}), and tables.${table}.pagination does not set how pages are found; set it, or { "type": "none" } if you only want this page`,
    'fix-config',
    { code: 'paging' },
  )
}

function signIn(answer: HttpAnswer): string | undefined {
  const request = { path: '' }
  const soFar = { rows: 0, longest: 0, total: undefined, more: undefined, empty: 0 }
  if (byLink().next({ request, answer, rows: [], soFar, following: () => request }) !== undefined)
    return 'Link: rel="next"'
  const header = HEADERS.find((name) => yesOrNo(headerOf(answer.headers, name)) === true)
  if (header !== undefined) return header
  return SIGNS.find((path) => isSign(atPath(answer.body, path)))?.join('.')
}

/** An object is one too, as in `"next": { "href": … }`; a list, or nothing, is not. */
function isSign(value: unknown): boolean {
  if (typeof value === 'object') return value !== null && !Array.isArray(value) && Object.keys(value).length > 0
  return value !== undefined && value !== '' && value !== false && value !== 0
}
