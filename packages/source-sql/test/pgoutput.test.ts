import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type LogMessage,
  type LogRelation,
  NULL_FIELD,
  PgOutput,
  type TupleFields,
  UNCHANGED_FIELD,
  UnknownLogMessage,
} from '../src/postgres/log/pgoutput.ts'

/** A value of a row: a text, NULL, or one that is unchanged and not told. */
type Field = string | null | undefined

const uint8 = (value: number): Buffer => Buffer.from([value])
function numbered(size: 2 | 4 | 8, value: number | bigint): Buffer {
  const bytes = Buffer.alloc(size)
  if (size === 8) bytes.writeBigUInt64BE(BigInt(value))
  else if (size === 4) bytes.writeUInt32BE(Number(value) >>> 0)
  else bytes.writeUInt16BE(Number(value))
  return bytes
}
const text = (value: string): Buffer => Buffer.concat([Buffer.from(value), uint8(0)])
const tag = (value: string): Buffer => Buffer.from(value)

/** A row as the plugin writes it. */
function tuple(fields: readonly Field[]): Buffer {
  const written = fields.map((field) => {
    if (field === null) return tag('n')
    if (field === undefined) return tag('u')
    const bytes = Buffer.from(field)
    return Buffer.concat([tag('t'), numbered(4, bytes.length), bytes])
  })
  return Buffer.concat([numbered(2, fields.length), ...written])
}

function described({ oid, schema, name, identity, columns }: LogRelation): Buffer {
  const written = columns.map(({ name: column, type, modifier, isKey }) =>
    Buffer.concat([uint8(isKey ? 1 : 0), text(column), numbered(4, type), numbered(4, modifier)]),
  )
  const head = [tag('R'), numbered(4, oid), text(schema), text(name), tag(identity), numbered(2, columns.length)]
  return Buffer.concat([...head, ...written])
}

const fieldsOf = (message: TupleFields): Field[] =>
  Array.from({ length: message.count }, (_, index) => {
    const kind = message.kindAt(index)
    if (kind === NULL_FIELD) return null
    if (kind === UNCHANGED_FIELD) return undefined
    return message.bytes.toString('utf8', message.fromAt(index), message.toAt(index))
  })
const reader = (): PgOutput<Field[]> => new PgOutput({ relation: () => fieldsOf })

const orders: LogRelation = {
  oid: 16_384,
  schema: 'public',
  name: 'orders',
  identity: 'd',
  columns: [
    { name: 'id', type: 23, modifier: -1, isKey: true },
    { name: 'note', type: 25, modifier: -1, isKey: false },
  ],
}
/** Microseconds from the epoch of Postgres to ours. */
const EPOCH = 946_684_800_000_000n

const name = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((one) => !one.includes('\0'))
const field = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(null), fc.constant(undefined))
const relation = fc.record({
  oid: fc.nat(0xffff_ffff),
  schema: name.filter((one) => one !== ''),
  name,
  identity: fc.constantFrom('d', 'n', 'f', 'i'),
  columns: fc.array(
    fc.record({
      name,
      type: fc.nat(0xffff_ffff),
      modifier: fc.integer({ min: -1, max: 1_000_000 }),
      isKey: fc.boolean(),
    }),
    { maxLength: 8 },
  ),
})

