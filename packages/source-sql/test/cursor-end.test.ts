import { describe, expect, it } from 'vitest'
import { timeEnd } from '../src/cursor-end.ts'
import { cursorFacts } from '../src/cursor-facts.ts'
import type { Clock } from '../src/database.ts'
import type { FoundTable } from '../src/found-table.ts'
import type { Client } from '../src/source.ts'

const at = (text: string, zone: Clock['zone'] = 'UTC'): Clock => ({ settledAt: BigInt(Date.parse(text)) * 1000n, zone })
const dateAt = (text: string, timeZone: string | undefined = 'UTC', settleMs = 60_000): string =>
  timeEnd('date', at(text), { timeZone, settleMs })

describe('the end of a date', () => {
  it('is cut out of the time after minAge was taken off', () => {
    expect(dateAt('2026-11-28T10:50:00Z')).toBe('2026-11-28')
    expect(dateAt('2026-11-28T00:00:59.999Z')).toBe('2026-11-27')
    expect(dateAt('2026-11-28T00:01:00Z')).toBe('2026-11-28')
    expect(dateAt('2026-11-28T23:59:59Z')).toBe('2026-11-28')
    expect(dateAt('2026-11-28T10:50:00Z', 'UTC', 36 * 3_600_000)).toBe('2026-11-26')
  })

  it('is that of the zone it is written in', () => {
    expect(dateAt('2026-11-28T10:00:30Z', 'Pacific/Kiritimati')).toBe('2026-11-28')
    expect(dateAt('2026-11-28T10:01:00Z', 'Pacific/Kiritimati')).toBe('2026-11-29')
    expect(dateAt('2026-11-28T04:59:00Z', 'America/New_York')).toBe('2026-11-27')
    expect(timeEnd('date', at('2026-11-28T10:50:00Z', 14 * 60), { timeZone: undefined, settleMs: 0 })).toBe(
      '2026-11-29',
    )
  })

  it('is settled here, that of a time by the engine', async () => {
    const now = at('2026-11-28T10:50:00Z')
    const log = { debug() {}, info() {}, warn() {} }
    const asked = { signal: new AbortController().signal, log }
    const specOf = async (type: 'date' | 'local_timestamp') => {
      const client = { config: {}, database: { order: 'large', clock: async () => now } } as unknown as Client
      const { spec } = await cursorFacts({
        ...asked,
        client,
        table: { rows: 1 } as FoundTable,
        cursor: { column: 'd', type, indexed: false, nullable: false },
        own: { columns: {}, timeZone: 'UTC', minAge: '3h' },
        clock: async () => now,
        isNew: true,
      })
      return [await spec.end({ client, ...asked }), (spec.minAge as { ms: number }).ms]
    }
    expect(await specOf('date')).toEqual(['2026-11-28', 0])
    expect(await specOf('local_timestamp')).toEqual(['2026-11-28T10:50:00.000000', 3 * 3_600_000])
  })
})
