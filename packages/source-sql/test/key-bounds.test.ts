import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyBounds } from '../src/key-bounds.ts'
import { rowsIn } from '../src/mysql/key-bounds.ts'
import { boundsIn } from '../src/postgres/key-bounds.ts'

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

/** Cuts keys whose number between two others is known exactly. */
async function cutExactly(keys: readonly bigint[], perRange: number) {
  let asked = 0
  const estimate = async (from: bigint, to: bigint) => {
    asked++
    return keys.filter((key) => key >= from && key < to).length
  }
  const sorted = keys.toSorted((a, b) => (a < b ? -1 : 1))
  const bounds = await keyBounds({ min: sorted[0]!, max: sorted.at(-1)!, perRange, estimate, isOver: () => false })
  const ranges = [undefined, ...bounds].map((from, at) =>
    keys.filter((key) => (from === undefined || key >= from) && (bounds[at] === undefined || key < bounds[at]!)),
  )
  return { bounds, ranges, asked }
}

describe('where keys are cut', () => {
  it('about equally many are between two cuts, whatever numbers are missing', async () => {
    const far = fc.bigInt(INT64)
    const near = fc.bigInt({ min: 0n, max: 2000n })
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.oneof(near, far), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 100 }),
        async (keys, perRange) => {
          const { bounds, ranges, asked } = await cutExactly(keys, perRange)
          expect(bounds).toEqual(bounds.toSorted((a, b) => (a < b ? -1 : 1)))
          for (const range of ranges) expect(range.length).toBeLessThanOrEqual(Math.max(1, perRange * 1.25))
          // No more than twice as many ranges as there must be, and one number out of all does not cost thousands of questions.
          expect(ranges.length).toBeLessThanOrEqual(2 * Math.ceil(keys.length / perRange) + 1)
          expect(asked).toBeLessThan(128 * ranges.length + 2)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('ends where many rows have one key, and where the time is over', async () => {
    const estimate = async (from: bigint, to: bigint) => (from <= 7n && to > 7n ? 1000 : 0)
    expect(await keyBounds({ min: 0n, max: 100n, perRange: 10, estimate, isOver: () => false })).toHaveLength(0)
    let asked = 0
    const many = async (from: bigint, to: bigint) => {
      asked++
      return Number(to - from)
    }
    const bounds = await keyBounds({ min: 0n, max: 1_000_000n, perRange: 10, estimate: many, isOver: () => asked > 7 })
    expect(bounds).toHaveLength(4)
    expect(asked).toBe(9)
  })
})

describe('the statistics of Postgres', () => {
  it.each([
    [['{0,10,20,30,40,50,60,70,80}', null], 4, [20, 40, 60]],
    [['{0,10,20,30}', null], 3, [10, 20]],
    [['{0,100,300}', null], 8, [25, 50, 75, 100, 150, 200, 250]],
    [['{-5,0,5}', '{3,-9}'], 4, [-5, 0, 3]],
    [[null, '{1,2,3}'], 3, [2]],
    [['{7,7}', null], 5, []],
    [[null, null], 5, []],
  ] as const)('%j cut into %i: %j', (row, ranges, bounds) => {
    const cuts = boundsIn([row as never], ranges)
    expect(cuts.length).toBeLessThan(ranges)
    expect(cuts.map(Number)).toEqual(bounds)
  })

  it('that are missing cut nothing', () => {
    expect(boundsIn([], 5)).toEqual([])
  })
})

it.each([
  ['{"query_block": {"select_id": 1, "nested_loop": [{"table": {"rows": 1234, "filtered": 100}}]}}', 1234],
  ['{"query_block": {"table": {"rows_examined_per_scan": 77, "rows_produced_per_join": 3}}}', 77],
  ['{"query": "/* … */", "estimated_rows": 8.0, "operation": "Index range scan"}', 8],
  ['{"query_block": {"message": "Impossible WHERE"}}', 0],
])('the number of rows in what a MySQL explains: %s', (text, rows) => {
  expect(rowsIn(text)).toBe(rows)
})
