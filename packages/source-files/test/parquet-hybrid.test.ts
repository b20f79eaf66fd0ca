import { describe, expect, it } from 'vitest'
import { HybridReader } from '../src/parquet-hybrid.ts'

const run = (count: number, value: number, width: number): number[] => {
  const bytes = Array.from({ length: Math.ceil(width / 8) }, (_, at) => Math.floor(value / 256 ** at) % 256)
  return [...head(count * 2), ...bytes]
}
const head = (value: number): number[] => (value < 128 ? [value] : [(value % 128) | 128, ...head(value >> 7)])
/** Numbers in groups of eight, the last filled up. */
const groups = (values: readonly number[], width: number): number[] => {
  const count = Math.ceil(values.length / 8)
  let bits = 0n
  for (const [at, value] of values.entries()) bits |= BigInt(value) << BigInt(at * width)
  return [
    ...head(count * 2 + 1),
    ...Array.from({ length: count * width }, (_, at) => Number((bits >> BigInt(at * 8)) & 255n)),
  ]
}
const read = (bytes: readonly number[], width: number, count: number): [number[], boolean] => {
  const reader = new HybridReader(Buffer.from(bytes), width)
  return [Array.from({ length: count }, () => reader.next()), reader.isOver]
}

it.each([1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32])('numbers of %i bits', (width) => {
  const values = Array.from({ length: 21 }, (_, at) => (at * 2_654_435_761) % 2 ** width)
  const most = 2 ** width - 1
  const bytes = [
    ...run(300, most, width),
    ...groups([...values, 1, 0, 1], width),
    ...run(1, 0, width),
    ...groups([most, 1], width),
  ]
  expect(read(bytes, width, 327)).toEqual([[...Array(300).fill(most), ...values, 1, 0, 1, 0, most, 1], true])
})

it('numbers of no bits are zeros', () => {
  expect(read([...run(3, 0, 0), ...groups([0, 0], 0)], 0, 5)).toEqual([[0, 0, 0, 0, 0], true])
})

describe('what is left is seen', () => {
  it.each<[string, number[], number]>([
    ['a run', run(3, 1, 1), 2],
    ['another run', [...run(2, 1, 1), ...run(1, 0, 1)], 2],
  ])('%s', (_, bytes, count) => expect(read(bytes, 1, count)[1]).toBe(false))
})

describe('is refused', () => {
  it.each<[string, number[], number]>([
    ['what ends', run(3, 1, 1), 4],
    ['a run without its number', [6], 1],
    ['a run whose length does not end', [255, 255, 255, 255, 255, 255], 1],
    ['groups that are cut off', [3], 1],
    ['runs of nothing', [0, 0, 0, 0], 1],
  ])('%s', (_, bytes, count) => expect(() => read(bytes, 1, count)).toThrow('fewer values than it declares'))

  it('a width that no number has', () => expect(() => read([], 33, 0)).toThrow('33 bits'))
})
