/** Takes secrets out of texts, in every form that they may have taken on the way. */
export interface Redactor {
  /** Makes more texts secret, such as an access token that was just given. */
  add(...secrets: readonly string[]): void
  redact(text: string): string
}

const MASK = '***'
// A shorter text stands in too many words: hiding it would hide everything, and a secret of that length is none.
const SHORTEST = 4

export function createRedactor(secrets: readonly string[] = []): Redactor {
  const forms = new Set<string>()
  let pattern: RegExp | undefined
  const add = (...more: readonly string[]): void => {
    for (const secret of more) for (const form of formsOf(secret)) forms.add(form)
    // The longest first: one secret may be the beginning of another.
    const sorted = [...forms].sort((a, b) => b.length - a.length).map((form) => RegExp.escape(form))
    pattern = sorted.length === 0 ? undefined : new RegExp(sorted.join('|'), 'gi')
  }
  add(...secrets)
  return { add, redact: (text) => (pattern === undefined ? text : text.replace(pattern, MASK)) }
}

function formsOf(secret: string): readonly string[] {
  const whole = secret.toWellFormed()
  const forms = [secret, secret.trim()].flatMap((text) => [
    text,
    encodeURIComponent(text.toWellFormed()),
    encodeURI(text.toWellFormed()),
    new URLSearchParams([['', text]]).toString().slice(1),
    JSON.stringify(text).slice(1, -1),
  ])
  return [...forms, ...base64Of(whole)].filter((form) => form.length >= SHORTEST)
}

/** Base64 of a text, also where other bytes stand before and after it, as in `Authorization: Basic`. */
function base64Of(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '')
    const first = Math.ceil((before * 8) / 6)
    const inner = encoded.slice(first, Math.floor(((before + bytes.length) * 8) / 6))
    if (inner.length < 6) return []
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
