import { describe, expect, it } from 'vitest'
import { unlz4 } from '../src/lz4.ts'

/** A length as it stands in its half of the token, and behind it. */
const half = (length: number): number => Math.min(length, 15)
const more = (length: number): number[] =>
  length < 15 ? [] : [...Array.from({ length: Math.floor((length - 15) / 255) }, () => 255), (length - 15) % 255]
const sequence = (literal: Uint8Array, copy?: { readonly offset: number; readonly count: number }): Buffer =>
  Buffer.concat([
    Buffer.from([(half(literal.length) << 4) | half((copy?.count ?? 4) - 4), ...more(literal.length)]),
    literal,
    Buffer.from(copy === undefined ? [] : [copy.offset & 255, copy.offset >> 8, ...more(copy.count - 4)]),
  ])

async function unpack(bytes: Buffer, size: number, piece = bytes.length): Promise<Buffer> {
  const pieces: Buffer[] = []
  const input = (async function* () {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
  })()
  for await (const one of unlz4(input, size)) pieces.push(one)
  return Buffer.concat(pieces)
}

const TEXT = Buffer.from('abcdefghij')
const NONE = Buffer.alloc(0)
const LONG = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7 + (at >> 8) * 13) % 251))

describe('a block of LZ4 comes out as it went in', () => {
  it.each<[string, Buffer, string]>([
    ['nothing', sequence(NONE), ''],
    ['a literal', sequence(TEXT), 'abcdefghij'],
    [
      'a copy',
      Buffer.concat([sequence(TEXT, { offset: 10, count: 5 }), sequence(Buffer.from('z'))]),
      'abcdefghijabcdez',
    ],
    [
      'a copy of what it writes',
      Buffer.concat([sequence(TEXT, { offset: 1, count: 30 }), sequence(NONE)]),
      `abcdefghij${'j'.repeat(30)}`,
    ],
    ['a literal of more than one length', sequence(Buffer.alloc(300, 'q')), 'q'.repeat(300)],
  ])('%s, in pieces of any length', async (_, bytes, text) => {
    for (let piece = 1; piece <= bytes.length; piece++)
      expect((await unpack(bytes, text.length, piece)).toString()).toBe(text)
  })

  it('copies from as far back as they can refer, longer than what is held', async () => {
    const bytes = Buffer.concat([sequence(LONG, { offset: 65_535, count: 5_000_000 }), sequence(TEXT)])
    const expected = Buffer.alloc(LONG.length + 5_000_000)
    LONG.copy(expected)
    for (let at = LONG.length; at < expected.length; at++) expected[at] = expected[at - 65_535]!
    expect((await unpack(bytes, expected.length + 10, 1000)).equals(Buffer.concat([expected, TEXT]))).toBe(true)
  })
})

describe('a block of LZ4 is refused', () => {
  const GOOD = Buffer.concat([sequence(TEXT, { offset: 10, count: 40 }), sequence(TEXT)])

  it('where it ends too early', async () => {
    expect(await unpack(GOOD, 60)).toHaveLength(60)
    for (let length = 0; length < GOOD.length; length++)
      await expect(unpack(GOOD.subarray(0, length), 60, 3)).rejects.toThrow('its LZ4 data')
  })

  it.each<[string, Buffer, number, string]>([
    ['where it is longer than it declares', GOOD, 59, 'has more than the 59 bytes'],
    ['where it is shorter', GOOD, 61, 'ends too early'],
    ['where it has more behind it', Buffer.concat([GOOD, sequence(TEXT)]), 60, 'is damaged'],
    [
      'where it refers to what is not there',
      sequence(TEXT, { offset: 11, count: 4 }),
      14,
      'refers to data that does not exist',
    ],
    ['where it refers to nothing', sequence(TEXT, { offset: 0, count: 4 }), 14, 'refers to data that does not exist'],
  ])('%s', async (_, bytes, size, problem) => {
    await expect(unpack(bytes, size)).rejects.toThrow(problem)
  })
})
