import { expect, it } from 'vitest'
import { bytesFromJson } from '../src/duckdb-text.ts'
import { variantNames, variantValue } from '../src/variant-value.ts'

// Each type of https://github.com/apache/parquet-format/blob/master/VariantEncoding.md, as its bytes.

const little = (value: bigint, size: number): string => {
  const bytes = Buffer.from(
    BigInt.asUintN(size * 8, value)
      .toString(16)
      .padStart(size * 2, '0'),
    'hex',
  )
  return bytes.reverse().toString('hex')
}
const head = (type: number): string => Buffer.from([type << 2]).toString('hex')
const sized = (bytes: Buffer): string => little(BigInt(bytes.length), 4) + bytes.toString('hex')
const NOVEMBER = 1_730_982_834_123_456n

it.each([
  [head(0), null],
  [head(1), true],
  [head(2), false],
  [head(3) + little(-34n, 1), -34],
  [head(4) + little(-1234n, 2), -1234],
  [head(5) + little(-12345n, 4), -12_345],
  [head(6) + little(2n ** 63n - 1n, 8), '9223372036854775807'],
  [`${head(7)}9a9999999999b93f`, 0.1],
  [`${head(7)}000000000000f0ff`, '"-Infinity"'],
  [`${head(8)}03${little(-123_456_789n, 4)}`, -123_456.789],
  [`${head(9)}09${little(123_456_789_987_654_321n, 8)}`, '123456789.987654321'],
  [`${head(10)}02${little(-(10n ** 37n), 16)}`, -1e35],
  [`${head(10)}26${little(-5n, 16)}`, `-5e-38`],
  [head(11) + little(20_034n, 4), '"2024-11-07"'],
  [head(11) + little(-719_528n, 4), '"0001-01-01 (BC)"'],
  [head(11) + little(2_932_897n, 4), '"10000-01-01"'],
  [head(12) + little(NOVEMBER, 8), '"2024-11-07 12:33:54.123456+00"'],
  [head(13) + little(-1n, 8), '"1969-12-31 23:59:59.999999"'],
  [`${head(14)}8fc22141`, 10.109_999_656_677_246],
  [head(15) + sized(Buffer.from([0, 0x41, 0x5c, 0xff])), String.raw`"\\x00A\\x5C\\xFF"`],
  [head(16) + sized(Buffer.from('Zoë "😀"')), String.raw`"Zoë \"😀\""`],
  [head(17) + little(45_234_123_400n, 8), '"12:33:54.1234"'],
  [head(18) + little(-1001n, 8), '"1969-12-31 23:59:59.999998+00"'],
  [head(19) + little(NOVEMBER * 1000n + 789n, 8), '"2024-11-07 12:33:54.123456789"'],
  [`${head(20)}f24f9b6481fa49d1b74e8c09a6e31c56`, '"f24f9b64-81fa-49d1-b74e-8c09a6e31c56"'],
])('bytes %s are %s', (hex, means) => {
  expect(JSON.stringify(variantValue(Buffer.from(hex, 'hex'), []))).toBe(String(means))
})

it('objects and arrays, of few and of many', () => {
  const metadata = Buffer.from('11 02 00 01 03 61 6262'.replaceAll(' ', ''), 'hex')
  const names = variantNames(metadata)
  expect(names).toEqual(['a', 'bb'])
  // An object of an array of two texts, and of NULL.
  const array = `0302000204${'0578'}${'0579'}`
  const object = Buffer.from(`02 02 01 00 09 00 0a ${array} 00`.replaceAll(' ', ''), 'hex')
  expect(variantValue(object, names)).toEqual({ bb: null, a: ['x', 'y'] })
  const many = Array.from({ length: 300 }, (_, at) => at)
  const offsets = many.concat(300).map((at) => little(BigInt(at), 2))
  const large = `17${little(300n, 4)}${offsets.join('')}${'04'.repeat(300)}`
  expect(variantValue(Buffer.from(large, 'hex'), [])).toEqual(many.map(() => true))
})

it('an array in an array without end', () => {
  // Each has one element behind it.
  const bytes = Buffer.from('03010001'.repeat(100_000), 'hex')
  expect(() => variantValue(bytes, [])).toThrow(/damaged/)
})

it('bytes in JSON are those that were written', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, at) => at))
  const text = JSON.parse(JSON.stringify(variantValue(Buffer.from(head(15) + sized(all), 'hex'), []))) as string
  expect(bytesFromJson(text).equals(all)).toBe(true)
})
