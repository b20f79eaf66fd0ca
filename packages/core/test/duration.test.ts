import { describe, expect, it } from 'vitest'
import { days, hours, milliseconds, minutes, parseDuration, seconds } from '../src/contract/duration.ts'

describe('a duration', () => {
  it('is a number of milliseconds, made by its unit', () => {
    expect([milliseconds(5), seconds(5), minutes(5), hours(5), days(5)].map(({ ms }) => ms)).toEqual([
      5, 5000, 300_000, 18_000_000, 432_000_000,
    ])
    expect(minutes(0).ms).toBe(0)
    expect(Object.isFrozen(days(1))).toBe(true)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('cannot be %d', (n) => {
    expect(() => seconds(n)).toThrow('a duration must be a finite number of 0 or more')
  })
})

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    [' 10 m ', 600_000],
    ['0s', 0],
  ])('reads %j', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', '5', 'm', '-5m', '5M', '5 minutes', '1h30m', '1e3s', '.5h', 'Infinity s', `${'9'.repeat(400)}d`])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBe(undefined)
    },
  )
})
