import { exactJsonText, parseJson } from '@tidemark/core/values'
import { expect, it } from 'vitest'
import { columnsOfSchema } from '../src/json-schema.ts'

const typeOf = (property: unknown, { key = [] as readonly string[], root = {} } = {}) =>
  columnsOfSchema({ properties: { x: property }, ...root }, { key, types: {}, omitted: new Set() })[0]?.type

const CASES: readonly (readonly [unknown, string])[] = [
  [{ type: ['null', 'string'] }, 'text'],
  [{ type: 'string', format: 'date-time' }, 'timestamp'],
  [{ anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] }, 'timestamp'],
  [{ anyOf: [{ type: 'string', format: 'date-time' }, { type: ['string', 'null'] }] }, 'text'],
  [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, 'double'],
  [{ type: ['string', 'null'], format: 'date' }, 'date'],
  [{ type: 'string', format: 'time' }, 'text'],
  [{ type: 'string', format: 'uuid' }, 'text'],
  [{ type: ['null', 'string'], format: 'singer.decimal' }, 'numeric'],
  [{ type: 'string', contentEncoding: 'base64' }, 'bytes'],
  [{ type: ['null', 'integer'] }, 'integer'],
  [{ type: 'integer', minimum: -9223372036854775808n, maximum: 9223372036854775807n }, 'integer'],
  [{ type: 'integer', minimum: 0, maximum: 18446744073709551615n }, 'numeric'],
  [{ type: 'number' }, 'double'],
  [{ type: ['number', 'null'], multipleOf: 0.01 }, 'numeric'],
  [{ type: 'boolean' }, 'boolean'],
  [{ type: 'object', properties: { a: { type: 'string' } } }, 'json'],
  [{ properties: { a: {} } }, 'json'],
  [{ type: ['array', 'null'], items: {} }, 'json'],
  [{ type: ['integer', 'string'] }, 'json'],
  [{}, 'json'],
  [true, 'json'],
  [{ enum: ['a', 'b', null] }, 'text'],
  [{ const: 7 }, 'integer'],
  [{ $ref: '#/definitions/money' }, 'numeric'],
  [{ $ref: '#/definitions/itself' }, 'json'],
  [{ allOf: [{ type: 'string' }, { format: 'date' }] }, 'date'],
]

it.each(CASES.map(([property, type]) => [exactJsonText(property), type]))(
  '%s is a column of the type %s',
  (text, type) => {
    const root = {
      definitions: { money: { type: 'number', multipleOf: 0.01 }, itself: { $ref: '#/definitions/itself' } },
    }
    expect(typeOf(parseJson(text!), { root })).toBe(type)
  },
)

it('a column of the key is no json, and never NULL', () => {
  const key = ['x']
  expect(typeOf({ type: ['integer', 'string'] }, { key })).toBe('text')
  expect(typeOf({}, { key })).toBe('text')
  expect(columnsOfSchema({}, { key, types: {}, omitted: new Set() })).toEqual([
    { name: 'x', type: 'text', nullable: false },
  ])
})
