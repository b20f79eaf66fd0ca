import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  bare,
  type Column,
  columnsOf,
  columnType,
  isLoose,
  isWhole,
  keepTypes,
  rowOf,
  type TableColumn,
} from '../src/contract/column.ts'
import { bytes, filledWith, numeric, secret, unixSeconds } from '../src/contract/schema.ts'
import { COLUMN_TYPES, type ColumnType, fits, holds } from '../src/values/column-types.ts'

const columnOf = (schema: z.ZodType): TableColumn => columnsOf(z.object({ it: schema }))[0]!

// What TypeScript makes of `enum Level { Low, High }`: names and numbers in one object.
const Level = { 0: 'Low', 1: 'High', Low: 0, High: 1 } as const

describe('the type of a column', () => {
  it.each<[string, z.ZodType, ColumnType]>([
    ['string', z.string(), 'text'],
    ['email', z.email(), 'text'],
    ['uuid', z.uuid(), 'text'],
    ['iso.time', z.iso.time(), 'text'],
    ['iso.duration', z.iso.duration(), 'text'],
    ['templateLiteral', z.templateLiteral(['a', z.int()]), 'text'],
    ['secret', secret(), 'text'],
    ['int', z.int(), 'integer'],
    ['int32', z.int32(), 'integer'],
    ['uint32', z.uint32(), 'integer'],
    ['number().int()', z.number().int(), 'integer'],
    ['number().positive().int().max()', z.number().positive().int().max(9), 'integer'],
    ['bigint', z.bigint(), 'integer'],
    ['int64', z.int64(), 'integer'],
    ['coerce.bigint', z.coerce.bigint(), 'integer'],
    ['number', z.number(), 'double'],
    ['number().positive()', z.number().positive(), 'double'],
    ['float64', z.float64(), 'double'],
    ['coerce.number', z.coerce.number(), 'double'],
    ['numeric', numeric(), 'numeric'],
    ['boolean', z.boolean(), 'boolean'],
    ['stringbool', z.stringbool(), 'boolean'],
    ['iso.datetime', z.iso.datetime(), 'timestamp'],
    ['iso.datetime offset', z.iso.datetime({ offset: true }), 'timestamp'],
    ['date', z.date(), 'timestamp'],
    ['coerce.date', z.coerce.date(), 'timestamp'],
    ['unixSeconds', unixSeconds(), 'timestamp'],
    ['iso.datetime local', z.iso.datetime({ local: true }), 'local_timestamp'],
    ['iso.date', z.iso.date(), 'date'],
    ['bytes', bytes(), 'bytes'],
    ['enum of texts', z.enum(['a', 'b']), 'text'],
    ['enum of TypeScript, numeric', z.enum(Level), 'integer'],
    ['enum of TypeScript, mixed', z.enum({ A: 'a', B: 2 }), 'json'],
    ['literal text', z.literal('a'), 'text'],
    ['literals with null', z.literal(['a', null]), 'text'],
    ['literal integers', z.literal([1, 2n]), 'integer'],
    ['literal doubles', z.literal([1, 2.5]), 'double'],
    ['literal booleans', z.literal([true, false]), 'boolean'],
    ['literals of several kinds', z.literal(['a', 1]), 'json'],
    ['object', z.object({ a: z.int() }), 'json'],
    ['array', z.array(z.string()), 'json'],
    ['record', z.record(z.string(), z.int()), 'json'],
    ['union', z.union([z.string(), z.int()]), 'json'],
    ['unknown', z.unknown(), 'json'],
    ['any', z.any(), 'json'],
    ['json', z.json(), 'json'],
    ['lazy', z.lazy(() => z.string()), 'json'],
    ['custom', z.custom<string>(), 'json'],
    ['pipe', z.string().pipe(z.coerce.number()).pipe(z.int()), 'integer'],
    ['preprocess', z.preprocess(Number, z.int()), 'integer'],
    [
      'codec',
      z.codec(z.iso.datetime(), z.date(), { decode: (t) => new Date(t), encode: (d) => d.toISOString() }),
      'timestamp',
    ],
    ['transform with pipe', z.string().transform(Number).pipe(z.number()), 'double'],
  ])('of z.%s', (_, schema, type) => {
    expect(columnOf(schema).type).toBe(type)
    // Wrappers change nothing, however deep.
    const wrapped = schema
      .optional()
      .nullable()
      .default(null)
      .readonly()
      .catch(null as never)
    expect(columnType('it', wrapped)).toBe(type)
    expect(columnType('it', z.nonoptional(schema.nullish()))).toBe(type)
    expect(columnType('it', schema.exactOptional())).toBe(type)
    expect(bare(wrapped)).toBe(bare(schema))
  })

  it('cannot be told of a bare transform; the error says how to say it', () => {
    for (const schema of [z.string().transform(Number), z.string().transform(Number).optional(), z.transform(String)]) {
      expect(() => columnOf(schema)).toThrow(/^column "it" ends in a bare \.transform\(\).*\.pipe\(/)
    }
  })

  it('is kept in the order of the schema, names untouched', () => {
    const names = ['zeta', 'constructor', 'a.b', 'price as eur', '"; drop table t; --', 'toString', '💧']
    const row = z.object(Object.fromEntries(names.map((name) => [name, z.string()])))
    expect(columnsOf(row).map(({ name }) => name)).toEqual(names)
  })

  it('survives a field called __proto__', () => {
    const row = z.object({ ['__proto__']: z.int(), id: z.int() })
    expect(columnsOf(row).map(({ name, type }) => [name, type])).toEqual([
      ['__proto__', 'integer'],
      ['id', 'integer'],
    ])
    expect(({} as Record<string, unknown>)['type']).toBe(undefined)
  })
})

describe('what an encoder may check in place of zod', () => {
  it.each<[string, z.ZodType, unknown]>([
    ['string()', z.string(), { kind: 'string' }],
    ['int()', z.int(), { kind: 'safeint' }],
    ['number()', z.number(), { kind: 'number' }],
    ['bigint()', z.bigint(), { kind: 'bigint' }],
    ['boolean()', z.boolean(), { kind: 'boolean' }],
    ['unknown()', z.unknown(), { kind: 'any' }],
    ['any()', z.any(), { kind: 'any' }],
    ['iso.date()', z.iso.date(), { kind: 'isodate' }],
    ['iso.datetime()', z.iso.datetime(), { kind: 'datetime', zone: 'Z', precision: undefined }],
    [
      'iso.datetime({ offset })',
      z.iso.datetime({ offset: true }),
      { kind: 'datetime', zone: 'offset', precision: undefined },
    ],
    [
      'iso.datetime({ local })',
      z.iso.datetime({ local: true }),
      { kind: 'datetime', zone: 'local', precision: undefined },
    ],
    ['iso.datetime({ precision })', z.iso.datetime({ precision: 0 }), { kind: 'datetime', zone: 'Z', precision: 0 }],
    ['bytes()', bytes(), { kind: 'column', type: 'bytes' }],
    ['string().nullish().readonly()', z.string().nullish().readonly(), { kind: 'string' }],
  ])('z.%s', (_, schema, plain) => {
    expect(columnOf(schema).plain).toEqual(plain)
  })

  it.each<[string, z.ZodType]>([
    ['string().min(1)', z.string().min(1)],
    ['string().trim()', z.string().trim()],
    ['string().refine()', z.string().refine((text) => text !== '')],
    ['string().default()', z.string().default('')],
    ['string().catch()', z.string().catch('')],
    ['string().prefault()', z.string().prefault('')],
    ['nonoptional()', z.nonoptional(z.string().optional())],
    ['email()', z.email()],
    ['int32()', z.int32()],
    ['number().max(9)', z.number().max(9)],
    ['number().int()', z.number().int()],
    ['int64()', z.int64()],
    ['coerce.string()', z.coerce.string()],
    ['coerce.number()', z.coerce.number()],
    ['date()', z.date()],
    ['iso.datetime().min()', z.iso.datetime().min(30)],
    ['bytes().refine()', bytes().refine((value) => value.length > 0)],
    ['custom()', z.custom<string>()],
    ['unixSeconds()', unixSeconds()],
    ['numeric()', numeric()],
    ['enum()', z.enum(['a'])],
    ['object()', z.object({})],
    ['stringbool()', z.stringbool()],
  ])('not z.%s, which says more than its type', (_, schema) => {
    expect(columnOf(schema).plain).toBe(undefined)
  })

  it('knows what may be absent or NULL', () => {
    expect(columnOf(z.string())).toMatchObject({ nullable: false, optional: false })
    expect(columnOf(z.string().nullable())).toMatchObject({ nullable: true, optional: false })
    expect(columnOf(z.string().optional())).toMatchObject({ nullable: true, optional: true })
    expect(columnOf(z.string().nullish())).toMatchObject({ nullable: true, optional: true })
  })

  it('leaves rows that are more than their fields to zod, whole', () => {
    const row = z.object({ id: z.int() })
    expect([row, z.looseObject(row.shape)].map(isWhole)).toEqual([false, false])
    expect([row.refine(() => true), z.strictObject(row.shape), row.catchall(z.string())].map(isWhole)).toEqual([
      true,
      true,
      true,
    ])
    expect([row, z.looseObject(row.shape), z.strictObject(row.shape), row.catchall(z.any())].map(isLoose)).toEqual([
      false,
      true,
      false,
      true,
    ])
  })
})

// ---------- columns found at run time ----------

const type = fc.constantFrom(...COLUMN_TYPES)
const found = (...types: ColumnType[]): Column[] => types.map((one, at) => ({ name: `c${at}`, type: one }))

describe('keepTypes', () => {
  it('is as stable as it can be: what fits once changes nothing any more', () => {
    fc.assert(
      fc.property(type, fc.array(type, { maxLength: 12 }), (known, sniffed) => {
        let kept = found(known) as readonly Column[]
        for (const one of sniffed) {
          const next = keepTypes(found(one), kept)
          expect(keepTypes(found(one), next)).toEqual(next) // idempotent
          expect(keepTypes(kept, next)).toEqual(next) // and the earlier type is held too
          kept = next
        }
        // Sniffing the same files again, in any order, widens no more than once.
        const again = sniffed.reduce((now, one) => keepTypes(found(one), now), kept)
        expect(again.reduce((_, one) => one.type, '')).toBe(keepTypes(again, kept)[0]!.type)
      }),
    )
  })

  it('never narrows: it keeps the known type, or goes one of the lossless ways up', () => {
    const up: readonly string[] = [
      'integer numeric',
      'double numeric',
      'numeric text',
      'integer text',
      'double text',
      'date text',
    ]
    fc.assert(
      fc.property(type, type, (known, now) => {
        const kept = keepTypes(found(now), found(known))[0]!.type
        expect(kept === known || kept === 'text' || up.includes(`${known} ${kept}`)).toBe(true)
        // What a destination does without loss is exactly what is on the list.
        if (up.includes(`${known} ${kept}`)) expect(holds(kept, known)).toBe(true)
      }),
    )
  })

  it('takes the columns found today, and of the known ones only their types', () => {
    const known = [
      { name: 'a', type: 'text' },
      { name: 'gone', type: 'json' },
    ] as const
    const today = [
      { name: 'a', type: 'integer', nullable: false },
      { name: 'new', type: 'date' },
    ] as const
    expect(keepTypes(today, known)).toEqual([
      { name: 'a', type: 'text', nullable: false },
      { name: 'new', type: 'date' },
    ])
    expect(keepTypes(today)).toBe(today)
    expect(keepTypes([{ name: '__proto__', type: 'date' }], [])).toEqual([{ name: '__proto__', type: 'date' }])
  })

  it('grows no column whose type is fixed', () => {
    const known = [{ name: 'a', type: 'integer', fixed: true } as const]
    const today = [{ name: 'a', type: 'text' } as const, { name: 'b', type: 'text' } as const]
    expect(keepTypes(today, known)).toEqual([
      { name: 'a', type: 'integer' },
      { name: 'b', type: 'text' },
    ])
  })

  it('keeps an integer column that once held a fraction exact', () => {
    expect(keepTypes(found('double'), found('integer'))).toEqual(found('numeric'))
    expect(keepTypes(found('integer'), found('double'))).toEqual(found('double'))
    expect(keepTypes(found('numeric'), found('double'))).toEqual(found('numeric'))
    expect(keepTypes(found('boolean'), found('integer'))).toEqual(found('text'))
    expect(keepTypes(found('boolean'), found('json'))).toEqual(found('json'))
  })
})

describe('rowOf', () => {
  const samples: Record<ColumnType, { yes: unknown[]; no: unknown[] }> = {
    text: { yes: ['', 'a', '007'], no: [7, true, {}] },
    integer: { yes: [0, -7, 2 ** 53 - 1, 2n ** 62n], no: [1.5, 2 ** 53, '7', Number.NaN] },
    double: { yes: [1.5, -0], no: ['1.5', 2n] },
    numeric: { yes: ['12.3400', '-.5', 7, 7n], no: ['1e3', 'x', Number.NaN, Number.POSITIVE_INFINITY] },
    boolean: { yes: [true, false], no: [1, 'true'] },
    timestamp: {
      yes: ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00+02:00', new Date(0)],
      no: ['2024-01-01T00:00:00', '2024-01-01', new Date(Number.NaN), 5],
    },
    local_timestamp: { yes: ['2024-01-01T00:00:00', '2024-01-01T00:00'], no: ['2024-01-01T00:00:00Z', new Date(0)] },
    date: { yes: ['2024-02-29'], no: ['2023-02-29', '2024-01-01T00:00:00Z', new Date(0)] },
    json: { yes: [{}, [], 'a', 7, false], no: [] },
    bytes: { yes: [new Uint8Array(2), Buffer.from('a')], no: ['a', [1]] },
  }

  it.each(COLUMN_TYPES)('takes what fits a column of type %s, and only that', (one) => {
    const row = rowOf([{ name: 'it', type: one }])
    for (const value of samples[one].yes) {
      expect(fits(value, one)).toBe(true)
      expect(row.parse({ it: value })).toEqual({ it: value })
    }
    for (const value of samples[one].no) {
      expect(fits(value, one)).toBe(false)
      expect(row.safeParse({ it: value }).error?.issues[0]?.message).toBe(`expected a value of type ${one}`)
    }
    expect(columnsOf(row)).toMatchObject([{ name: 'it', type: one, plain: { kind: 'column', type: one } }])
  })

  it('lets NULL and absence pass unless the column says otherwise', () => {
    const row = rowOf([
      { name: 'id', type: 'integer', nullable: false },
      { name: 'note', type: 'text' },
    ])
    expect(row.safeParse({ id: 1 }).success).toBe(true)
    expect(row.safeParse({ id: 1, note: null }).success).toBe(true)
    expect(row.safeParse({ id: null }).success).toBe(false)
    expect(row.safeParse({}).success).toBe(false)
    expect(columnsOf(row).map(({ nullable }) => nullable)).toEqual([false, true])
  })

  it('takes names that are no names of fields, and pollutes nothing', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const row = rowOf(names.map((name) => ({ name, type: 'text' })))
    expect(columnsOf(row).map(({ name }) => name)).toEqual(names)
    const parsed = row.parse(JSON.parse('{"__proto__":"p","constructor":"c","toString":"t","hasOwnProperty":"h"}'))
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
    expect(parsed).toMatchObject({ constructor: 'c', toString: 't', hasOwnProperty: 'h' })
    expect(({} as Record<string, unknown>)['p']).toBe(undefined)
  })
})

