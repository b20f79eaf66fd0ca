import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { earliestLocal, isoMicros, localMicros } from '../src/local-time.ts'
import { maskOf, targetOf } from '../src/target.ts'

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
    const shown = (text: string): string => isoMicros(earliestLocal(at(text), 'Europe/Berlin')).slice(0, 16)
    expect([shown('2024-10-26T23:30:00Z'), shown('2024-10-27T00:00:00Z'), shown('2024-10-27T00:50:00Z')]).toEqual([
      '2024-10-27T01:30',
      '2024-10-27T02:00',
      '2024-10-27T02:00',
    ])
    expect(shown('2024-10-27T01:30:00Z')).toBe('2024-10-27T02:30')
  })
})

describe('a URL', () => {
  it('gives its password to the driver, and to nobody else', () => {
    const password = fc.string({ unit: 'grapheme', minLength: 6, maxLength: 20 }).filter((text) => text.isWellFormed())
    fc.assert(
      fc.property(password, (secret) => {
        const target = targetOf({ url: `postgres://me:${encodeURIComponent(secret)}@db.example:5433/crm` })
        expect(target).toMatchObject({
          password: secret,
          host: 'db.example',
          port: 5433,
          user: 'me',
          database: 'crm',
          ssl: 'verify-full',
        })
        expect(target.label).toBe('Postgres at db.example:5433/crm')
        const masked = maskOf(target)(`before <${secret}> and <${encodeURIComponent(secret)}> after`)
        expect(masked).toBe('before <***> and <***> after')
      }),
    )
  })

  it.each([
    ['postgres:///crm?host=/var/run/postgresql', { host: '/var/run/postgresql', database: 'crm', ssl: 'disable' }],
    ['postgresql://me@[::1]:5433/crm', { host: '::1', port: 5433, ssl: 'disable' }],
    ['mariadb://me@db.example', { system: 'mysql', database: undefined, ssl: 'verify-full' }],
    ['mysql://db.example/shop?sslmode=require', { ssl: 'require' }],
    ['sqlite:data/shop.db', { system: 'sqlite', path: 'data/shop.db' }],
    ['sqlite:///srv/shop.db', { system: 'sqlite', path: '/srv/shop.db' }],
    ['file:/srv/a%20b.db', { system: 'sqlite', path: '/srv/a b.db' }],
    ['/srv/shop.db', { system: 'sqlite', path: '/srv/shop.db' }],
  ])('%s', (url, expected) => {
    expect(targetOf({ url })).toMatchObject(expected)
  })
})
