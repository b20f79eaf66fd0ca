import { SyncError } from '@tidemark/core'

export type Order = { id: number; shop: string; total: string; updated_at: string }
export type Shop = { id: string; changed: string }
export type Customer = { id: string; name: string; email: string | null }
export type CustomerEvent = { nth: number; at: string; type: 'saved' | 'removed'; customer: Customer }

export class Bookshop {
  readonly #url: string
  readonly #token: string
  readonly #whole: AbortSignal

  /** @param whole aborts at the end of the run: it ends requests that belong to the source as a whole. */
  constructor(url: string, token: string, whole: AbortSignal) {
    this.#url = url
    this.#token = token
    this.#whole = whole
  }

  async account(): Promise<string> {
    const { id } = await this.#get<{ id: string }>('/account', {}, this.#whole)
    return id
  }

  ledger(): Promise<{ lastLine: number; closedYear: number; corrections: number }> {
    return this.#get('/ledger/state', {}, this.#whole)
  }

  /** The number of the last event that there is. */
  async lastEvent(signal: AbortSignal): Promise<number> {
    const { nth } = await this.#get<{ nth: number }>('/events/last', {}, signal)
    return nth
  }

  async *shops(signal: AbortSignal): AsyncGenerator<Shop> {
    for await (const page of this.pages<Shop>('/shops', {}, signal)) yield* page
  }

  /** The pages of a list, up to the last one. */
  async *pages<T>(path: string, query: Record<string, string>, signal: AbortSignal): AsyncGenerator<T[]> {
    let cursor = ''
    do {
      const page = await this.#get<{ items: T[]; next: string | null }>(path, { ...query, cursor }, signal)
      yield page.items
      cursor = page.next ?? ''
    } while (cursor !== '')
  }

  async #get<T>(path: string, query: Record<string, string>, signal: AbortSignal): Promise<T> {
    const url = `${this.#url}${path}?${new URLSearchParams(query)}`
    const response = await fetch(url, { headers: { authorization: `Bearer ${this.#token}` }, signal })
    if (response.status === 401) throw new SyncError('the bookshop refused the token; check "token"', 'fix-config')
    if (response.status === 429 || response.status >= 500) {
      const seconds = Number(response.headers.get('retry-after') ?? 1)
      throw new SyncError(`the bookshop answered ${response.status}`, 'retry', { retryAfterMs: seconds * 1000 })
    }
    if (!response.ok) throw new Error(`${path} answered ${response.status}`)
    return (await response.json()) as T
  }
}
