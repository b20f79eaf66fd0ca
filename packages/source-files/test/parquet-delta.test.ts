import { describe, expect, it } from 'vitest'
import { ByteInput } from '../src/byte-input.ts'
import { readDeltas32, readDeltas64 } from '../src/parquet-delta.ts'

/** Writes integers as the specification says: 128 a block, in four parts. */
function written(values: readonly bigint[], bits: 32 | 64): Buffer {
  const bytes: number[] = []
  const unsigned = (value: bigint): void => {
    for (let left = value; ; left >>= 7n) {
      bytes.push(Number(left & 127n) | (left > 127n ? 128 : 0))
      if (left <= 127n) return
    }
  }
  const zigzag = (value: bigint): void => unsigned(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)))
  unsigned(128n)
  unsigned(4n)
  unsigned(BigInt(values.length))
  zigzag(values[0] ?? 0n)
  const deltas = values.slice(1).map((value, at) => BigInt.asIntN(bits, value - values[at]!))
  for (let from = 0; from < deltas.length; from += 128) {
    const block = deltas.slice(from, from + 128)
    const [least = 0n] = block.toSorted((one, other) => (one < other ? -1 : 1))
    zigzag(least)
    const parts = [0, 32, 64, 96].map((at) =>
      block.slice(at, at + 32).map((delta) => BigInt.asUintN(bits, delta - least)),
    )
    const widths = parts.map((part) =>
      part.reduce((most, one) => Math.max(most, one.toString(2).length * Number(one > 0n)), 0),
    )
    bytes.push(...widths)
    for (const [nth, part] of parts.entries()) {
      if (part.length === 0) break
      const width = widths[nth]!
      let all = 0n
      for (const [at, one] of part.entries()) all |= one << BigInt(at * width)
      for (let byte = 0; byte < width * 4; byte++) bytes.push(Number((all >> BigInt(byte * 8)) & 255n))
    }
  }
  return Buffer.from(bytes)
}

const inputOf = (bytes: Buffer, piece: number): ByteInput =>
  new ByteInput(
    (async function* () {
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
    })(),
  )

describe('integers written as differences', () => {
  it('are those of the example of the specification', async () => {
    // 7, 5, 3, 1, 2, 3, 4, 5: the smallest difference is -2, and the others have two bits.
    const bytes = Buffer.from([128, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0])
    expect([...(await readDeltas32(inputOf(bytes, 3), 8))]).toEqual([7, 5, 3, 1, 2, 3, 4, 5])
    expect([...(await readDeltas64(inputOf(bytes, 3), 8))]).toEqual([7n, 5n, 3n, 1n, 2n, 3n, 4n, 5n])
  })

  const ENDS = [0n, -1n, 1n, 2n ** 31n - 1n, -(2n ** 31n), 5n, 5n, 5n]
  const FAR = [...ENDS, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 40n)]
  const some = (from: readonly bigint[], count: number): readonly bigint[] =>
    Array.from({ length: count }, (_, at) => from[(at * 7 + (at >> 3)) % from.length]!)

  it.each([0, 1, 2, 32, 33, 128, 129, 130, 400])('come out as they went in: %i of them', async (count) => {
    for (const piece of [1, 7, 10_000]) {
      const near = some(ENDS, count)
      expect([...(await readDeltas32(inputOf(written(near, 32), piece), count))]).toEqual(near.map(Number))
      const far = some(FAR, count)
      expect([...(await readDeltas64(inputOf(written(far, 64), piece), count))]).toEqual(far)
    }
  })

  it.each<[string, Buffer]>([
    ['that are more than their page has', written(some(ENDS, 9), 32)],
    ['in blocks of nothing', Buffer.from([0, 4, 8, 14])],
    ['in no parts', Buffer.from([128, 1, 0, 8, 14])],
    ['in parts that are no groups of eight', Buffer.from([128, 1, 3, 8, 14])],
    ['of more bits than there are', Buffer.from([128, 1, 4, 8, 14, 3, 65, 0, 0, 0])],
  ])('are refused: %s', async (_, bytes) => {
    await expect(readDeltas32(inputOf(bytes, 100), 8)).rejects.toThrow('integers that cannot be decoded')
  })

  it('are refused where they end too early', async () => {
    const bytes = written(some(ENDS, 40), 32)
    for (let length = 0; length < bytes.length; length++)
      await expect(readDeltas32(inputOf(bytes.subarray(0, length), 100), 40)).rejects.toThrow('end too early')
  })
})