describe('what rows of before hold in a column', () => {
  it('is said by its schema, below wrappers too, and changes nothing else', () => {
    const columns = columnsOf(
      z.object({
        plain: z.string(),
        meta: z.string().meta({ fill: 'a', title: 'A' }),
        helped: filledWith(z.int().meta({ title: 'B' }), 7),
        wrapped: filledWith(z.boolean(), false).nullish(),
        empty: filledWith(z.string().nullable(), null),
      }),
    )
    expect(columns.map(({ name, type, fill }) => [name, type, fill])).toEqual([
      ['plain', 'text', undefined],
      ['meta', 'text', 'a'],
      ['helped', 'integer', 7],
      ['wrapped', 'boolean', false],
      ['empty', 'text', null],
    ])
    expect('fill' in columns[0]!).toBe(false)
    expect(columns.map(({ plain }) => plain?.kind)).toEqual(['string', 'string', 'safeint', 'boolean', 'string'])
    expect(filledWith(z.int().meta({ title: 'B' }), 7).meta()).toEqual({ title: 'B', fill: 7 })
  })

  it('is carried by columns found at run time', () => {
    const row = rowOf([
      { name: 'a', type: 'text', fill: 'x' },
      { name: 'b', type: 'integer', nullable: false, fill: 1n },
    ])
    expect(columnsOf(row)).toMatchObject([
      { name: 'a', type: 'text', nullable: true, fill: 'x' },
      { name: 'b', type: 'integer', nullable: false, fill: 1n },
    ])
    expect(row.safeParse({ a: null, b: 2 }).success).toBe(true)
  })
})
