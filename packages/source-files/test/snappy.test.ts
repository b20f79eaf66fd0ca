import { describe, expect, it } from 'vitest'
import { unsnapped } from '../src/snappy.ts'

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
const bytesOf = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => Math.floor(value / 256 ** at) % 256)

const literal = (bytes: Uint8Array): Buffer => {
  const last = bytes.length - 1
  const behind = last < 60 ? 0 : last < 256 ? 1 : last < 65_536 ? 2 : 3
  return Buffer.concat([Buffer.from([(behind === 0 ? last : 59 + behind) << 2, ...bytesOf(last, behind)]), bytes])
}
/** A copy whose offset has so many bytes: 1, 2 or 4. */
const copy = (offset: number, count: number, width: 1 | 2 | 4): Buffer =>
  width === 1
    ? Buffer.from([((offset >> 8) << 5) | ((count - 4) << 2) | 1, offset & 255])
    : Buffer.from([((count - 1) << 2) | (width === 2 ? 2 : 3), ...bytesOf(offset, width)])
const block = (size: number, ...elements: Buffer[]): Buffer => Buffer.concat([Buffer.from(varint(size)), ...elements])

async function* inPieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}
async function unpack(bytes: Buffer, size: number, piece = bytes.length): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const one of unsnapped(inPieces(bytes, piece), size)) pieces.push(one)
  return Buffer.concat(pieces)
}

const TEXT = Buffer.from('abcdefghij')
const MB = 1 << 20
const from = (seed: number, count: number): Buffer => {
  const bytes = Buffer.alloc(count)
  for (let at = 0; at < count; at++) bytes[at] = (at * 7 + (at >> 8) * 13 + seed) % 251
  return bytes
}

describe('a block of Snappy comes out as it went in', () => {
  it.each<[string, Buffer, string]>([
    ['nothing', block(0), ''],
    ['a literal', block(10, literal(TEXT)), 'abcdefghij'],
    ['a copy of two bytes', block(15, literal(TEXT), copy(10, 5, 2)), 'abcdefghijabcde'],
    ['a copy of one byte', block(14, literal(TEXT), copy(3, 4, 1)), 'abcdefghijhijh'],
    ['a copy of four bytes', block(13, literal(TEXT), copy(9, 3, 4)), 'abcdefghijbcd'],
    ['a copy of what it writes', block(20, literal(TEXT), copy(1, 10, 2)), 'abcdefghijjjjjjjjjjj'],
  ])('%s, in pieces of any length', async (_, bytes, text) => {
    for (let piece = 1; piece <= bytes.length; piece++)
      expect((await unpack(bytes, text.length, piece)).toString()).toBe(text)
  })

  it.each([60, 61, 256, 257, 65_536, 65_537, 3 * MB])('a literal of %i bytes', async (length) => {
    const bytes = from(length, length)
    for (const piece of [997, 64 * 1024, 4 * MB])
      expect((await unpack(block(length, literal(bytes)), length, piece)).equals(bytes)).toBe(true)
  })

  it('where it is longer than what is kept of it', async () => {
    const parts: Buffer[] = []
    const whole = Buffer.alloc(13 * MB)
    let size = 0
    for (let mb = 0; mb < 12; mb++) {
      const one = from(mb, MB)
      parts.push(literal(one))
      size += one.copy(whole, size)
      for (const offset of [1, 63, 64, 2047, 65_535, MB - 1]) {
        parts.push(copy(offset, 64, offset < 65_536 ? 2 : 4))
        for (const end = size + 64; size < end; size++) whole[size] = whole[size - offset]!
      }
    }
    const expected = whole.subarray(0, size)
    for (const piece of [300_001, 16 * MB])
      expect((await unpack(block(size, ...parts), size, piece)).equals(expected)).toBe(true)
  })

  it('where a copy refers back as far as is kept', async () => {
    const first = from(1, 9 * MB)
    const bytes = block(9 * MB + 64, literal(first), copy(8 * MB, 64, 4))
    const out = await unpack(bytes, 9 * MB + 64, 100_000)
    expect(out.subarray(9 * MB).equals(first.subarray(MB, MB + 64))).toBe(true)
  })
})

describe('a block of Snappy is refused', () => {
  it.each<[string, Buffer, number, string]>([
    ['without its length', Buffer.alloc(0), 0, 'ends too early'],
    ['whose length does not end', Buffer.from([255, 255, 255, 255, 255, 1]), 5, 'declares no length'],
    [
      'that has another length than its page',
      block(10, literal(TEXT)),
      11,
      'declares 10 bytes, but its page declares 11',
    ],
    ['that has less', block(11, literal(TEXT)), 11, 'ends too early'],
    ['that has more', block(9, literal(TEXT)), 9, 'more than the 9 bytes'],
    ['that copies more', block(12, literal(TEXT), copy(10, 5, 2)), 12, 'more than the 12 bytes'],
    ['that is cut off in a literal', block(10, literal(TEXT)).subarray(0, 8), 10, 'ends too early'],
    ['that is cut off in a copy', block(15, literal(TEXT), copy(10, 5, 2)).subarray(0, -1), 15, 'ends too early'],
    ['with bytes behind it', block(10, literal(TEXT), literal(TEXT)), 10, 'more than the 10 bytes'],
    ['with a copy of nothing', block(14, literal(TEXT), copy(0, 4, 2)), 14, 'refers to data that does not exist'],
    ['with a copy from before it', block(14, literal(TEXT), copy(11, 4, 2)), 14, 'refers to data that does not exist'],
    [
      'with a copy from further back',
      block(9 * MB + 4, literal(from(1, 9 * MB)), copy(8 * MB + 1, 4, 4)),
      9 * MB + 4,
      'refers back by 8388609',
    ],
  ])('%s', async (_, bytes, size, problem) => {
    for (const piece of bytes.length < 100 ? [1, 5, 100] : [4 * MB])
      await expect(unpack(bytes, size, piece)).rejects.toThrow(problem)
  })
})
