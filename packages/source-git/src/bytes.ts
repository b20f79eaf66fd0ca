const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const UNKNOWN = '\ufffd'

/**
 * Text in its encoding, as it is. Where it does not decode, each byte that is not UTF-8, and each NUL, which no
 * database takes, becomes U+FFFD and its two hex digits: nothing is lost, and two texts are never one by it.
 */
export function plainText(bytes: Buffer, encoding?: string | undefined): string {
  const text = decode(bytes, encoding)
  return (text ?? escaped(bytes, false)).replaceAll('\0', `${UNKNOWN}00`)
}

/** Undefined where the bytes are not of the encoding. */
function decode(bytes: Buffer, encoding: string | undefined): string | undefined {
  try {
    return encoding === undefined || /^utf-?8$/i.test(encoding)
      ? STRICT.decode(bytes)
      : new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    // A commit may also claim an encoding that nobody knows.
    return encoding === undefined || /^utf-?8$/i.test(encoding) ? undefined : decode(bytes, undefined)
  }
}

/**
 * Text for keys, where different names must stay different: a byte that is not UTF-8 becomes U+FFFD and its two hex
 * digits, and U+FFFD itself is doubled. All other names are as they are.
 */
export function exactText(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return text.includes(UNKNOWN) ? escaped(bytes, true) : text
}

/** @param doubles whether U+FFFD itself is doubled. */
function escaped(bytes: Buffer, doubles: boolean): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const { character, size } = characterAt(bytes, at)
    if (character === undefined) text += UNKNOWN + bytes.toString('hex', at, at + 1)
    else text += doubles && character === UNKNOWN ? UNKNOWN + UNKNOWN : character
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