describe('the messages of pgoutput', () => {
  it('come back as they were written: tables and their rows', () => {
    fc.assert(
      fc.property(
        relation,
        fc.array(field, { maxLength: 8 }),
        fc.array(field, { maxLength: 8 }),
        (one, row, before) => {
          const log = reader()
          expect(log.read(described(one))).toEqual({ tag: 'relation', relation: one })
          const oid = numbered(4, one.oid)
          const insert = log.read(Buffer.concat([tag('I'), oid, tag('N'), tuple(row)]))
          expect(insert).toEqual({ tag: 'insert', relation: one, row })
          const update = log.read(Buffer.concat([tag('U'), oid, tag('N'), tuple(row)]))
          expect(update).toEqual({ tag: 'update', relation: one, row, before: undefined })
          for (const kind of ['K', 'O']) {
            const moved = log.read(Buffer.concat([tag('U'), oid, tag(kind), tuple(before), tag('N'), tuple(row)]))
            expect(moved).toEqual({ tag: 'update', relation: one, row, before })
            const gone = log.read(Buffer.concat([tag('D'), oid, tag(kind), tuple(before)]))
            expect(gone).toEqual({ tag: 'delete', relation: one, before })
          }
        },
      ),
    )
  })

  it('come back as they were written: where transactions begin and end', () => {
    const position = fc.bigInt(0n, 0xffff_ffff_ffff_ffffn)
    const time = fc.bigInt(0n, 2n ** 60n)
    fc.assert(
      fc.property(position, position, time, fc.nat(0xffff_ffff), (commit, end, at, xid) => {
        const log = reader()
        const begin = Buffer.concat([tag('B'), numbered(8, commit), numbered(8, at), numbered(4, xid)])
        expect(log.read(begin)).toEqual({ tag: 'begin', commit, at: at + EPOCH, xid })
        const ended = Buffer.concat([tag('C'), uint8(0), numbered(8, commit), numbered(8, end), numbered(8, at)])
        expect(log.read(ended)).toEqual({ tag: 'commit', commit, end, at: at + EPOCH })
      }),
    )
  })

  it('a truncation names all of its tables, and what says nothing of rows is passed by', () => {
    const log = reader()
    const lines = { ...orders, oid: 16_385, name: 'lines' }
    log.read(described(orders))
    log.read(described(lines))
    const truncated = Buffer.concat([tag('T'), numbered(4, 2), uint8(1), numbered(4, 16_384), numbered(4, 16_385)])
    expect(log.read(truncated)).toEqual({ tag: 'truncate', relations: [orders, lines] })
    const type = Buffer.concat([tag('Y'), numbered(4, 16_400), text('public'), text('mood')])
    const origin = Buffer.concat([tag('O'), numbered(8, 1), text('elsewhere')])
    const said = Buffer.concat([tag('M'), uint8(0), numbered(8, 1), text('app'), numbered(4, 2), Buffer.from('hi')])
    for (const other of [type, origin, said]) expect(log.read(other)).toEqual({ tag: 'other' })
  })

  it('the rows of a table are read as it was last described', () => {
    const log = new PgOutput<string>({
      relation:
        ({ columns }) =>
        ({ count }) =>
          `${count} of ${columns.length}`,
    })
    const change = Buffer.concat([tag('I'), numbered(4, orders.oid), tag('N'), tuple(['1', 'a'])])
    log.read(described(orders))
    expect(log.read(change)).toMatchObject({ row: '2 of 2' })
    log.read(described({ ...orders, columns: [...orders.columns, ...orders.columns] }))
    expect(log.read(change)).toMatchObject({ row: '2 of 4' })
  })

  it('a message that ends too early is never read as a shorter one', () => {
    const whole = Buffer.concat([
      tag('U'),
      numbered(4, orders.oid),
      tag('K'),
      tuple(['1', null]),
      tag('N'),
      tuple(['2', 'text']),
    ])
    const log = reader()
    log.read(described(orders))
    for (let length = 1; length < whole.length; length++)
      expect(() => log.read(whole.subarray(0, length)), `${length} bytes`).toThrow()
    const description = described(orders)
    for (let length = 1; length < description.length; length++)
      expect(() => reader().read(description.subarray(0, length)), `${length} bytes`).toThrow()
  })

  it.each([
    ['a kind of message that it does not know', Buffer.from('S')],
    ['a change of a table that was not described', Buffer.concat([tag('I'), numbered(4, 7), tag('N'), tuple([])])],
    [
      'a value that is not text',
      Buffer.concat([tag('I'), numbered(4, orders.oid), tag('N'), numbered(2, 1), tag('b'), numbered(4, 0)]),
    ],
    [
      'an old row of a kind that it does not know',
      Buffer.concat([tag('D'), numbered(4, orders.oid), tag('X'), tuple([])]),
    ],
  ])('%s is refused', (_, bytes) => {
    const log = reader()
    log.read(described(orders))
    expect((): LogMessage<Field[]> => log.read(bytes)).toThrow(UnknownLogMessage)
  })
})
