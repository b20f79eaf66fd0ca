import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { formatInstant, instantParts, parseDate, parseInstant } from '../src/values/instant.ts'
import { micros } from './arbitrary.ts'

/** `Date` and bigint arithmetic say the same, slower. */
function model(value: bigint): { readonly seconds: string; readonly fraction: string } {
  const below = ((value % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((value - below) / 1000n)).toISOString().slice(0, 19)
  return { seconds, fraction: String(below).padStart(6, '0') }
}

// ---------- texts as systems write them ----------

const two = (min: number, max: number) => fc.integer({ min, max }).map((n) => String(n).padStart(2, '0'))
const year = fc.oneof(
  fc.integer({ min: 0, max: 9999 }),
  fc.constantFrom(0, 4, 100, 400, 1900, 1970, 2000, 2024, 2100, 9999),
)
const date = fc
  .tuple(
    year.map((n) => String(n).padStart(4, '0')),
    fc.oneof(two(1, 12), two(0, 13)),
    fc.oneof(two(1, 28), two(0, 32)),
  )
  .map((parts) => parts.join('-'))
const fraction = fc.oneof(
  fc.constant(''),
  fc.stringMatching(/^\d{1,12}$/).map((digits) => `.${digits}`),
  fc.constant('.'),
)
const seconds = fc.oneof(
  fc.constant(''),
  fc.tuple(fc.oneof(two(0, 59), two(0, 61)), fraction).map(([s, f]) => `:${s}${f}`),
)
const offset = fc.tuple(fc.constantFrom('+', '-'), fc.oneof(two(0, 23), two(0, 25)), two(0, 60))
const zone = fc.oneof(
  fc.constantFrom('Z', 'Z', '', 'z', '+0000', '+00', ' Z'),
  offset.map(([sign, hours, minutes]) => `${sign}${hours}:${minutes}`),
)
const text = fc
  .tuple(date, fc.constantFrom('T', 'T', 'T', 't', ' '), fc.oneof(two(0, 23), two(0, 25)), two(0, 60), seconds, zone)
  .map(([day, t, hours, minutes, rest, end]) => `${day}${t}${hours}:${minutes}${rest}${end}`)
/** A text with one character changed, left out or put in. */
const nearMiss = fc
  .tuple(text, fc.nat(40), fc.constantFrom('', '0', '9', ':', '-', '+', 'Z', '.', 'T', '٣', '\n', ' '), fc.boolean())
  .map(([whole, at, put, replace]) => whole.slice(0, at) + put + whole.slice(replace ? at + 1 : at))
const anything = fc.oneof({ weight: 4, arbitrary: text }, { weight: 4, arbitrary: nearMiss }, fc.string())

type Rules = { readonly offset: boolean; readonly local: boolean; readonly precision: number | undefined }

/** Whether `parseInstant` reads it and its zone and precision are as a schema of zod asks: what an encoder may go by. */
function accepts(value: string, { offset, local, precision }: Rules): boolean {
  const instant = parseInstant(value)
  if (instant === undefined) return false
  const isAsPrecise =
    precision === undefined ? instant.precision >= 0 || instant.zone === 'none' : instant.precision === precision
  return isAsPrecise && (instant.zone === 'utc' || (instant.zone === 'offset' ? offset : local))
}

describe('parseInstant', () => {
  const rules = fc.record({
    offset: fc.boolean(),
    local: fc.boolean(),
    precision: fc.constantFrom(undefined, undefined, -1, 0, 1, 3, 6, 9),
  })
  const schemas = new Map<string, z.ZodType>()
  const schemaOf = (one: Rules): z.ZodType => {
    const key = JSON.stringify(one)
    const { precision, ...zones } = one
    const schema = schemas.get(key) ?? z.iso.datetime(precision === undefined ? zones : { ...zones, precision })
    schemas.set(key, schema)
    return schema
  }

  it('takes exactly the texts that zod takes, for every zone and precision', () => {
    fc.assert(
      fc.property(anything, rules, (value, one) => {
        expect(accepts(value, one)).toBe(schemaOf(one).safeParse(value).success)
      }),
      { numRuns: 20_000 },
    )
  })

  it.each([
    '0000-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2000-02-29T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-02-30T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-00-10T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2016-12-31T23:59:60Z',
    '2024-01-01T00:00:00.Z',
    '2024-01-01T00:00:00,5Z',
    '2024-01-01T00:00Z',
    '2024-01-01T00:00',
    '2024-01-01T00:00:00+24:00',
    '2024-01-01T00:00:00+0100',
    '2024-01-01T00:00:00-00:00',
    '2024-01-01T00:00:00Z\n',
    '+02024-01-01T00:00:00Z',
    '10000-01-01T00:00:00Z',
    '-001-01-01T00:00:00Z',
    '2024-01-01',
    '',
  ])('and zod agree on %j', (value) => {
    for (const offset of [true, false])
      for (const local of [true, false])
        for (const precision of [undefined, -1, 0, 3]) {
          const one = { offset, local, precision }
          expect(accepts(value, one)).toBe(schemaOf(one).safeParse(value).success)
        }
  })

  it('reads what Date reads, to the microsecond', () => {
    fc.assert(
      fc.property(micros, (value) => {
        const { seconds, fraction } = model(value)
        expect(BigInt(parseInstant(`${seconds}.${fraction}Z`)!.micros)).toBe(value)
        expect(parseInstant(`${seconds}.${fraction}`)).toMatchObject({ zone: 'none', precision: 6 })
      }),
      { numRuns: 2000 },
    )
  })

  it('takes an offset off', () => {
    fc.assert(
      fc.property(micros, fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 1439 }), (value, sign, minutes) => {
        const { seconds, fraction } = model(value)
        const zone = `${sign}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
        const shift = BigInt(minutes) * 60_000_000n
        const instant = parseInstant(`${seconds}.${fraction}${zone}`)!
        expect(BigInt(instant.micros)).toBe(sign === '+' ? value - shift : value + shift)
        expect(instant.zone).toBe('offset')
      }),
    )
  })

  it('cuts digits beyond the microsecond, downwards, also before 1970', () => {
    fc.assert(
      fc.property(micros, fc.stringMatching(/^\d{1,6}$/), (value, more) => {
        const { seconds, fraction } = model(value)
        const instant = parseInstant(`${seconds}.${fraction}${more}Z`)!
        expect(BigInt(instant.micros)).toBe(value)
        expect(instant.precision).toBe(6 + more.length)
      }),
    )
  })

  it('gives a number wherever that is exact', () => {
    fc.assert(
      fc.property(micros, (value) => {
        const { seconds, fraction } = model(value)
        const read = parseInstant(`${seconds}.${fraction}Z`)!.micros
        expect(typeof read).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint')
      }),
    )
  })

  it('compares texts of mixed precision as instants, where comparing the texts is wrong', () => {
    const written = (value: bigint, digits: number): string => {
      const { seconds, fraction } = model(value)
      return digits === 0 ? `${seconds}Z` : `${seconds}.${fraction.slice(0, digits)}Z`
    }
    const digits = fc.integer({ min: 0, max: 6 })
    fc.assert(
      fc.property(micros, fc.bigInt({ min: -3_000_000n, max: 3_000_000n }), digits, digits, (value, step, a, b) => {
        const other = value + step
        if (instantParts(other) === undefined) return
        const backfillEnd = (of: bigint, to: number) =>
          of - (((of % 10n ** BigInt(6 - to)) + 10n ** BigInt(6 - to)) % 10n ** BigInt(6 - to))
        const [left, right] = [parseInstant(written(value, a))!.micros, parseInstant(written(other, b))!.micros]
        expect(left < right).toBe(backfillEnd(value, a) < backfillEnd(other, b))
      }),
    )
    expect('2024-01-01T00:00:00.500Z' < '2024-01-01T00:00:00Z').toBe(true)
    expect(parseInstant('2024-01-01T00:00:00.500Z')!.micros > parseInstant('2024-01-01T00:00:00Z')!.micros).toBe(true)
  })
})

describe('parseDate', () => {
  it('takes exactly the texts that zod takes', () => {
    const schema = z.iso.date()
    const near = fc.oneof(
      date,
      nearMiss.map((value) => value.slice(0, 10)),
      nearMiss,
      fc.string(),
    )
    fc.assert(
      fc.property(near, (value) => {
        expect(parseDate(value) !== undefined).toBe(schema.safeParse(value).success)
      }),
      { numRuns: 5000 },
    )
  })

  it('knows every day of 400 years', () => {
    const first = Date.UTC(1900, 0, 1)
    for (let day = 0; day < 146_097; day += 1) {
      const ms = first + day * 86_400_000
      if (Number(parseDate(new Date(ms).toISOString().slice(0, 10))) !== ms * 1000)
        expect.fail(new Date(ms).toISOString())
    }
  })
})

describe('formatInstant', () => {
  it('and parseInstant undo each other', () => {
    fc.assert(
      fc.property(micros, fc.constantFrom('Z', '') as fc.Arbitrary<'Z' | ''>, (value, zone) => {
        const written = formatInstant(value, zone)
        expect(BigInt(parseInstant(written)!.micros)).toBe(value)
        expect(parseInstant(written)!.zone).toBe(zone === 'Z' ? 'utc' : 'none')
        if (Number.isSafeInteger(Number(value))) expect(formatInstant(Number(value), zone)).toBe(written)
      }),
      { numRuns: 2000 },
    )
  })

  it('writes what Date and bigint arithmetic write, and no more digits than it needs', () => {
    fc.assert(
      fc.property(micros, (value) => {
        const { seconds, fraction } = model(value)
        expect(instantParts(value)).toEqual({ seconds, fraction })
        const digits =
          fraction === '000000' ? '' : fraction.endsWith('000') ? `.${fraction.slice(0, 3)}` : `.${fraction}`
        expect(formatInstant(value, 'Z')).toBe(`${seconds}${digits}Z`)
      }),
    )
  })

  it('writes as many digits as asked, cut downwards, in the form that zod asks for', () => {
    fc.assert(
      fc.property(micros, fc.integer({ min: -1, max: 9 }), (value, precision) => {
        const written = formatInstant(value, 'Z', precision)
        expect(z.iso.datetime({ precision }).safeParse(written).success).toBe(true)
        const unit = precision === -1 ? 60_000_000n : precision >= 6 ? 1n : 10n ** BigInt(6 - precision)
        const below = BigInt(parseInstant(written)!.micros)
        expect(below <= value && value < below + unit).toBe(true)
      }),
    )
  })

  it('refuses what lies outside the years 0 to 9999', () => {
    expect(() => formatInstant(253_402_300_800_000_000n, 'Z')).toThrow('outside the years 0 to 9999')
    expect(instantParts(-62_167_219_200_000_001n)).toBe(undefined)
    expect(formatInstant(-62_167_219_200_000_000n, 'Z')).toBe('0000-01-01T00:00:00Z')
    expect(formatInstant(253_402_300_799_999_999n, 'Z')).toBe('9999-12-31T23:59:59.999999Z')
  })
})
