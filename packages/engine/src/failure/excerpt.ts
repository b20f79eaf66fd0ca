/** No secret is longer: one that begins before the end of an excerpt is found as a whole. */
const LONGEST_SECRET = 5000

/**
 * The beginning of a text as a text of its own. What `slice` gives keeps the whole text in memory for as long as it lives.
 */
export function beginningOf(text: string, length: number): string {
  return text.length <= length ? text : Buffer.from(text.slice(0, length).toWellFormed()).toString()
}

/** The beginning of a text that is redacted later, and then cut to this length. */
export function unredacted(text: string, length: number): string {
  return beginningOf(text, length + LONGEST_SECRET)
}

/** The beginning of a text, with secrets taken out. */
export function excerptOf(text: string, length: number, redact: (text: string) => string): string {
  return beginningOf(redact(unredacted(text, length)), length)
}
