import { ByteInput } from './byte-input.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { LzOutput, PIECE } from './lz-output.ts'

// Node has no LZ4. https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md

/** How far back a copy can refer. */
const WINDOW = 1 << 16
/** A length of which more follows, and the last byte of which more follows. */
const LONG = 15
const MORE = 255
const SHORTEST_COPY = 4

const damaged = (why: string): InvalidFileError =>
  new InvalidFileError(`is damaged: its LZ4 data ${why}; write it again`)

/**
 * Decompresses a block of LZ4 as its bytes arrive, in a memory that does not grow with it.
 *
 * @param size how many bytes it has when it is decompressed.
 * @throws Broken where it has not.
 */
export async function* unlz4(bytes: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  const input = new ByteInput(bytes)
  const output = new LzOutput({ size, window: WINDOW, damaged })
  try {
    // The last sequence has no copy.
    for (let isLast = size === 0 && (await input.isOver()); !isLast; ) {
      const token = await input.byte()
      for (let left = await lengthOf(input, token >> 4); left > 0; ) {
        const literal = await input.some(Math.min(left, PIECE))
        output.append(literal, 0, literal.length)
        left -= literal.length
        if (output.isFull) yield output.take()
      }
      isLast = await input.isOver()
      if (isLast) break
      const low = await input.byte()
      const offset = low + (await input.byte()) * 256
      for (let left = SHORTEST_COPY + (await lengthOf(input, token & 15)); left > 0; ) {
        const count = Math.min(left, PIECE)
        output.repeat(offset, count)
        left -= count
        if (output.isFull) yield output.take()
      }
    }
  } catch (error) {
    if (error instanceof InvalidFileError) throw error
    throw damaged('ends too early')
  } finally {
    await input.close()
  }
  const rest = output.take()
  if (rest.length > 0) yield rest
  if (output.total !== size) throw damaged('ends too early')
}

async function lengthOf(input: ByteInput, first: number): Promise<number> {
  let length = first
  if (first === LONG) {
    for (let byte = MORE; byte === MORE; length += byte) byte = await input.byte()
  }
  return length
}
