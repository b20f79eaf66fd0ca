import { InvalidFileError } from './invalid-file-error.ts'
import { LzOutput, PIECE } from './lz-output.ts'

// Node has no Snappy. https://github.com/google/snappy/blob/main/format_description.txt

/**
 * How far back a copy may refer. The format allows 4 GB; writers compress parts of 64 KB, or of 4 MB, each by itself.
 */
const WINDOW = 8 << 20
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
  const output = new LzOutput({ size, window: WINDOW, damaged })
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
