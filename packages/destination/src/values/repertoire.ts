/**
 * Which texts a database holds. No database holds NUL or half of a surrogate pair; one with an encoding of its own holds
 * only what that encoding has.
 */
export class Repertoire {
  /** The encoding that limits it, by the database's name for it; undefined: all of Unicode. */
  readonly encoding: string | undefined
  readonly #lacking: RegExp

  /** @param beyondAscii the characters that the encoding has beside ASCII; absent: of several bytes, where only the server knows. */
  constructor(encoding?: string, beyondAscii?: string) {
    this.encoding = encoding
    this.#lacking = encoding === undefined ? UNHELD : beyondAscii === undefined ? OUT_OF_PLANE : allBut(beyondAscii)
  }

  /** What of a text cannot be held, for people: `holds a NUL character`; undefined: nothing, it comes back as it was. */
  problemOf(text: string): string | undefined {
    const lacking = this.#lackingIn(text)
    if (lacking === undefined) return undefined
    if (lacking === '\0') return 'holds a NUL character'
    if (!lacking.isWellFormed()) return 'holds half of a surrogate pair'
    return `holds "${lacking}", which the database's encoding ${this.encoding} does not have, and UTF8 has`
  }

  /**
   * A text for people, with what cannot be held as `\u0000`. JSON stays JSON, and means what it did: these characters stand
   * in its strings alone.
   */
  shown(text: string): string {
    return this.#lackingIn(text) === undefined ? text : text.replace(this.#lacking, escapes)
  }

  /** A name without what cannot be held. */
  without(text: string): string {
    return text.replace(this.#lacking, '')
  }

  #lackingIn(text: string): string | undefined {
    this.#lacking.lastIndex = 0
    return this.#lacking.exec(text)?.[0]
  }
}

const UNHELD = /[\0\p{Surrogate}]/gu
/** No such encoding has emoji, nor what else lies beyond the characters of writing. */
const OUT_OF_PLANE = /[\0\p{Surrogate}\u{10000}-\u{1ffff}\u{30000}-\u{10ffff}]/gu

function allBut(characters: string): RegExp {
  const escaped = [...characters].map((one) => `\\u{${one.codePointAt(0)!.toString(16)}}`).join('')
  return new RegExp(`[^\\u{1}-\\u{7f}${escaped}]`, 'gu')
}

/** What SQLite holds, and Postgres with UTF8. */
export const UNICODE = new Repertoire()

function escapes(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')
}
