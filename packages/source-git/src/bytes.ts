const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const UNKNOWN = '\ufffd'

/** Text for people: bytes that are no UTF-8, and NUL, which no database takes, become U+FFFD. */
export function looseText(bytes: Buffer, encoding?: string | undefined): string {
  return decode(bytes, encoding).replaceAll('\0', UNKNOWN)
}

function decode(bytes: Buffer, encoding: string | undefined): string {
  if (encoding === undefined || /^utf-?8$/i.test(encoding)) return bytes.toString('utf8')
  try {
    return new TextDecoder(encoding).decode(bytes)
  } catch {
    // A commit may claim an encoding that nobody knows.
    return bytes.toString('utf8')
  }
}

/**
 * Text for keys, where different names must stay different: a byte that is no UTF-8 becomes U+FFFD and its two hex
 * digits, and U+FFFD itself is doubled. All other names are as they are.
 */
export function exactText(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return text.includes(UNKNOWN) ? escaped(bytes) : text
}

function escaped(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const { character, size } = characterAt(bytes, at)
    if (character === undefined) text += UNKNOWN + bytes.toString('hex', at, at + 1)
    else text += character === UNKNOWN ? UNKNOWN + UNKNOWN : character
    at += size
  }
  return text
}

function characterAt(bytes: Buffer, at: number): { readonly character: string | undefined; readonly size: number } {
  const lead = bytes[at]!
  const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  try {
    return { character: STRICT.decode(bytes.subarray(at, at + size)), size }
  } catch {
    return { character: undefined, size: 1 }
  }
}
