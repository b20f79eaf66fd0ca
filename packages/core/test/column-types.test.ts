import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  COLUMN_TYPE_TRAITS,
  COLUMN_TYPES,
  CURSOR_TYPES,
  isCursorType,
  typesFitting,
} from '../src/values/column-types.ts'
import { Kind } from '../src/values/kind.ts'
import { typeOfKinds } from '../src/values/type-of-kinds.ts'

const ALL = Object.values(Kind).reduce((all: number, one) => all | one, 0)
const kinds = fc.integer({ min: 1, max: ALL })

describe('the type of what was seen', () => {
  it('is the declared one, where a file declares it', () => {
    for (const type of COLUMN_TYPES) expect(typeOfKinds(COLUMN_TYPE_TRAITS[type].kind, 'json')).toBe(type)
  })

  it('holds every kind that was seen, and no narrower type does', () => {
    fc.assert(
      fc.property(kinds, (seen) => {
        const type = typeOfKinds(seen, 'json')!
        const own = (seen & Kind.empty) === 0 ? seen : (seen & ~Kind.empty) | Kind.text
        const holding = COLUMN_TYPES.filter((one) => (own & ~(COLUMN_TYPE_TRAITS[one].holds ?? 0)) === 0)
        if (holding.length === 0) expect(type).toBe('json')
        else expect(holding).toContain(type)
        for (const wider of holding) {
          const [narrow, wide] = [COLUMN_TYPE_TRAITS[type].holds!, COLUMN_TYPE_TRAITS[wider].holds!]
          expect(wider === type || (narrow & ~wide) === 0 || (wide & ~narrow) !== 0).toBe(true)
        }
      }),
    )
  })

  it('is text where a format knows nothing but texts, and a double that is known keeps such decimals', () => {
    expect(typeOfKinds(Kind.boolean | Kind.date, 'text')).toBe('text')
    expect(typeOfKinds(Kind.double | Kind.decimal, 'text')).toBe('numeric')
    expect(typeOfKinds(Kind.double | Kind.decimal, 'text', 'double')).toBe('double')
    expect(typeOfKinds(Kind.none, 'text')).toBeUndefined()
  })
})

describe('the types that accept values', () => {
  it.each<[readonly unknown[], string]>([
    [[1, 2n], 'integer'],
    [[1, 2.5], 'numeric'],
    [[1, Number.NaN], 'double'],
    [['1.50', 2], 'numeric'],
    [['2024-01-31'], 'date'],
    [['2024-01-31T12:00:00'], 'local_timestamp'],
    [['2024-01-31T12:00:00Z', new Date(0)], 'timestamp'],
    [[new Uint8Array(1)], 'bytes'],
    [['x', '2024-01-31'], 'text'],
    [['x', 1], 'json'],
  ])('%o: first %s', (values, type) => {
    expect(typesFitting(values)[0]).toBe(type)
  })
})

it('a table is read by exactly the types that say how', () => {
  expect(COLUMN_TYPES.filter(isCursorType).toSorted()).toEqual([...CURSOR_TYPES].toSorted())
})
