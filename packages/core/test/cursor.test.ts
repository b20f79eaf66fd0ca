import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { columnsOf, rowOf } from '../src/contract/column.ts'
import {
  type Cursor,
  cursorOf,
  floorTo,
  positionOf,
  spanOf,
  textAt,
  valueAt,
  windowAt,
} from '../src/contract/cursor.ts'
import { days, minutes } from '../src/contract/duration.ts'
import { micros, position } from './arbitrary.ts'

function cursor(schema: z.ZodType): Cursor {
  return cursorOf('events', columnsOf(z.object({ at: schema }))[0]!)
}

const instants = {
  'z.iso.datetime()': cursor(z.iso.datetime()),
  'z.iso.datetime({ offset })': cursor(z.iso.datetime({ offset: true })),
  'z.iso.datetime({ precision: 3 })': cursor(z.iso.datetime({ precision: 3 })),
  'z.iso.datetime({ precision: 0 })': cursor(z.iso.datetime({ precision: 0 })),
  'z.iso.datetime({ precision: -1 })': cursor(z.iso.datetime({ precision: -1 })),
  'z.iso.datetime({ precision: 9 })': cursor(z.iso.datetime({ precision: 9 })),
  'z.iso.datetime({ local })': cursor(z.iso.datetime({ local: true })),
  'z.iso.date()': cursor(z.iso.date()),
  'z.date()': cursor(z.date()),
  'z.iso.datetime().nullable()': cursor(z.iso.datetime().nullable()),
}
const integers = { 'z.int()': cursor(z.int()), 'z.bigint()': cursor(z.bigint()) }
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

