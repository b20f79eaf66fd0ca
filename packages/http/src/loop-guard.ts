import { createHash } from 'node:crypto'
import { SyncError } from '@tidemark/core'
import type { HttpClient } from './http-client.ts'
import type { HttpRequest } from './http-request.ts'
import type { Paging } from './paging.ts'

/** Pages that are asked for by a new cursor each, and hold the same: more than chance. */
const SAME_IN_A_ROW = 3
const EMPTY_IN_A_ROW = 1000

/** Sees that a list goes in circles: a request that was made before, or rows that came before. */
export class LoopGuard {
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
    if (this.#asked.has(hash)) throw this.#loop(request, 'was already requested: the pages form a loop')
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

  /** Whether a page with these very rows was there before. */
  hasSeen(rows: readonly unknown[]): boolean {
    const hash = hashOf(rows)
    return this.#seen.has(hash) || (this.#last === '' && this.#first !== undefined && hashOf(this.#first) === hash)
  }

  /** By place alone the same rows come again where the API does not heed the place. */
  repeated(request: HttpRequest): SyncError {
    return this.#loop(
      request,
      'returned the rows of an earlier page again; check that the API supports the configured parameter for the next page',
    )
  }

  #keep(hash: string, request: HttpRequest): void {
    this.#same = hash === this.#last ? this.#same + 1 : 1
    this.#last = hash
    const again = this.#paging.byPlace ? this.#seen.has(hash) : this.#same > SAME_IN_A_ROW
    if (again) throw this.repeated(request)
    if (this.#paging.byPlace) this.#seen.add(hash)
  }

  #loop(request: HttpRequest, problem: string): SyncError {
    return new SyncError(`${this.#http.describe(request)} ${problem}`, 'fix-source', { code: 'paging' })
  }
}

const bigintText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value, bigintText) ?? '')
    .digest('base64')
}
