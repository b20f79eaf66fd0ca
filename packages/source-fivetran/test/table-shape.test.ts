import { UNCHANGED } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { declaredTables } from '../src/declared-table.ts'
import type { RowOperation } from '../src/operation.ts'
import { operationIn } from '../src/operation.ts'
import { offsetOf, stateText } from '../src/state-offset.ts'
import { TableShape } from '../src/table-shape.ts'

const operation = (line: string): RowOperation => operationIn(line, '$m') as RowOperation
const upsert = (row: string): RowOperation => operation(`["upsert","t",${row}]`)

/** A table after its first rows. */
function shapeOf(schema: unknown, ...rows: readonly string[]): TableShape {
  const shape = new TableShape('t', declaredTables(schema, 'connector "x"')[0])
  for (const row of rows) shape.see(upsert(row).row)
  shape.decideTypes()
  return shape
}
const KEYED = [{ table: 't', primary_key: ['id'] }]

describe('a table', () => {
  it('has a version that grows with its columns alone', () => {
    const shape = shapeOf(KEYED, '{"id":1,"n":1}')
    const first = shape.version
    shape.see(upsert('{"id":2,"n":5,"x":null}').row)
    shape.decideTypes()
    expect(shape.version).toBe(first)
    shape.see(upsert('{"id":3,"x":{"$m":"d1.5"}}').row)
    shape.decideTypes()
    expect(shape.version).toBe(first + 1)
    expect(Object.keys(shape.row.shape)).toEqual(['id', 'n', 'x'])
  })

  it('is complete once the types of its key are known', () => {
    expect(shapeOf(KEYED).isComplete).toBe(false)
    expect(shapeOf(KEYED, '{"id":"a"}').isComplete).toBe(true)
    expect(shapeOf([{ table: 't', primary_key: ['id'], columns: { id: 'INT' } }]).isComplete).toBe(true)
    expect(shapeOf([{ table: 't' }]).isComplete).toBe(true)
  })

  it('fails where a row has a key of another type, and says what to declare', () => {
    const shape = shapeOf(KEYED, '{"id":1}')
    shape.see(upsert('{"id":"A17"}').row)
    expect(() => shape.decideTypes()).toThrow(
      'table "t": its key "id" was integer so far, and a row has text there; give the type that holds both in schema(), as in "columns": {"id": "STRING"}',
    )
  })

  it('whose key was declared as a text takes any key', () => {
    const shape = shapeOf([{ table: 't', primary_key: ['id'], columns: { id: 'STRING' } }], '{"id":1}', '{"id":"A17"}')
    expect(['{"id":1}', '{"id":"A17"}'].map((row) => shape.rowOf(upsert(row)))).toEqual([{ id: '1' }, { id: 'A17' }])
  })

  it('tells what an update does not name apart from NULL', () => {
    const shape = shapeOf(KEYED, '{"id":1,"a":1,"b":2,"c":3}')
    expect(shape.rowOf(operation('["update","t",{"id":1,"a":null,"b":5}]'))).toEqual({
      id: 1,
      a: null,
      b: 5,
      c: UNCHANGED,
    })
  })

  it('fails where a key is not named whole', () => {
    const shape = shapeOf([{ table: 't', primary_key: ['a', 'b'] }], '{"a":1,"b":2}')
    expect(() => shape.keyOf(operation('["delete","t",{"a":1}]'))).toThrow(
      'delete(table="t", …) lacks "b"; it needs every',
    )
    expect(() => shape.rowOf(operation('["update","t",{"b":1}]'))).toThrow('update(table="t", …) lacks "a"')
    const keyless = shapeOf([{ table: 't' }], '{"a":1}')
    expect(() => keyless.keyOf(operation('["delete","t",{"a":1}]'))).toThrow('the table has no primary key')
  })

  it('keeps a field of any name, and gives NULL where an object would inherit one', () => {
    const shape = shapeOf(KEYED, '{"id":1,"__proto__":"x","toString":"y"}')
    const made = shape.rowOf(upsert('{"id":1,"__proto__":"x"}'))
    expect(Object.entries(made)).toEqual([
      ['id', 1],
      ['__proto__', 'x'],
      ['toString', null],
    ])
  })

  it('that the state knows keeps its types, its key and its columns', () => {
    const columns = [
      { name: '_fivetran_id', type: 'text' as const },
      { name: 'n', type: 'numeric' as const },
    ]
    const shape = new TableShape('t', undefined, { columns, primaryKey: ['_fivetran_id'] })
    shape.see(upsert('{"n":1}').row)
    shape.decideTypes()
    expect(shape.version).toBe(0)
    expect(shape.primaryKey).toEqual(['_fivetran_id'])
    expect(shape.rowOf(upsert('{"n":1}'))).toMatchObject({ n: '1' })
  })
})

describe('schema()', () => {
  it.each<[unknown, string]>([
    [{}, 'schema() must return a list of dicts'],
    [['t'], 'schema() must return a list of dicts'],
    [[{}], 'schema() must give each table a name'],
    [[{ table: 't' }, { table: 't' }], 'schema() declares table "t" twice'],
    [[{ table: 't', primary_key: [1] }], 'must give the primary key of table "t" as a list of names'],
    [[{ table: 't', columns: ['a'] }], 'must give the columns of table "t" as a dict of types'],
    [
      [{ table: 't', columns: { a: 'STRNG' } }],
      'names a type that does not exist, "STRNG": did you mean "STRING"? (column "a" of "t")',
    ],
  ])('that gives %j is an error that says what is wrong', (answer, message) => {
    expect(() => declaredTables(answer, 'connector "x"')).toThrow(message)
  })

  it('may give nothing, one key as a text, and types in any case', () => {
    expect(declaredTables(null, 'x')).toEqual([])
    expect(declaredTables([{ table: 't', primary_key: 'id', columns: { id: { type: 'decimal' } } }], 'x')).toEqual([
      { name: 't', primaryKey: ['id'], columns: new Map([['id', 'numeric']]) },
    ])
  })
})

describe('a state', () => {
  it.each(['{}', '{"a":[1,"ä",null]}'])('is kept as it is: %s', (text) => {
    expect(offsetOf(text)).toEqual({ state: JSON.parse(text) })
    expect(stateText(offsetOf(text))).toBe(text)
  })

  it.each(['{"a":1.0}', '{"a":12345678901234567890}', '{"b":1,"10":2}'])(
    'that JavaScript does not hold exactly is kept as text: %s',
    (text) => {
      expect(stateText(offsetOf(text))).toBe(text)
      expect(offsetOf(text)).toHaveProperty('text')
    },
  )
})
