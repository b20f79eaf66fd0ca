import type { ByteInput } from './byte-input.ts'
import { InvalidFileError } from './invalid-file-error.ts'

// Integers written as differences: in blocks, each with its smallest difference, of parts, each with a width in bits.
// https://github.com/apache/parquet-format/blob/master/Encodings.md#delta-encoding-delta_binary_packed--5

/** How many integers of a page are held at most: a page that has more is left to DuckDB. */
export const MOST_DELTAS = 4 << 20
/** Writers have blocks of 128, or of a few thousand. */
const LONGEST_BLOCK = 1 << 20

/** Integers of 32 bits written as differences. @throws Broken where they are more than `most`. */
export async function readDeltas32(input: ByteInput, most: number): Promise<Int32Array> {
  const { count, first, parts } = await openDeltas(input, most)
  const values = new Int32Array(count)
  if (count > 0) values[0] = Number(BigInt.asIntN(32, first))
  let at = 1
  for await (const { least, width, bytes, size } of parts) {
    const smallest = Number(BigInt.asIntN(32, least))
    // What a width above 32 has in its higher bits is lost in 32 bits, whatever it is.
    for (let nth = 0; nth < size && at < count; nth++, at++)
      values[at] = (values[at - 1]! + smallest + low(bytes, nth * width, width)) | 0
  }
  return values
}

/** The same of 64 bits. */
export async function readDeltas64(input: ByteInput, most: number): Promise<BigInt64Array> {
  const { count, first, parts } = await openDeltas(input, most)
  const values = new BigInt64Array(count)
  if (count > 0) values[0] = first
  let at = 1
  for await (const { least, width, bytes, size } of parts) {
    for (let nth = 0; nth < size && at < count; nth++, at++) {
      const bit = nth * width
      const upper = width > 32 ? BigInt(low(bytes, bit + 32, width - 32)) << 32n : 0n
      // Each element is taken modulo 2^64.
      values[at] = values[at - 1]! + least + upper + BigInt(low(bytes, bit, Math.min(width, 32)))
    }
  }
  return values
}

interface Part {
  readonly least: bigint
  readonly width: number
  readonly bytes: Buffer
  readonly size: number
}

async function openDeltas(input: ByteInput, most: number) {
  const blockSize = await unsigned(input)
  const partCount = await unsigned(input)
  const count = await unsigned(input)
  const first = signed(await varint(input))
  const size = blockSize / partCount
  if (!Number.isInteger(size) || size % 8 !== 0 || size === 0 || blockSize > LONGEST_BLOCK || count > most)
    throw damaged()
  return { count, first, parts: partsOf(input, { partCount, size, count }) }
}

async function* partsOf(
  input: ByteInput,
  { partCount, size, count }: { readonly partCount: number; readonly size: number; readonly count: number },
): AsyncGenerator<Part> {
  for (let left = count - 1; left > 0; ) {
    const least = signed(await varint(input))
    const widths = await input.read(partCount)
    // Of the last block, parts that nothing is in are left out.
    for (const width of widths) {
      if (left <= 0) break
      if (width > 64) throw damaged()
      yield { least, width, bytes: await input.read((width * size) / 8), size }
      left -= size
    }
  }
}

/** A number of up to 32 bits. */
function low(bytes: Buffer, from: number, width: number): number {
  let number = 0
  let scale = 1
  for (let bit = from, left = Math.min(width, 32); left > 0; ) {
    const count = Math.min(left, 8 - (bit & 7))
    number += ((bytes[bit >> 3]! >> (bit & 7)) & ((1 << count) - 1)) * scale
    scale *= 2 ** count
    bit += count
    left -= count
  }
  return number
}

async function unsigned(input: ByteInput): Promise<number> {
  const value = await varint(input)
  if (value >= 2n ** 31n) throw damaged()
  return Number(value)
}

async function varint(input: ByteInput): Promise<bigint> {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = await input.byte()
    value |= BigInt(byte & 127) << shift
    if (byte < 128) return BigInt.asUintN(64, value)
  }
  throw damaged()
}

const signed = (zigzag: bigint): bigint => BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n))

const damaged = (): InvalidFileError =>
  new InvalidFileError('is damaged: a page has integers that cannot be decoded; write it again')
