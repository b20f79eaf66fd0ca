import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countedInstant } from '../src/dialects/postgres/moments.ts'
import { rememberingLast } from '../src/values/last-time.ts'
import { jsonText, timestampText } from '../src/values/value-text.ts'

const time = fc.constantFrom(
  '2024-01-01T00:00:00Z',
  '2024-01-01T00:00:00.5Z',
  '2024-01-01T00:00:00+01:00',
  'no time',
  '',
)
const asked = fc.tuple(time, fc.boolean(), fc.constantFrom(undefined, 0, 1))

it.each([
  ['SQLite', timestampText],
  ['Postgres', countedInstant],
])('the form of a time of %s is the same where the last one is remembered', (_database, form) => {
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 40 }), (all) => {
      const remembering = rememberingLast(form)
      for (const one of all) expect(remembering(...one)).toBe(form(...one))
    }),
  )
})

it('an empty list is written as JSON writes it, also one that says itself how', () => {
  const own = Object.assign([], { toJSON: () => ({ own: true }) })
  const inherited = Object.setPrototypeOf([], { toJSON: () => 1, __proto__: Array.prototype })
  const lists: readonly unknown[] = [[], Object.assign([], { name: 1 }), new Array(0), new Array(2), own, inherited]
  for (const list of lists) expect(jsonText(list)).toBe(JSON.stringify(list))
  const throwing = new Proxy([], {
    get() {
      throw new Error('nobody reads this')
    },
  })
  expect(jsonText(throwing)).toBeUndefined()
})
