import { describe, expect, it } from 'vitest'
import { addressOf } from '../src/service/address.ts'
import { type Moment, timetableOf } from '../src/service/timetable.ts'

const START = Date.parse('2026-03-02T10:00:30Z')
/** So long after the start, by both clocks, or by each. */
const after = (ms: number, wallMs = ms): Moment => ({ wall: START + wallMs, monotonic: 1000 + ms })
const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('--every', () => {
  const table = timetableOf({ every: '5m' })

  it('begins at once, and again so long after the last run has ended', () => {
    expect(table.begins).toBe('now')
    expect(table.isDue(after(5 * MINUTE - 1), after(0), undefined)).toBe(false)
    expect(table.isDue(after(5 * MINUTE), after(0), undefined)).toBe(true)
    expect(table.dueAt(after(0), undefined)).toBe(START + 5 * MINUTE)
  })

  it('earlier where a table comes due earlier', () => {
    expect(table.isDue(after(MINUTE), after(0), MINUTE)).toBe(true)
    expect(table.dueAt(after(0), MINUTE)).toBe(START + MINUTE)
    expect(table.isDue(after(MINUTE), after(0), HOUR)).toBe(false)
  })

  it('a clock that is set back does not hold it up, one that is set forward brings one run', () => {
    expect(table.isDue(after(5 * MINUTE, -24 * HOUR), after(0), undefined)).toBe(true)
    expect(table.isDue(after(1000, 24 * HOUR), after(0), undefined)).toBe(true)
    // The run that follows ends by the new clock.
    expect(table.isDue(after(2000, 24 * HOUR + 1000), after(1500, 24 * HOUR + 500), undefined)).toBe(false)
  })

  it('a machine that slept runs once, though the clock that only goes on slept too', () => {
    const awake = after(1000, 8 * HOUR)
    expect(table.isDue(awake, after(0), undefined)).toBe(true)
    expect(table.isDue(after(3000, 8 * HOUR + 2000), awake, undefined)).toBe(false)
  })
})

describe('--cron', () => {
  const table = timetableOf({ cron: '*/10 * * * *' })

  it('begins at the first tick, and goes on at the next', () => {
    expect(table.begins).toBe('tick')
    expect(table.dueAt(after(0), undefined)).toBe(Date.parse('2026-03-02T10:10:00Z'))
    expect(table.isDue(after(9 * MINUTE), after(0), undefined)).toBe(false)
    expect(table.isDue(after(10 * MINUTE), after(0), undefined)).toBe(true)
  })

  it('all ticks that were missed are one run', () => {
    const awake = after(1000, 8 * HOUR)
    expect(table.isDue(awake, after(0), undefined)).toBe(true)
    expect(table.isDue(after(3000, 8 * HOUR + 2000), awake, undefined)).toBe(false)
    expect(table.dueAt(awake, undefined)).toBe(Date.parse('2026-03-02T18:10:00Z'))
  })

  it('a tick that passed while a run was going is not made up for', () => {
    const ended = after(25 * MINUTE)
    expect(table.isDue(after(26 * MINUTE), ended, undefined)).toBe(false)
    expect(table.isDue(after(30 * MINUTE), ended, undefined)).toBe(true)
  })

  it('after a clock was set back it goes by the new one', () => {
    const last = after(0)
    expect(table.isDue(after(MINUTE, -5 * HOUR + MINUTE), last, undefined)).toBe(false)
    expect(table.isDue(after(10 * MINUTE, -5 * HOUR + 10 * MINUTE), last, undefined)).toBe(true)
  })

  it('a clock that is set back by a moment does not bring a tick twice', () => {
    const tick = { wall: Date.parse('2026-03-02T10:10:00.003Z'), monotonic: 1000 }
    expect(table.isDue({ wall: tick.wall - 20, monotonic: 1010 }, tick, undefined)).toBe(false)
  })
})

describe('what is no timetable', () => {
  it.each([
    [{ every: '5x' }, /^--every: "5x" is not a duration; .*such as 30s, 5m or 1h$/],
    [{ every: '' }, /^--every: "" is not a duration/],
    [{ every: '-5m' }, /not a duration/],
    [{ every: '0s' }, /^--every: "0s" is out of range/],
    [{ every: '400d' }, /out of range/],
    [{ every: '100ms' }, /out of range/],
    [{ cron: 'tomorrow' }, /^--cron: "tomorrow" is not a cron expression \(.+\); .*such as '\*\/10 \* \* \* \*'/],
    [{ cron: '61 * * * *' }, /^--cron: "61 \* \* \* \*" is not a cron expression/],
    [{ cron: '' }, /^--cron: "" /],
    [{ cron: '0 0 31 2 *' }, /^--cron: "0 0 31 2 \*" never matches/],
    [{ every: '5m', cron: '* * * * *' }, /exclude each other/],
  ])('%j', (flags, message) => {
    expect(() => timetableOf(flags)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(message), code: 'usage' }),
    )
  })
})

describe('--listen', () => {
  it.each([
    ['9464', { host: '127.0.0.1', port: 9464 }],
    ['0', { host: '127.0.0.1', port: 0 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['[::1]:9464', { host: '::1', port: 9464 }],
    ['localhost:1', { host: 'localhost', port: 1 }],
  ])('%s', (text, address) => expect(addressOf(text)).toEqual(address))

  it.each(['', 'x', '99999', '1.2.3.4', ':80', '[x]:80', 'a b:80', 'http://x:80', '::1:80'])('refuses "%s"', (text) => {
    expect(() => addressOf(text)).toThrow(expect.objectContaining({ code: 'usage', remedy: 'fix-config' }))
  })
})
