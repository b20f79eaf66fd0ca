import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ColumnChanges, columnChanges } from '../src/store/column-change.ts'
import type { KnownColumn } from '../src/store/state.ts'
import { COLUMN_TYPES, type ColumnType, holds } from '../src/values/column-types.ts'

const type = fc.constantFrom(...COLUMN_TYPES)
const name = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor')
const wantedColumns = fc.uniqueArray(fc.record({ name, type }), { selector: (column) => column.name })
const knownColumns = wantedColumns.map((columns): KnownColumn[] => columns.map((one) => ({ ...one, column: one.name })))
const fixed = fc.subarray(['a', 'b', '__proto__'])

/** What the destination then has. */
function applied(known: readonly KnownColumn[], { add, widen }: ColumnChanges): KnownColumn[] {
  const types = new Map(known.map((column) => [column.name, column.type]))
  for (const { name, type } of add) types.set(name, type)
  for (const { name, to } of widen) types.set(name, to)
  return [...types].map(([name, type]) => ({ name, column: name, type }))
}

describe('a wider type', () => {
  it('holds what the narrower one holds, on any way up', () => {
    for (const a of COLUMN_TYPES) {
      expect(holds(a, a)).toBe(true)
      for (const b of COLUMN_TYPES) {
        if (a !== b && holds(a, b)) expect(holds(b, a)).toBe(false)
        for (const c of COLUMN_TYPES) if (holds(a, b) && holds(b, c)) expect(holds(a, c)).toBe(true)
      }
    }
  })

  it('is one of six, because the others lose something', () => {
    const ways = COLUMN_TYPES.flatMap((to) =>
      COLUMN_TYPES.filter((from) => from !== to && holds(to, from)).map((from) => `${from} → ${to}`),
    )
    expect(ways.toSorted()).toEqual([
      'date → text',
      'double → numeric',
      'double → text',
      'integer → numeric',
      'integer → text',
      'numeric → text',
    ])
  })
})

describe('columnChanges', () => {
  const changed = fc.record({ known: knownColumns, wanted: wantedColumns, fixed })

  it('evolve: never loses a column or narrows one, and is done after one go', () => {
    fc.assert(
      fc.property(changed, ({ known, wanted, fixed }) => {
        const options = { mode: 'evolve', fixed } as const
        const changes = columnChanges(known, wanted, options)
        const now = applied(known, changes)
        for (const { name, type } of known) expect(holds(now.find((one) => one.name === name)!.type, type)).toBe(true)
        for (const { name, type } of wanted) {
          const is = now.find((one) => one.name === name)?.type
          const refused = changes.refuse.some((one) => one.name === name)
          expect(is !== undefined && holds(is, type)).toBe(!refused)
        }
        expect(columnChanges(now, wanted, options)).toEqual({ add: [], widen: [], refuse: changes.refuse })
      }),
      { numRuns: 1000 },
    )
  })

  it('evolve: gets to the same columns step by step as at once', () => {
    fc.assert(
      fc.property(name, type, fc.array(type, { maxLength: 5 }), (name, first, later) => {
        let known: KnownColumn[] = [{ name, column: name, type: first }]
        for (const next of later)
          known = applied(known, columnChanges(known, [{ name, type: next }], { mode: 'evolve', fixed: [] }))
        for (const next of later) {
          const { widen } = columnChanges(known, [{ name, type: next }], { mode: 'evolve', fixed: [] })
          expect(widen).toEqual([])
        }
      }),
    )
  })

  it('never widens a column of the key or the cursor', () => {
    fc.assert(
      fc.property(changed, ({ known, wanted, fixed }) => {
        const { widen } = columnChanges(known, wanted, { mode: 'evolve', fixed })
        expect(widen.filter(({ name }) => fixed.includes(name))).toEqual([])
      }),
    )
  })

  it('freeze: changes nothing and refuses whatever does not fit', () => {
    fc.assert(
      fc.property(changed, ({ known, wanted, fixed }) => {
        const { add, widen, refuse } = columnChanges(known, wanted, { mode: 'freeze', fixed })
        expect([add, widen]).toEqual([[], []])
        const types = new Map(known.map((column) => [column.name, column.type]))
        const misfits = wanted.filter(({ name, type }) => !types.has(name) || !holds(types.get(name)!, type))
        expect(refuse).toEqual(misfits.map(({ name, type }) => ({ name, from: types.get(name), to: type })))
      }),
    )
  })

  it('discard-row: changes nothing and refuses nothing; rows that do not fit are rejects', () => {
    fc.assert(
      fc.property(changed, ({ known, wanted, fixed }) => {
        expect(columnChanges(known, wanted, { mode: 'discard-row', fixed })).toEqual({ add: [], widen: [], refuse: [] })
      }),
    )
  })

  it('names what it refuses, with the old type and the new one', () => {
    const known: KnownColumn[] = [
      { name: 'id', column: 'id', type: 'integer' },
      { name: 'at', column: 'at', type: 'timestamp' },
    ]
    const wanted: { name: string; type: ColumnType }[] = [
      { name: 'id', type: 'text' },
      { name: 'at', type: 'boolean' },
    ]
    expect(columnChanges(known, wanted, { mode: 'evolve', fixed: ['id'] }).refuse).toEqual([
      { name: 'id', from: 'integer', to: 'text' },
      { name: 'at', from: 'timestamp', to: 'boolean' },
    ])
  })
})
