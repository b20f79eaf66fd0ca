import { newPartition, type PartitionState, type TableState } from '@tidemark/core/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overviewOf, segmentsOn, shareBetween } from '../src/index.ts'

const DAY = 86_400_000_000n
const at = (text: string): bigint => BigInt(Date.parse(text)) * 1000n
const NOW = at('2026-04-11T00:00:00Z')

function table(partitions: readonly Partial<PartitionState>[], more: Partial<TableState> = {}): TableState {
  return {
    name: 'shop_orders',
    source: 'shop',
    table: 'orders',
    status: 'complete',
    schema: {
      columns: [],
      primaryKey: ['id'],
      globalKey: false,
      partitioned: partitions.length > 1,
      cursor: { column: 'at', type: 'timestamp', precision: null },
    },
    identity: null,
    everFilled: true,
    present: 'rows',
    pausedFor: null,
    firstSeenAt: 0n,
    lastSyncedAt: NOW,
    lastCheckedAt: null,
    undeclared: [],
    project: null,
    removedAt: null,
    partitions: new Map(partitions.map((one, id) => [`p${id}`, { ...newPartition(`p${id}`), ...one }])),
    ...more,
  }
}

const look = (one: TableState, options: Partial<Parameters<typeof overviewOf>[1]> = {}) =>
  overviewOf({ tables: new Map([[one.name, one]]) }, { now: NOW, ...options }).tables[0]!

const start = at('2026-01-01T00:00:00Z')
const range = (from: bigint | undefined, to: bigint) => ({ from, to, assumed: false })

describe('the coverage of a table as a line from its start to now', () => {
  it('shows its gap, its lag and its share', () => {
    const { coverage, lag_ms } = look(
      table([{ start, covered: [range(start, start + 20n * DAY), range(start + 40n * DAY, start + 90n * DAY)] }]),
    )
    expect(coverage).toEqual({
      from: '2026-01-01T00:00:00Z',
      to: '2026-04-11T00:00:00Z',
      share: expect.closeTo(0.7),
      covered_to: 0.9,
      segments: [
        { from: 0, to: 0.2, share: 1 },
        { from: 0.4, to: 0.9, share: 1 },
      ],
      gaps: [{ from: '2026-01-21T00:00:00Z', to: '2026-02-10T00:00:00Z' }],
      gaps_in_all: 1,
    })
    expect(lag_ms).toBe(10 * 86_400_000)
  })

  it('says of several partitions how many have a piece, and the lag of the last', () => {
    const { coverage, lag_ms } = look(
      table([
        { start, covered: [range(start, start + 100n * DAY)] },
        { start, covered: [range(start, start + 50n * DAY)] },
      ]),
    )
    expect(coverage?.segments).toEqual([
      { from: 0, to: 0.5, share: 1 },
      { from: 0.5, to: 1, share: 0.5 },
    ])
    expect(coverage?.gaps).toEqual([])
    expect(lag_ms).toBe(50 * 86_400_000)
  })

  it('takes what was never read for missing', () => {
    expect(look(table([{ start, backfillEnd: NOW }])).coverage).toMatchObject({ share: 0, covered_to: 0, segments: [] })
    expect(look(table([{ start, backfillEnd: NOW }])).lag_ms).toBeNull()
  })

  it('draws an open start as no less than what is known, so that a long backfill does not look finished', () => {
    const { coverage } = look(table([{ start: null, covered: [range(NOW - 900n * DAY, NOW)] }]))
    expect(coverage).toMatchObject({ from: null, share: 0.5, segments: [{ from: 0.5, to: 1 }], gaps_in_all: 1 })
    const done = look(table([{ start: null, covered: [range(undefined, NOW)] }]))
    expect(done.coverage).toMatchObject({ from: null, share: 1, gaps_in_all: 0 })
  })

  it('draws an open start as the month before what is known', () => {
    const { coverage } = look(table([{ start: null, covered: [range(undefined, NOW - 30n * DAY)] }]))
    expect(coverage).toMatchObject({
      from: null,
      covered_to: 0.5,
      gaps: [],
      segments: [{ from: 0, to: 0.5, share: 1 }],
    })
  })

  it('is as long as its coverage where only the source knows the present', () => {
    const recorded = { ...table([{}]).schema!, cursor: { column: 'id', type: 'integer' as const, precision: null } }
    const one = look(table([{ start: 0n, covered: [range(0n, 500n), range(750n, 1000n)] }], { schema: recorded }))
    expect(one.coverage).toMatchObject({ from: '0', to: '1000', share: 0.75, gaps: [{ from: '500', to: '750' }] })
    expect(one.lag_ms).toBeNull()
  })

  it('is none for a table that is read whole, whose lag is the time since it was', () => {
    const recorded = { ...table([{}]).schema!, cursor: null }
    const one = look(table([{ completedAt: NOW - 60_000_000n }], { schema: recorded }))
    expect(one.coverage).toBeNull()
    expect(one.lag_ms).toBe(60_000)
  })
})

it('says what was counted, and when what fails is tried again', () => {
  const failing = { failures: 2, nextTryAt: NOW + 90_000_000n, lastError: 'no' }
  const one = look(table([{ failures: 0 }, failing], { status: 'failing' }), {
    rows: new Map([['shop_orders', { rows: 1000, isExact: false }]]),
    rejects: new Map([['shop_orders', 3]]),
  })
  expect(one).toMatchObject({ rows: 1000, rows_exact: false, rejects: 3, next_try_at: '2026-04-11T00:01:30.000Z' })
})

describe('segments on an axis', () => {
  const ranges = fc.array(
    fc.tuple(fc.integer({ min: -50, max: 150 }), fc.integer({ min: 0, max: 60 })).map(([from, length]) => ({
      from: BigInt(from),
      to: BigInt(from + length),
    })),
    { maxLength: 6 },
  )

  it('are sorted, disjoint, and as much as the partitions have there', () => {
    fc.assert(
      fc.property(fc.array(ranges, { minLength: 1, maxLength: 4 }), (partitions) => {
        const segments = segmentsOn({ from: 0n, to: 100n }, partitions)
        for (const [index, one] of segments.entries()) {
          expect(one.from).toBeLessThan(one.to)
          expect(one.from).toBeGreaterThanOrEqual(segments[index - 1]?.to ?? 0)
          expect(one.share).toBeGreaterThan(0)
          expect(one.share).toBeLessThanOrEqual(1)
        }
        for (let cell = 0; cell < 100; cell++) {
          const having = partitions.filter((covered) =>
            covered.some(({ from, to }) => from <= cell && cell < to),
          ).length
          expect(shareBetween(segments, cell / 100, (cell + 1) / 100)).toBeCloseTo(having / partitions.length, 6)
        }
      }),
    )
  })
})
