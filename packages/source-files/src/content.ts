import { isAscii, isUtf8 } from 'node:buffer'
import { type Meter, passingBytesOf } from './bytes.ts'
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
  const file = new FileText(encoding)
  for await (const bytes of passingBytesOf(path, signal, meter)) {
    file.begin(bytes)
    const text = file.feed(bytes)
    if (text !== '') yield text
  }
  const rest = file.end()
  if (rest !== '') yield rest
}

const END_OF_FILE = '\x1a'

/** The text of the bytes of a file, given piece by piece. */
export class FileText {
  readonly #encoding: string
  #decoder: Decoder | undefined
  /** What may be the mark at its end. */
  #held = ''

  constructor(encoding: string) {
    this.#encoding = encoding
  }

  /** Looks at its first bytes; later ones change nothing. @throws InvalidFileError where they are those of no text. */
  begin(first: Buffer): void {
    if (this.#decoder !== undefined) return
    refuseOtherKinds(first)
    this.#decoder = decoderOf(this.#encoding, first)
  }

  /** The text of the next bytes. @throws InvalidFileError where they are not text. */
  feed(bytes: Buffer): string {
    return this.#withoutMark(this.#decoder!.decode(bytes, false))
  }

  /** The text that the end completes. */
  end(): string {
    return this.#withoutMark(this.#decoder?.decode(Buffer.alloc(0), true) ?? '')
  }

  get isUtf8(): boolean {
    return this.#decoder!.isUtf8
  }

  /** Whether all that was given has become text. */
  get isBetween(): boolean {
    return this.#held === '' && this.#decoder!.isBetween
  }

  /** Passes over bytes that are read in another way. */
  pass(bytes: number): void {
    this.#decoder!.pass(bytes)
  }

  #withoutMark(piece: string): string {
    if (piece === '') return ''
    const text = this.#held + piece
    this.#held = text.endsWith(END_OF_FILE) ? END_OF_FILE : ''
    return this.#held === '' ? text : text.slice(0, -1)
  }
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

interface Decoder {
  readonly isUtf8: boolean
  /** Whether no character waits for its rest. */
  readonly isBetween: boolean
  decode(bytes: Buffer, last: boolean): string
  pass(bytes: number): void
}

function decoderOf(encoding: string, first: Buffer): Decoder {
  const bigEndian = first[0] === 0xfe && first[1] === 0xff
  // The label "utf-16" means little endian unless a byte order mark says otherwise.
  const label = /^utf-?16$/i.test(encoding) && bigEndian ? 'utf-16be' : encoding
  const text = new TextDecoder(label, { fatal: true })
  if (text.encoding === 'utf-8') return new Utf8(bigEndian || (first[0] === 0xff && first[1] === 0xfe))
  return {
    isUtf8: false,
    isBetween: false,
    decode: (bytes, last) => {
      try {
        return text.decode(bytes, { stream: !last })
      } catch (cause) {
        throw new InvalidFileError(`is not ${encoding}: set the table's "encoding" to the one it was written in`, {
          cause,
        })
      }
    },
    pass: () => {},
  }
}

/** UTF-8 by hand: TextDecoder is several times slower when it streams. */
class Utf8 implements Decoder {
  readonly isUtf8 = true
  readonly #isUtf16: boolean
  #carry: Buffer = Buffer.alloc(0)
  #offset = 0

  constructor(isUtf16: boolean) {
    this.#isUtf16 = isUtf16
  }

  get isBetween(): boolean {
    return this.#carry.length === 0
  }

  decode(bytes: Buffer, last: boolean): string {
    const all = this.#carry.length === 0 ? bytes : Buffer.concat([this.#carry, bytes])
    const end = last ? all.length : all.length - cutShort(all)
    // A copy: the bytes given may be written over.
    this.#carry = Buffer.from(all.subarray(end))
    const whole = all.subarray(0, end)
    if (!isUtf8(whole)) throw new InvalidFileError(notUtf8(this.#offset + firstInvalid(whole), this.#isUtf16))
    const text = whole.toString(isAscii(whole) ? 'latin1' : 'utf8')
    const start = this.#offset === 0 && text.charCodeAt(0) === 0xfeff ? 1 : 0
    this.#offset += end
    return start === 0 ? text : text.slice(start)
  }

  pass(bytes: number): void {
    this.#offset += bytes
  }
}

function notUtf8(at: number, isUtf16: boolean): string {
  const way = isUtf16
    ? 'it looks like UTF-16: set the table\'s "encoding" to "utf-16"'
    : 'set the table\'s "encoding" to the one it was written in, such as "latin1"'
  return `is not UTF-8 (byte ${at}): ${way}`
}

/** How many bytes at the end are the start of a character whose rest is still to come. */
export function cutShort(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80 || byte >= 0xf8) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

/** Where the first bytes are that no UTF-8 text has. */
function firstInvalid(bytes: Buffer): number {
  let valid = 0
  let invalid = bytes.length
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >>> 1
    const piece = bytes.subarray(0, middle)
    if (isUtf8(piece.subarray(0, middle - cutShort(piece)))) valid = middle
    else invalid = middle
  }
  // What looked like a character whose rest is to come may be no character at all.
  while (!isUtf8(bytes.subarray(0, valid))) valid--
  return valid
}
