import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BatchBuffer } from '../src/read/batch-buffer.ts'

type Version = readonly [key: number, cursor: number]

it('keeps of each key the greatest cursor, the last among equals, whatever the order', () => {
  const version: fc.Arbitrary<Version> = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 }))
  fc.assert(
    fc.property(fc.array(version, { maxLength: 40 }), (versions) => {
      const gather = new BatchBuffer([0])
      const expected = new Map<number, readonly unknown[]>()
      for (const [place, [key, cursor]] of versions.entries()) {
        const before = expected.get(key)
        if (before === undefined || cursor >= (before[2] as number)) expected.set(key, [key, place, cursor])
        gather.add([key, place, cursor])
      }
      const { rows, deduped } = gather.take()
      expect(new Set(rows.map(String))).toEqual(new Set([...expected.values()].map(String)))
      expect(deduped).toBe(versions.length - rows.length)
    }),
  )
})

it('tells composite keys apart whose texts run together', () => {
  const gather = new BatchBuffer([0, 1])
  gather.add(['a', 'bc', 1])
  gather.add(['ab', 'c', 1])
  gather.add(['a', 'bc', 2])
  expect(gather.take().rows).toEqual([
    ['a', 'bc', 2],
    ['ab', 'c', 1],
  ])
})

it('compares binary keys by their bytes', () => {
  const gather = new BatchBuffer([0])
  gather.add([Uint8Array.of(2, 1), 1])
  gather.add([Uint8Array.of(1, 1), 1])
  gather.add([Uint8Array.of(2, 1), 2])
  expect(gather.take().deduped).toBe(1)
})

it('keeps all rows of a table without a key', () => {
  const gather = new BatchBuffer([])
  for (let n = 0; n < 3; n++) gather.add([1, null])
  expect(gather.take().rows.length).toBe(3)
})
