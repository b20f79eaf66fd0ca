import { SyncError } from '@tidemark/core'

export interface Item {
  readonly id: number
  readonly name: string
  readonly updated_at: string
}

interface Page {
  readonly items: readonly Item[]
  /** Where the next page begins; null after the last one. */
  readonly next: number | null
}

/** Calls the API of the system. It passes the signal to every request, and turns error answers into errors that say what to do. */
export class AcmeClient {
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  async *items(query: Record<string, string>, signal: AbortSignal): AsyncGenerator<readonly Item[]> {
    for (let after: number | null = 0; after !== null; ) {
      const page: Page = await this.#get('/items', { ...query, after: String(after) }, signal)
      yield page.items
      after = page.next
    }
  }

  async #get<T>(path: string, query: Record<string, string>, signal: AbortSignal): Promise<T> {
    const response = await fetch(`${this.#url}${path}?${new URLSearchParams(query)}`, {
      headers: { authorization: `Bearer ${this.#token}` },
      signal,
    })
    if (response.status === 401) throw new SyncError('acme refused the token; check "token"', 'fix-config')
    if (response.status === 429 || response.status >= 500) {
      const seconds = Number(response.headers.get('retry-after') ?? 1)
      throw new SyncError(`acme answered ${response.status}`, 'retry', {
        retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
      })
    }
    if (!response.ok) throw new Error(`${path} answered ${response.status}`)
    return (await response.json()) as T
  }
}
