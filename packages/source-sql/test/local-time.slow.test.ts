import { formatInstant } from '@tidemark/core/values'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { earliestLocal, localMicros } from '../src/local-time.ts'

const MINUTE = 60_000_000n
const zone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Santiago',
)
// Five years of minutes, and often the weeks in which clocks are turned back.
const instant = fc
  .oneof(fc.integer({ min: 0, max: 2_600_000 }), fc.integer({ min: 429_000, max: 436_000 }))
  .map((minutes) => BigInt(Date.UTC(2024, 0, 1)) * 1000n + BigInt(minutes) * MINUTE)

describe('the earliest time that a clock will still show', () => {
  it('is no later than what it shows at any time to come', () => {
    fc.assert(
      fc.property(zone, instant, fc.integer({ min: 0, max: 6 * 60 }), (name, at, minutes) => {
        const later = localMicros(at + BigInt(minutes) * MINUTE, name)
        // Looked at every five minutes.
        expect(earliestLocal(at, name) <= later + 5n * MINUTE).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('stays where the hour that comes twice begins', () => {
    // 2024-10-27, 03:00 in Berlin becomes 02:00.
    const at = (text: string): bigint => BigInt(Date.parse(text)) * 1000n
    const shown = (text: string): string => formatInstant(earliestLocal(at(text), 'Europe/Berlin'), '', 6).slice(0, 16)
    expect([shown('2024-10-26T23:30:00Z'), shown('2024-10-27T00:00:00Z'), shown('2024-10-27T00:50:00Z')]).toEqual([
      '2024-10-27T01:30',
      '2024-10-27T02:00',
      '2024-10-27T02:00',
    ])
    expect(shown('2024-10-27T01:30:00Z')).toBe('2024-10-27T02:30')
  })
})
