import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AscendingMap } from '../src/read/ascending-map.ts'

const key = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.bigInt({ min: 0n, max: 9n }),
  fc.constantFrom('', 'a', 'b', 'ä', '10', '9'),
)

it('a map for ascending keys holds what a map holds, also when keys go back or are of several types', () => {
  const sorted = fc.array(fc.integer({ min: 0, max: 30 })).map((keys): unknown[] => keys.toSorted((a, b) => a - b))
  const keys = fc.tuple(sorted, fc.array(key as fc.Arbitrary<unknown>)).map((parts) => parts.flat())
  fc.assert(
    fc.property(keys, fc.array(fc.oneof(key, fc.integer({ min: 0, max: 40 }))), (put, asked) => {
      const map = new Map<unknown, number>()
      const ascending = new AscendingMap<number>()
      for (const [at, one] of put.entries()) {
        expect([ascending.get(one), ascending.has(one)]).toEqual([map.get(one), map.has(one)])
        map.set(one, at)
        ascending.set(one, at)
        expect(ascending.size).toBe(map.size)
      }
      for (const one of asked) expect([ascending.get(one), ascending.has(one)]).toEqual([map.get(one), map.has(one)])
    }),
  )
})

it('a number and a bigint that are equal are two keys, as in a map', () => {
  const map = new AscendingMap<string>()
  map.set(1, 'number')
  expect(map.get(2n)).toBeUndefined()
  expect(map.get(1n)).toBeUndefined()
  map.set(1n, 'bigint')
  expect([map.get(1), map.get(1n), map.size]).toEqual(['number', 'bigint', 2])
})

it('a text that is smaller than another and greater than a number is not new', () => {
  const map = new AscendingMap<number>()
  for (const [at, key] of ['11', '9', 10].entries()) map.set(key, at)
  expect(map.get('11')).toBe(0)
})
