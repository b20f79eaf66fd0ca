import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFaithful, plainDecimal } from '../src/values/decimal.ts'
import { exactJsonText, int64OrRaw, isRawNumber, numberOrRaw, parseJson } from '../src/values/exact-json.ts'
import { INT64_MAX, INT64_MIN, int64, safeInteger } from '../src/values/int64.ts'

describe('numbers', () => {
  it('are faithful where the text says exactly the double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => isFaithful(String(number), number)),
    )
    expect(
      ['0.10', '1e0', '1E+2', '-0', '1.000', '9007199254740992'].every((text) => isFaithful(text, Number(text))),
    ).toBe(true)
    expect(
      ['9007199254740993', '0.1000000000000000055', '1e400', '1e-400'].some((text) => isFaithful(text, Number(text))),
    ).toBe(false)
  })

  it('lose their exponent and nothing else', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const plain = plainDecimal(String(number))
        return /^-?\d+(?:\.\d+)?$/.test(plain) && Object.is(Number(plain) + 0, number + 0)
      }),
    )
    expect(plainDecimal('1e999999999')).toBe('1e999999999')
  })
})

describe('numbers of JSON', () => {
  it('of any size come back as they were written', () => {
    const number = fc.oneof(
      fc.bigInt().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.tuple(fc.bigInt(), fc.nat()).map(([whole, fraction]) => `${whole}.${fraction}`),
    )
    fc.assert(
      fc.property(number, (text) => {
        const { n } = parseJson(`{"padding":"1234567890123456","n":${text}}`) as { n: unknown }
        if (typeof n === 'number') expect(isFaithful(text, n)).toBe(true)
        else expect(isRawNumber(n) ? n.rawJSON : String(n)).toBe(text)
      }),
    )
  })

  it('do not hide in a text that looks harmless, wherever they stand', () => {
    for (let pad = 0; pad < 40; pad++)
      expect(parseJson(`{"p":"${'x'.repeat(pad)}","n":9007199254740993}`)).toMatchObject({ n: 9007199254740993n })
  })

  it('are written back digit for digit', () => {
    const text = '{"a":9007199254740993,"b":12345678901234567890123,"c":0.1000000000000000000001,"d":[1e400,-1.5]}'
    expect(exactJsonText(parseJson(text))).toBe(text)
    expect(JSON.stringify(parseJson(text, numberOrRaw))).toBe(text)
  })

  it('are bigints as far as 64 bits reach, where whole', () => {
    expect([INT64_MAX, INT64_MIN].map((value) => int64OrRaw(String(value)))).toEqual([INT64_MAX, INT64_MIN])
    expect([INT64_MAX + 1n, INT64_MIN - 1n].map((value) => isRawNumber(int64OrRaw(String(value))))).toEqual([
      true,
      true,
    ])
    expect(int64OrRaw('9007199254740991')).toBe(9007199254740991)
  })
})

it('an integer of 64 bits is a number where it is safe, and read from its digits alone', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: INT64_MIN - 10n, max: INT64_MAX + 10n }), (value) => {
      const fits = value >= INT64_MIN && value <= INT64_MAX
      expect(int64(String(value))).toBe(fits ? safeInteger(value) : undefined)
    }),
  )
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => int64(String(value)) === value || value === 0))
})
