import { InvalidFileError } from './invalid-file-error.ts'

// Node has no Snappy. https://github.com/google/snappy/blob/main/format_description.txt

/**
 * How far back a copy may refer. The format allows 4 GB; writers compress parts of 64 KB, or of 4 MB, each by itself.
 */
const WINDOW = 8 << 20
const PIECE = 1 << 20
/** The longest copy. */
const COPY = 64
const LITERAL = 0
/** How many bytes stand behind the tag of a copy, by its kind. */
const BEHIND = [0, 1, 2, 4] as const

const damaged = (why: string): InvalidFileError =>
  new InvalidFileError(`is damaged: its Snappy data ${why}; write it again`)

/**
 * Decompresses a raw block of Snappy as its bytes arrive, in a memory that does not grow with it.
 *
 * @param size how many bytes it has when it is decompressed.
 * @throws Broken where it has not, or refers back further than writers do.
 */
export async function* unsnapped(bytes: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  const output = new Output(size)
  let rest: Buffer = Buffer.alloc(0)
  let isBegun = false
  let literal = 0
  for await (const piece of bytes) {
    const input = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let at = 0
    if (!isBegun) {
      const head = lengthAt(input)
      if (head !== undefined) {
        if (head.value !== size) throw damaged(`declares ${head.value} bytes, but its page declares ${size}`)
        at = head.length
        isBegun = true
      }
    }
    while (isBegun) {
      if (literal > 0) {
        const count = Math.min(literal, input.length - at, PIECE)
        if (count === 0) break
        output.append(input, at, count)
        at += count
        literal -= count
      } else {
        const step = tagAt(input, at)
        if (step === undefined) break
        at += step.length
        if (step.offset === 0) literal = step.count
        else output.repeat(step.offset, step.count)
      }
      if (output.isFull) yield output.take()
    }
    rest = input.subarray(at)
    const last = output.take()
    if (last.length > 0) yield last
  }
  if (!isBegun || rest.length > 0 || literal > 0 || output.total !== size) throw damaged('ends too early')
}

/** The length of all, which is in front; undefined where it has not arrived. */
function lengthAt(input: Buffer): { readonly value: number; readonly length: number } | undefined {
  let value = 0
  for (let at = 0; at < 5; at++) {
    const byte = input[at]
    if (byte === undefined) return undefined
    value += (byte & 127) * 128 ** at
    if (byte < 128) return { value, length: at + 1 }
  }
  throw damaged('declares no length')
}

interface Tag {
  readonly length: number
  /** How many bytes follow, or are repeated. */
  readonly count: number
  /** How far back what is repeated is; 0 for bytes that follow. */
  readonly offset: number
}

/** The tag of an element, with what belongs to it; undefined where it has not arrived. */
function tagAt(input: Buffer, at: number): Tag | undefined {
  const tag = input[at]
  if (tag === undefined) return undefined
  const kind = tag & 3
  const upper = tag >> 2
  const behind = kind === LITERAL ? Math.max(0, upper - 59) : BEHIND[kind]!
  if (at + 1 + behind > input.length) return undefined
  const value = behind === 0 ? upper : input.readUIntLE(at + 1, behind)
  const length = 1 + behind
  if (kind === LITERAL) return { length, count: value + 1, offset: 0 }
  const offset = kind === 1 ? value + ((upper >> 3) << 8) : value
  if (offset === 0) throw damaged('refers to data that does not exist')
  return { length, count: kind === 1 ? (upper & 7) + 4 : upper + 1, offset }
}

/** What was decompressed: the last of it stays, because copies refer to it. */
class Output {
  readonly #bytes: Buffer
  readonly #size: number
  #end = 0
  /** Up to where it was taken. */
  #taken = 0
  total = 0

  constructor(size: number) {
    this.#size = size
    this.#bytes = Buffer.allocUnsafe(Math.min(size, WINDOW + 3 * PIECE) + COPY)
  }

  get isFull(): boolean {
    return this.#end - this.#taken >= PIECE
  }

  append(from: Buffer, at: number, count: number): void {
    this.#grow(count)
    from.copy(this.#bytes, this.#end, at, at + count)
    this.#end += count
  }

  repeat(offset: number, count: number): void {
    if (offset > this.total) throw damaged('refers to data that does not exist')
    if (offset > WINDOW) throw damaged(`refers back by ${offset} bytes, more than the supported ${WINDOW}`)
    this.#grow(count)
    const bytes = this.#bytes
    // Byte by byte, because it may repeat what it has just written.
    for (let to = this.#end, end = to + count; to < end; to++) bytes[to] = bytes[to - offset]!
    this.#end += count
  }

  #grow(count: number): void {
    this.total += count
    if (this.total > this.#size) throw damaged(`has more than the ${this.#size} bytes that it declares`)
  }

  /** What was not yet taken. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(this.#taken, this.#end))
    if (this.#end > WINDOW + PIECE) {
      this.#bytes.copyWithin(0, this.#end - WINDOW, this.#end)
      this.#end = WINDOW
    }
    this.#taken = this.#end
    return taken
  }
}