describe.each(Object.entries(instants))('a cursor of %s', (_, one) => {
  it('gives positions back as values and values as positions', () => {
    fc.assert(
      fc.property(micros, (value) => {
        const at = floorTo(value, one.tick)
        expect(BigInt(positionOf(valueAt(at, one), one.type)!)).toBe(at)
      }),
    )
  })

  it('rounds a position that it cannot write down, so that a source is asked for too much', () => {
    fc.assert(
      fc.property(micros, (value) => {
        expect(BigInt(positionOf(valueAt(value, one), one.type)!)).toBe(floorTo(value, one.tick))
      }),
    )
  })

  it('asks for windows that hold every row of the range', () => {
    fc.assert(
      fc.property(
        micros,
        fc.bigInt({ min: 1n, max: 10n ** 12n }),
        fc.bigInt({ min: 0n, max: 10n ** 12n }),
        (start, size, within) => {
          const range = { from: start, to: start + size }
          const row = floorTo(start + (within % size), one.tick)
          if (row < range.from || range.to + one.tick > 253_402_300_799_999_999n) return
          const { from, to } = windowAt(range, one)
          expect(positionOf(from, one.type)! <= row).toBe(true)
          expect(row < positionOf(to, one.type)!).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe.each(Object.entries(integers))('a cursor of %s', (_, one) => {
  it('gives positions back as values and values as positions', () => {
    const range = one.form === 'bigint' ? int64 : fc.maxSafeInteger().map(BigInt)
    fc.assert(
      fc.property(range, (at) => {
        expect(BigInt(positionOf(valueAt(at, one), 'integer')!)).toBe(at)
        expect(windowAt({ from: undefined, to: at }, one)).toEqual({ from: undefined, to: valueAt(at, one) })
        expect(textAt(at, one)).toBe(String(at))
      }),
    )
  })
})

describe('positionOf', () => {
  it.each([
    [1.5, 'integer'],
    [2 ** 53, 'integer'],
    [2n ** 63n, 'integer'],
    [-(2n ** 63n) - 1n, 'integer'],
    ['7', 'integer'],
    [Number.NaN, 'integer'],
    ['2024-01-01', 'timestamp'],
    ['2024-01-01T00:00:00', 'timestamp'],
    ['2024-01-01 00:00:00Z', 'timestamp'],
    ['yesterday', 'timestamp'],
    [1_700_000_000, 'timestamp'],
    [new Date(Number.NaN), 'timestamp'],
    [new Date(8.64e15), 'timestamp'],
    ['9999-12-31T23:59:59-00:01', 'timestamp'],
    ['0000-01-01T00:00:00+00:01', 'timestamp'],
    ['2024-01-01T00:00:00Z', 'date'],
    ['2024-13-01', 'date'],
    [null, 'timestamp'],
    [undefined, 'integer'],
    [{}, 'date'],
  ] as const)('knows that %s is no %s', (value, type) => {
    expect(positionOf(value, type)).toBe(undefined)
  })

  it('keeps 64-bit integers and microseconds exact', () => {
    expect(positionOf(2n ** 63n - 1n, 'integer')).toBe(2n ** 63n - 1n)
    expect(positionOf('2024-01-01T00:00:00.123456789Z', 'timestamp')).toBe(1_704_067_200_123_456)
    expect(positionOf('1969-12-31T23:59:59.9999999Z', 'timestamp')).toBe(-1)
    expect(positionOf(new Date(-1), 'timestamp')).toBe(-1000)
    expect(positionOf('9999-12-31T23:59:59.999999Z', 'timestamp')).toBe(253_402_300_799_999_999n)
    expect(positionOf('2024-01-01T02:00:00+02:00', 'timestamp')).toBe(positionOf('2024-01-01T00:00:00Z', 'timestamp'))
  })

  it('orders values as their instants, whatever their form', () => {
    const texts = [
      '2024-01-01T00:00:00Z',
      '2024-01-01T00:00:00.5Z',
      '2024-01-01T00:00:01+00:00',
      '2024-01-01T01:00:02+01:00',
    ]
    const positions = texts.map((text) => positionOf(text, 'timestamp')!)
    expect(positions).toEqual(positions.toSorted((a, b) => Number(a) - Number(b)))
  })
})

describe('floorTo', () => {
  it('gives the greatest multiple that is not above, also below zero', () => {
    fc.assert(
      fc.property(int64, fc.bigInt({ min: 1n, max: 10n ** 12n }), (at, tick) => {
        const floor = floorTo(at, tick)
        expect(floor % tick).toBe(0n)
        expect(floor <= at && at < floor + tick).toBe(true)
        expect(floorTo(floor, tick)).toBe(floor)
      }),
    )
    expect(floorTo(-1n, 86_400_000_000n)).toBe(-86_400_000_000n)
  })
})

describe('cursorOf', () => {
  it.each([
    ['z.iso.datetime()', 1n, 'text'],
    ['z.iso.datetime({ precision: 3 })', 1000n, 'text'],
    ['z.iso.datetime({ precision: 0 })', 1_000_000n, 'text'],
    ['z.iso.datetime({ precision: -1 })', 60_000_000n, 'text'],
    ['z.iso.datetime({ precision: 9 })', 1n, 'text'],
    ['z.iso.date()', 86_400_000_000n, 'text'],
    ['z.date()', 1000n, 'date'],
  ] as const)('%s steps by %d µs and is handed on as %s', (name, tick, form) => {
    expect(instants[name]).toMatchObject({ tick, form })
  })

  it('reads through wrappers and pipes', () => {
    expect(cursor(z.iso.date().optional().readonly())).toMatchObject({ type: 'date', tick: 86_400_000_000n })
    expect(cursor(z.preprocess(String, z.iso.datetime({ precision: 0 })))).toMatchObject({ tick: 1_000_000n })
    expect(cursor(z.coerce.date())).toMatchObject({ type: 'timestamp', form: 'date' })
  })

  it('hands columns found at run time on as texts and bigints', () => {
    const [at, id] = columnsOf(
      rowOf([
        { name: 'at', type: 'timestamp' },
        { name: 'id', type: 'integer' },
      ]),
    )
    expect(cursorOf('found', at!)).toMatchObject({ form: 'text', tick: 1n })
    expect(cursorOf('found', id!)).toMatchObject({ form: 'bigint', tick: 1n })
  })

  it.each([z.string(), z.boolean(), z.number(), z.unknown()])(
    'refuses what has no order in time, naming the table',
    (schema) => {
      expect(() => cursor(schema)).toThrow(
        /^table "events": column "at" is of type \w+ and cannot be the cursor; a cursor is/,
      )
    },
  )
})

describe('textAt', () => {
  it('shows every 64-bit position, clamped to the years that can be written', () => {
    fc.assert(
      fc.property(int64, fc.constantFrom(...Object.values(instants)), (at, one) => textAt(at, one).length >= 10),
    )
    expect(textAt(-(2n ** 63n), instants['z.iso.date()'])).toBe('0000-01-01')
    expect(textAt(2n ** 63n - 1n, instants['z.iso.datetime()'])).toBe('9999-12-31T23:59:59.999999Z')
  })
})

describe('spanOf', () => {
  it('measures in the unit of the cursor', () => {
    expect(spanOf(minutes(1), { type: 'timestamp' })).toBe(60_000_000n)
    expect(spanOf(days(1), { type: 'date' })).toBe(86_400_000_000n)
    fc.assert(
      fc.property(position, (n) => {
        expect(spanOf(n, { type: 'integer' })).toBe(n < 0n ? undefined : n)
        expect(spanOf(Number(n), { type: 'integer' })).toBe(n < 0n ? undefined : n)
      }),
    )
  })

  it('is nothing where the unit does not fit', () => {
    expect(spanOf(90, { type: 'timestamp' })).toBe(undefined)
    expect(spanOf(days(1), { type: 'integer' })).toBe(undefined)
    expect(spanOf(1.5, { type: 'integer' })).toBe(undefined)
    expect(spanOf(null, { type: 'date' })).toBe(undefined)
    expect(spanOf(days(1), undefined)).toBe(undefined)
  })
})
