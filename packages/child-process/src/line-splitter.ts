import { isUtf8 } from 'node:buffer'

const NEWLINE = 10

/** Why bytes are not lines. */
export type LineProblem = 'too long' | 'not UTF-8'

/** Cuts bytes that arrive in pieces into lines. It holds no more than one line and one piece. */
export class LineSplitter {
  readonly #maxBytes: number
  #pieces: Buffer[] = []
  #bytes = 0

  /** @param maxBytes the longest line. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The lines that a piece completes. */
  take(piece: Buffer): readonly string[] | LineProblem {
    const end = piece.lastIndexOf(NEWLINE)
    const first = end === -1 ? piece.length : piece.indexOf(NEWLINE)
    if (this.#bytes + first > this.#maxBytes) return 'too long'
    if (end === -1) {
      this.#keep(piece)
      return []
    }
    const whole = this.#bytes === 0 ? piece.subarray(0, end) : Buffer.concat([...this.#pieces, piece.subarray(0, end)])
    this.#pieces = []
    this.#bytes = 0
    if (end + 1 < piece.length) this.#keep(piece.subarray(end + 1))
    if (!isUtf8(whole)) return 'not UTF-8'
    const lines = whole.toString('utf8').split('\n')
    if (whole.length > this.#maxBytes && lines.some((line) => Buffer.byteLength(line) > this.#maxBytes))
      return 'too long'
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  }

  /** What follows the last line end; undefined: nothing. */
  rest(): string | LineProblem | undefined {
    if (this.#bytes === 0) return undefined
    const whole = Buffer.concat(this.#pieces)
    return isUtf8(whole) ? whole.toString('utf8') : 'not UTF-8'
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#bytes += piece.length
  }
}
