import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPast } from '../src/postgres/log/log-offset.ts'
import { parseSnapshot, sees } from '../src/postgres/log/snapshot.ts'
import { endOfRecords, formatWalPosition, parseWalPosition } from '../src/postgres/log/wal-position.ts'

const position = fc.bigInt(0n, 0xffff_ffff_ffff_ffffn)
const at = (lsn: string) => ({
  lsn,
  id: '',
  system: null,
  timeline: 1,
  recent: [],
  shapes: {},
  lost: {},
  isChanging: false,
  outdated: {},
})

describe('positions of a write-ahead log', () => {
  it('come back from their text', () => {
    fc.assert(fc.property(position, (one) => void expect(parseWalPosition(formatWalPosition(one))).toBe(one)))
    expect(formatWalPosition(0x16_b374d848n)).toBe('16/B374D848')
    expect(() => parseWalPosition('9')).toThrow(RangeError)
  })

  it('are compared as numbers, not as texts', () => {
    expect(isPast(at('0/16B3748'), at('0/9'))).toBe(true)
    expect(isPast(at('0/9'), at('0/16B3748'))).toBe(false)
    fc.assert(
      fc.property(
        position,
        position,
        (one, other) =>
          void expect(isPast(at(formatWalPosition(one)), at(formatWalPosition(other)))).toBe(one >= other),
      ),
    )
  })

  it('behind a full page end with that page, which is as far as a quiet server writes', () => {
    expect(endOfRecords(0x2000028n)).toBe(0x2000000n)
    expect(endOfRecords(0x2002018n)).toBe(0x2002000n)
    expect(endOfRecords(0x2002048n)).toBe(0x2002048n)
  })
})

describe('a snapshot', () => {
  it('sees what is over when it is taken', () => {
    const snapshot = parseSnapshot('728:733:728,730')
    expect([727, 728, 729, 730, 732, 733, 900].map((xid) => sees(snapshot, xid))).toEqual([
      ...[true, false, true, false, true, false, false],
    ])
    expect(sees(parseSnapshot('5:5:'), 4)).toBe(true)
  })

  it('sees transactions of before a wrap-around of their 32 bits, and none of after it', () => {
    const wrapped = (5n << 32n) + 10n
    const snapshot = parseSnapshot(`${wrapped - 20n}:${wrapped}:${wrapped - 20n},${wrapped - 3n}`)
    const low = (xid: bigint): number => Number(BigInt.asUintN(32, xid))
    expect(sees(snapshot, low(wrapped - 20n))).toBe(false)
    expect(sees(snapshot, low(wrapped - 19n))).toBe(true)
    expect(sees(snapshot, low(wrapped - 3n))).toBe(false)
    expect(sees(snapshot, low(wrapped - 2n))).toBe(true)
    expect(sees(snapshot, low(wrapped))).toBe(false)
  })
})
