import { SyncError } from '@tidemark/core'
import { expect, it } from 'vitest'
import { parseMessage } from '../src/message.ts'

it('numbers of a record keep every digit', () => {
  const line =
    '{"type":"RECORD","stream":"t","record":{"id":9223372036854775807,"big":12345678901234567890123456789012345678,"price":0.12345678901234567890123456789012345678,"small":1.5}}'
  const message = parseMessage(line)
  expect(message).toMatchObject({ type: 'RECORD', stream: 't', record: { id: 9223372036854775807n, small: 1.5 } })
  expect(JSON.stringify((message as unknown as { record: { big: unknown } }).record.big)).toBe(
    '12345678901234567890123456789012345678',
  )
})

it('a state keeps every digit, and is text', () => {
  const line =
    '{"type": "STATE", "value": {"bookmarks": {"t": {"lsn": 18446744073709551615, "x": 1.10000000000000000001}}}}'
  expect(parseMessage(line)).toEqual({
    type: 'STATE',
    state: '{"bookmarks":{"t":{"lsn":18446744073709551615,"x":1.10000000000000000001}}}',
  })
})

it('a schema without a key has none', () => {
  for (const key of ['', ',"key_properties":null', ',"key_properties":[]'])
    expect(parseMessage(`{"type":"SCHEMA","stream":"t","schema":{}${key}}`)).toMatchObject({ key: [] })
})

it('numbers of Python that JSON does not know are texts, and texts that look like them stay', () => {
  expect(
    parseMessage(
      '{"type":"RECORD","stream":"t","record":{"a":NaN,"b":-Infinity,"c":"NaN, \\"Infinity","d":[Infinity]}}',
    ),
  ).toMatchObject({ record: { a: 'NaN', b: '-Infinity', c: 'NaN, "Infinity', d: ['Infinity'] } })
})

it.each(['', 'INFO starting', '{"level":"info"}', '[1]', '{"type":"METRIC","x":1}', '{ not json', 'null'])(
  'a line of something else is not a message: %j',
  (line) => expect(parseMessage(line)).toBeUndefined(),
)

it.each([
  ['cut off', '{"type":"RECORD","stream":"t","record":{"id":1'],
  ['behind a log line', 'working… {"type": "RECORD", "stream": "t", "record": {"id": 1}}'],
  ['without a stream', '{"type":"RECORD","record":{"id":1}}'],
  ['without a record', '{"type":"RECORD","stream":"t","record":[1]}'],
  ['without a schema', '{"type":"SCHEMA","stream":"t"}'],
])('a message that is %s is an error: its row would be lost', (_, line) => {
  const parse = () => parseMessage(line)
  expect(parse).toThrow(SyncError)
  expect(parse).toThrow(/^the tap wrote a message that /)
})
