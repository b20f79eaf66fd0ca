import { isAscii, isUtf8 } from 'node:buffer'
import { bytesOf, type Meter } from './bytes.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { refuseOtherKinds } from './magic.ts'

/**
 * The text of a file, piece by piece, without its byte order mark and the mark that DOS puts at its end. Bytes that are
 * not text fail; none are replaced.
 */
export async function* textOf(
  path: string,
  encoding: string,
  signal: AbortSignal,
  meter?: Meter,
): AsyncGenerator<string> {
  let held = ''
  for await (const piece of decoded(path, encoding, signal, meter)) {
    const text = held + piece
    held = text.endsWith(END_OF_FILE) ? END_OF_FILE : ''
    if (text.length > held.length) yield held === '' ? text : text.slice(0, -1)
  }
}

const END_OF_FILE = '\x1a'

async function* decoded(path: string, encoding: string, signal: AbortSignal, meter?: Meter): AsyncGenerator<string> {
  let decode: Decode | undefined
  for await (const bytes of bytesOf(path, signal, meter)) {
    if (decode === undefined) refuseOtherKinds(bytes)
    decode ??= decoder(encoding, bytes)
    const text = decode(bytes, false)
    if (text !== '') yield text
  }
  const rest = decode?.(Buffer.alloc(0), true) ?? ''
  if (rest !== '') yield rest
}

/** Whether this Node can read an encoding. */
export function knowsEncoding(encoding: string): boolean {
  try {
    new TextDecoder(encoding)
    return true
  } catch {
    return false
  }
}

type Decode = (bytes: Buffer, last: boolean) => string

function decoder(encoding: string, first: Buffer): Decode {
  const bigEndian = first[0] === 0xfe && first[1] === 0xff
  // The label "utf-16" means little endian unless a byte order mark says otherwise.
  const label = /^utf-?16$/i.test(encoding) && bigEndian ? 'utf-16be' : encoding
  const text = new TextDecoder(label, { fatal: true })
  if (text.encoding === 'utf-8') return utf8(bigEndian || (first[0] === 0xff && first[1] === 0xfe))
  return (bytes, last) => {
    try {
      return text.decode(bytes, { stream: !last })
    } catch (cause) {
      throw new InvalidFileError(`is not ${encoding}: set the table's "encoding" to the one it was written in`, {
        cause,
      })
    }
  }
}

/** UTF-8 by hand: TextDecoder is several times slower when it streams. */
function utf8(isUtf16: boolean): Decode {
  let carry: Buffer = Buffer.alloc(0)
  let offset = 0
  return (bytes, last) => {
    const all = carry.length === 0 ? bytes : Buffer.concat([carry, bytes])
    const end = last ? all.length : all.length - cutShort(all)
    carry = all.subarray(end)
    const whole = all.subarray(0, end)
    if (!isUtf8(whole)) throw new InvalidFileError(notUtf8(offset + firstInvalid(whole), isUtf16))
    const text = whole.toString(isAscii(whole) ? 'latin1' : 'utf8')
    const start = offset === 0 && text.charCodeAt(0) === 0xfeff ? 1 : 0
    offset += end
    return start === 0 ? text : text.slice(start)
  }
}

function notUtf8(at: number, isUtf16: boolean): string {
  const way = isUtf16
    ? 'it looks like UTF-16: set the table\'s "encoding" to "utf-16"'
    : 'set the table\'s "encoding" to the one it was written in, such as "latin1"'
  return `is not UTF-8 (byte ${at}): ${way}`
}

/** How many bytes at the end are the start of a character whose rest is still to come. */
function cutShort(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80 || byte >= 0xf8) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

/** Where the first bytes are that no UTF-8 text has, to within a character. */
function firstInvalid(bytes: Buffer): number {
  let valid = 0
  let step = bytes.length
  while (step > 0) {
    const piece = bytes.subarray(0, Math.min(valid + step, bytes.length))
    if (isUtf8(piece.subarray(0, piece.length - cutShort(piece)))) valid = Math.min(valid + step, bytes.length)
    step = Math.floor(step / 2)
  }
  return valid
}
