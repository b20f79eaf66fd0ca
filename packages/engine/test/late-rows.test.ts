import { minutes } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { durationText } from '../src/time/duration-text.ts'
import { openMemory, rowsIn, run, System, sorted } from './system.ts'

const spec = { lookback: minutes(10) }

describe('rows that come late', () => {
  it('are counted with how late they came, and one near the end of the lookback says that it is too short', async () => {
    const system = new System()
    const destination = await openMemory()
    system.now = 10_000
    system.put({ id: 1, at: 9000, text: 'a' })
    await run({ system, destination, spec })
    system.now = 11_000
    system.put({ id: 2, at: 9910, text: 'ninety seconds late' })
    const first = await run({ system, destination, spec })
    expect(first.tables[0]?.lateRows).toEqual({ rows: 1, by: 90_000_000n, lookback: 600_000_000n })
    expect(first.lines.join()).not.toContain('late')
    system.now = 12_000
    system.put({ id: 3, at: 10_480, text: 'almost ten minutes late' })
    system.put({ id: 4, at: 10_990, text: 'a little late' })
    const second = await run({ system, destination, spec })
    expect(second.tables[0]?.lateRows).toEqual({ rows: 2, by: 520_000_000n, lookback: 600_000_000n })
    expect(second.lines).toContain(
      'memory_events: 2 rows arrived up to 8 min 40 s late, but the lookback is only 10 min: rows that arrive later than that are missed. Set sources.memory.tables.events.lookback: \'35m\', and "tidemark resync memory_events" reads what was missed',
    )
    // Known rows that are read again are not late.
    system.now = 12_100
    const third = await run({ system, destination, spec })
    expect(third.tables[0]).toMatchObject({ lateRows: undefined, rows: { written: 0 } })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it.each([
    [999n, '0 ms'],
    [1_500_000n, '1 s'],
    [90_000_000n, '1 min 30 s'],
    [3_600_000_000n, '1 h'],
    [90_000_000_000n, '1 d 1 h'],
  ])('%i microseconds are %s', (micros, text) => {
    expect(durationText(micros)).toBe(text)
  })
})
