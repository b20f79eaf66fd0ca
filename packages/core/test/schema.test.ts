import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { bytes, numeric, secret, unixSeconds } from '../src/contract/schema.ts'
import { formatInstant, parseInstant } from '../src/values/instant.ts'
import { micros } from './arbitrary.ts'

describe('numeric', () => {
  it.each(['0', '-0', '12.3400', '-.5', '7.', '9'.repeat(60), `0.${'1'.repeat(60)}`, '00123'])('takes %j', (text) => {
    expect(numeric().parse(text)).toBe(text)
  })

  it.each(['', '-', '.', '1e3', '+1', ' 1', '1\n', '1,5', '0x1', 'NaN', 'Infinity', '١', 1, 1n, null])(
    'refuses %s',
    (value) => {
      expect(numeric().safeParse(value).success).toBe(false)
    },
  )

  it('takes every decimal, as it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^-?\d{1,40}(\.\d{0,40})?$/), (text) => {
        expect(numeric().parse(text)).toBe(text)
      }),
    )
  })
})

describe('unixSeconds', () => {
  it('gives the instant to the microsecond, for every time that a double can tell', () => {
    const second = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 })
    fc.assert(
      fc.property(second, (value) => {
        expect(BigInt(parseInstant(unixSeconds().parse(value))!.micros)).toBe(BigInt(value) * 1_000_000n)
      }),
    )
    // From 1935 to 2005 and on: where a double of seconds tells microseconds apart.
    fc.assert(
      fc.property(fc.integer({ min: -1_100_000_000_000_000, max: 4_000_000_000_000_000 }), (value) => {
        expect(unixSeconds().parse(value / 1_000_000)).toBe(formatInstant(value, 'Z'))
      }),
      { numRuns: 5000 },
    )
  })

  it('rounds what is finer down', () => {
    expect(unixSeconds().parse(1.000_000_9)).toBe('1970-01-01T00:00:01Z')
    expect(unixSeconds().parse(-0.000_000_1)).toBe('1969-12-31T23:59:59.999999Z')
    expect(unixSeconds().parse(0.57)).toBe('1970-01-01T00:00:00.570Z')
  })

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    253_402_300_800,
    -62_167_219_201,
    '1700000000',
    1n,
    null,
    undefined,
    new Date(0),
  ])('refuses %s', (value) => {
    const { error } = unixSeconds().safeParse(value)
    expect(error?.issues[0]?.message).toBe('expected seconds since 1970')
  })

  it('gives what its own output schema takes', () => {
    fc.assert(
      fc.property(
        micros,
        (value) => z.iso.datetime().safeParse(unixSeconds().parse(Number(value / 1_000_000n))).success,
      ),
    )
  })
})

describe('bytes', () => {
  it('takes a Uint8Array and its kin, nothing else', () => {
    for (const value of [new Uint8Array(3), new Uint8Array(0), Buffer.from('x')])
      expect(bytes().parse(value)).toBe(value)
    for (const value of ['x', [1], new ArrayBuffer(1), new Uint16Array(1), null]) {
      expect(bytes().safeParse(value).error?.issues[0]?.message).toBe('expected a value of type bytes')
    }
  })
})

describe('secret', () => {
  it('is any text, marked in the definition so that whoever prints it can see', () => {
    expect(secret().parse('')).toBe('')
    expect(secret().safeParse(5).success).toBe(false)
    expect(secret()._zod.def).toMatchObject({ type: 'string', format: 'secret' })
    expect(secret().optional()._zod.def.innerType._zod.def).toMatchObject({ format: 'secret' })
  })

  it('never repeats its value in an error', () => {
    const { error } = z.object({ token: secret().min(40) }).safeParse({ token: 'hunter2' })
    expect(JSON.stringify(error)).not.toContain('hunter2')
  })
})
