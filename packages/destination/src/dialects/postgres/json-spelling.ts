// The text of a value of jsonb, as the server writes it: a blank behind each comma and colon, and the members of an object by
// the length of their names, then by their bytes (src/backend/utils/adt/jsonb_util.c, lengthCompareJsonbString).

/**
 * JSON as `JSON.stringify` wrote it, in the spelling of jsonb. Numbers and texts stay as they are written, so that what it gives
 * always means the same; where the server would write one of those in another way, it does not give the server's text.
 */
export function jsonbSpelling(text: string): string {
  return text.includes(',') || text.includes(':') ? new Spelling(text).value() : text
}

class Spelling {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): string {
    const sign = this.#text[this.#at]
    if (sign === '{') return this.#object()
    if (sign === '[') return `[${this.#list(']', () => this.value()).join(', ')}]`
    return sign === '"' ? this.#string() : this.#word()
  }

  #object(): string {
    const members = this.#list('}', () => {
      const name = this.#string()
      this.#at++
      return { name, bytes: Buffer.from(JSON.parse(name) as string), value: this.value() }
    })
    members.sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
    return `{${members.map(({ name, value }) => `${name}: ${value}`).join(', ')}}`
  }

  /** What stands between the sign at which it is, and the one that ends it. */
  #list<T>(end: string, item: () => T): T[] {
    const items: T[] = []
    this.#at++
    while (this.#text[this.#at] !== end) {
      items.push(item())
      if (this.#text[this.#at] === ',') this.#at++
    }
    this.#at++
    return items
  }

  #string(): string {
    const from = this.#at
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) if (this.#text[this.#at] === '\\') this.#at++
    return this.#text.slice(from, ++this.#at)
  }

  /** A number, or one of the three words. */
  #word(): string {
    const from = this.#at
    while (this.#at < this.#text.length && !',]}'.includes(this.#text[this.#at]!)) this.#at++
    return this.#text.slice(from, this.#at)
  }
}
