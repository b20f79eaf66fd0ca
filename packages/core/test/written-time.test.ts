import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatInstant, parseInstant } from '../src/values/instant.ts'
import { isoText, rfcOffset, writtenTime } from '../src/values/written-time.ts'
import { micros } from './arbitrary.ts'

describe('a written time', () => {
  it.each([
    ['2024-01-31 12:00:00.5+02', '2024-01-31T12:00:00.5+02:00'],
    ['2024-01-31T12:00 UTC', '2024-01-31T12:00Z'],
    ['2024-01-31 12:00:00-0530', '2024-01-31T12:00:00-05:30'],
    ['2024-01-31', '2024-01-31T00:00:00Z'],
    ['2024-01-31 12:00:00', '2024-01-31T12:00:00Z'],
  ])('%s is %s', (text, iso) => {
    expect(isoText(writtenTime(text)!, 'Z')).toBe(iso)
  })

  it('stays what it is where it is written by the standard already', () => {
    fc.assert(
      fc.property(micros, fc.constantFrom('Z' as const, '' as const), (at, zone) => {
        const text = formatInstant(at, zone)
        expect(isoText(writtenTime(text)!, zone)).toBe(text)
        expect(parseInstant(isoText(writtenTime(text.replace('T', ' '))!, 'Z'))).toEqual(
          parseInstant(zone === 'Z' ? text : `${text}Z`),
        )
      }),
    )
  })

  it.each(['', 'soon', '2024-01', '20240131', '12:00', '2024-01-31 12', '2024-01-31 12:00 CET'])(
    'is not %j',
    (text) => {
      expect(writtenTime(text)).toBeUndefined()
    },
  )
})

it('an offset is written by the standard', () => {
  expect(['Z', 'utc', '+02', '-0530', '+05:45'].map(rfcOffset)).toEqual(['Z', 'Z', '+02:00', '-05:30', '+05:45'])
})
