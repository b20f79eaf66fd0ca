import fc from 'fast-check'
import { expect, it } from 'vitest'
import { farTimeText, TimeTexts } from '../src/time-texts.ts'

const expected = (micros: number, zone: string): string => {
  const ms = Math.floor(micros / 1000)
  const fraction = micros - Math.floor(ms / 1000) * 1_000_000
  const seconds = new Date(ms).toISOString().slice(0, 19)
  return fraction === 0 ? seconds + zone : `${seconds}.${String(fraction).padStart(6, '0')}${zone}`
}
const DAY = 86_400_000_000
/** No number beyond it is exact: the year 2255. */
const LAST = Number.MAX_SAFE_INTEGER

it('writes the text of any time, one beside the other', () => {
  const micros = fc.oneof(
    fc.integer({ min: -LAST, max: LAST }),
    fc.integer({ min: -100_000, max: 100_000 }).map((days) => days * DAY),
    fc.integer({ min: 0, max: 86_399 }).map((seconds) => seconds * 1_000_000),
    fc.integer({ min: -3_000_000, max: 3_000_000 }),
  )
  fc.assert(
    fc.property(fc.array(micros, { maxLength: 20 }), fc.constantFrom('Z' as const, '' as const), (times, zone) => {
      const texts = new TimeTexts(times.length, zone)
      const others = times.map((one, at) => texts.add(at, one))
      expect(texts.all(others)).toEqual(times.map((one) => expected(one, zone)))
      expect(times.map((one) => farTimeText(BigInt(one), zone))).toEqual(texts.all(others))
    }),
    { numRuns: 3000 },
  )
})
