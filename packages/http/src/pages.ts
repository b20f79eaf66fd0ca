import { createHash } from 'node:crypto'
import { SyncError } from '@tidemark/core'
import { type AnswerChecks, failureIn } from './answer-checks.ts'
import { atPath } from './at-path.ts'
import type { HttpClient } from './http-client.ts'
import { excerptOf } from './http-failure.ts'
import type { HttpAnswer } from './http-options.ts'
import type { HttpRequest } from './http-request.ts'
import { onePage, type Paging } from './paging.ts'

export interface PagesOptions extends AnswerChecks {
  readonly request: HttpRequest
  readonly paging?: Paging | undefined
  /** What stands for no rows where a list belongs; without it that is an error. */
  readonly none?: 'null' | 'absent' | undefined
  /** What is made of each row before anybody sees it. */
  readonly map?: ((row: unknown) => unknown) | undefined
  /** The most pages of one list (100,000). */
  readonly maxPages?: number | undefined
}

/** A page of a list. */
export interface ListPage<T> {
  readonly rows: readonly T[]
  readonly answer: HttpAnswer
  /** What is asked next; undefined: this was the last page. */
  readonly next: HttpRequest | undefined
}

/** Pages that are asked for by a new cursor each, and hold the same: more than chance. */
const SAME_IN_A_ROW = 3
const EMPTY_IN_A_ROW = 1000

/**
 * The pages of a list, until the API says that there is no next one. A body without the rows, a page that was there
 * before and a list without end are errors, never the end of the data.
 */
export async function* pages<T = unknown>(http: HttpClient, options: PagesOptions): AsyncGenerator<ListPage<T>> {
  const paging = options.paging ?? onePage()
  const most = options.maxPages ?? 100_000
  const loop = new LoopGuard(paging, http)
  let request: HttpRequest | undefined = paging.first({ ...options.request, checks: options })
  for (let number = 1; request !== undefined; number++) {
    options.request.signal?.throwIfAborted()
    const what = http.describe(request)
    if (number > most)
      throw new SyncError(
        `${what} would be page ${number} of one list, more than ${most}; is there an end?`,
        'fix-source',
        {
          code: 'paging',
        },
      )
    loop.ask(request)
    const answer: HttpAnswer = await http.request(request)
    const rows = listIn(answer.body, options, { what, redact: http.redact })
    loop.see(request, rows)
    const next: HttpRequest | undefined = nextOf(paging, http, { request, answer, rows })
    yield { rows: (options.map === undefined ? rows : rows.map(options.map)) as readonly T[], answer, next }
    request = next
  }
}

function nextOf(
  paging: Paging,
  http: HttpClient,
  page: { readonly request: HttpRequest; readonly answer: HttpAnswer; readonly rows: readonly unknown[] },
): HttpRequest | undefined {
  try {
    return paging.next({ ...page, following: (url) => http.following(page.request, url, page.answer.url) })
  } catch (error) {
    const what = http.describe(page.request)
    if (!SyncError.is(error) || error.message.startsWith(what)) throw error
    throw new SyncError(`${what}: ${error.message}`, error.remedy, { code: error.code, cause: error.cause })
  }
}

interface BodyContext {
  readonly what: string
  readonly redact: (text: string) => string
}

/** The rows of a body. @throws SyncError where it holds none, or an error in their place. */
export function rowsIn(
  body: unknown,
  options: Omit<PagesOptions, 'request'>,
  context: BodyContext,
): readonly unknown[] {
  const failure = failureIn(options, { ...context, body, headers: {}, now: 0 })
  if (failure !== undefined) throw failure
  return listIn(body, options, context)
}

function listIn(
  body: unknown,
  { rows = '', none, single }: Omit<PagesOptions, 'request'>,
  { what, redact }: BodyContext,
): readonly unknown[] {
  const found = atPath(body, rows)
  if (Array.isArray(found)) return found
  if (none !== undefined && (found === null || (found === undefined && none === 'absent'))) return []
  if (single === true && typeof found === 'object' && found !== null) return [found]
  const place = [rows].flat().join('.')
  throw new SyncError(
    `${what} was answered without a list${place === '' ? '' : ` at "${place}"`}: ${excerptOf(JSON.stringify(body, bigintText) ?? 'nothing', redact)}`,
    'fix-source',
    { code: 'error-body' },
  )
}

const bigintText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

/** Sees that a list goes in circles: a request that was made before, or rows that came before. */
class LoopGuard {
  readonly #paging: Paging
  readonly #http: HttpClient
  readonly #asked = new Set<string>()
  readonly #seen = new Set<string>()
  #last = ''
  #first: readonly unknown[] | undefined
  #same = 0
  #empty = 0

  constructor(paging: Paging, http: HttpClient) {
    this.#paging = paging
    this.#http = http
  }

  ask(request: HttpRequest): void {
    const hash = hashOf([request.path, request.query, request.body])
    if (this.#asked.has(hash)) throw this.#loop(request, 'was asked for before: the list goes in circles')
    this.#asked.add(hash)
  }

  see(request: HttpRequest, rows: readonly unknown[]): void {
    this.#empty = rows.length === 0 ? this.#empty + 1 : 0
    if (this.#empty > EMPTY_IN_A_ROW) throw this.#loop(request, `was the ${this.#empty}th page in a row without rows`)
    if (rows.length === 0) return
    if (this.#first === undefined) {
      // Many lists have one page: only with a second one is there anything to compare.
      this.#first = rows
      return
    }
    if (this.#last === '') this.#keep(hashOf(this.#first), request)
    this.#first = []
    this.#keep(hashOf(rows), request)
  }

  #keep(hash: string, request: HttpRequest): void {
    this.#same = hash === this.#last ? this.#same + 1 : 1
    this.#last = hash
    // By place alone the same rows come again where the API does not heed the place.
    const again = this.#paging.byPlace ? this.#seen.has(hash) : this.#same > SAME_IN_A_ROW
    if (again)
      throw this.#loop(
        request,
        'gave the rows of a page before it again; does the API heed how the next page is asked for?',
      )
    if (this.#paging.byPlace) this.#seen.add(hash)
  }

  #loop(request: HttpRequest, problem: string): SyncError {
    return new SyncError(`${this.#http.describe(request)} ${problem}`, 'fix-source', { code: 'paging' })
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value, bigintText) ?? '')
    .digest('base64')
}
