import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compiledRow, rowEncoder } from '../src/table/row-encoder.ts'

const NAMES = [
  'id',
  'row',
  'e0',
  'v0',
  'position',
  '__proto__',
  'constructor',
  'a"b',
  "it's",
  'a\\',
  '\n',
  '\u2028',
  '`',
  '',
  '0',
]
const value = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.constant('unfit'),
)
const column = fc.record({ name: fc.oneof(fc.constantFrom(...NAMES), fc.string()), takesRow: fc.boolean() })

it('a compiled row is the row that a loop over its columns makes', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(column, { selector: ({ name }) => name, maxLength: 30 }),
      fc.boolean(),
      fc.array(fc.array(value, { minLength: 30, maxLength: 30 }), { minLength: 1, maxLength: 5 }),
      (named, isLoose, rows) => {
        const columns = named.map(({ name, takesRow }, at) => ({
          name,
          takesRow,
          encode: (given: unknown) => {
            const one = takesRow ? (given as Record<string, unknown>)[name] : given
            return one === 'unfit' ? undefined : one === undefined ? null : `${at} ${one}`
          },
        }))
        const loop = rowEncoder(columns, isLoose)
        const compiled = compiledRow(columns, isLoose)!
        for (const [position, values] of rows.entries()) {
          const row = Object.fromEntries(columns.map(({ name }, at) => [name, values[at]]))
          const made = compiled(row, position)
          expect(made).toEqual(loop(row, position))
          if (made !== undefined) expect(made).toHaveLength(columns.length + (isLoose ? 2 : 1))
        }
      },
    ),
  )
})

it('a table of many rows gets such a function, one of many columns does not', () => {
  const columns = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      name: `c${at}`,
      takesRow: false,
      encode: (given: unknown) => given as number,
    }))
  const many = rowEncoder(columns(3), false)
  for (let row = 0; row < 3000; row++) expect(many({ c0: row, c1: 1, c2: null }, row)).toEqual([row, 1, null, row])
  expect(compiledRow(columns(501), false)).toBeUndefined()
})
