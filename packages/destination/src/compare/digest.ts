import { hash } from 'node:crypto'

/** So many characters of base64: no two of any number of rows are the same by chance. */
const LENGTH = 22

/** A short stand-in for a text. A text itself, because that is what crosses into SQLite and out of it the fastest. */
export function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, LENGTH)
}
