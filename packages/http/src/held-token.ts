import type { SourceClock } from '@tidemark/core'

/** A token as it was issued or signed. */
export interface Token {
  readonly text: string
  /** When it is fetched again, before it ends. */
  readonly renewAt: number
}

/** When a token is renewed that lives so long. */
export const renewalOf = (now: number, lifeMs: number): number => now + lifeMs - Math.min(60_000, lifeMs / 10)

/** A token: fetched when first needed, shared by all requests, renewed before it ends. */
export class HeldToken {
  readonly #fetch: () => Promise<Token>
  readonly #clock: SourceClock
  #current: Promise<Token> | undefined

  constructor(fetch: () => Promise<Token>, clock: SourceClock) {
    this.#fetch = fetch
    this.#clock = clock
  }

  async get(): Promise<string> {
    let current = this.#current
    if (current !== undefined && (await current).renewAt <= this.#clock.now()) {
      if (this.#current === current) this.#current = undefined
      current = this.#current
    }
    if (current === undefined) {
      current = this.#fetch()
      this.#current = current
      // A failure is not kept: the next request asks again.
      current.catch(() => {
        if (this.#current === current) this.#current = undefined
      })
    }
    return (await current).text
  }

  /** A token was refused: unless another has come already, the next `get` fetches one. */
  async refused(token: string): Promise<void> {
    const current = this.#current
    if (current === undefined) return
    const held = await current.catch(() => undefined)
    if (this.#current === current && (held === undefined || held.text === token)) this.#current = undefined
  }
}
