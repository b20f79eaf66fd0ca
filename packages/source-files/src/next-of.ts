/** Where a character stands next in a text. It is looked for once, however often it is asked about. */
export class NextOf {
  readonly #text: string
  readonly #wanted: string
  #at = -1

  /** @param wanted empty: stands nowhere. */
  constructor(text: string, wanted: string) {
    this.#text = text
    this.#wanted = wanted
    if (wanted === '') this.#at = Number.POSITIVE_INFINITY
  }

  /** The first place from `from` on, which must not be less than it was before; infinity where it stands nowhere. */
  from(from: number): number {
    if (this.#at < from) {
      const found = this.#text.indexOf(this.#wanted, from)
      this.#at = found < 0 ? Number.POSITIVE_INFINITY : found
    }
    return this.#at
  }
}
