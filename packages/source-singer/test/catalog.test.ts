import { describe, expect, it } from 'vitest'
import { parseCatalog, selectStreams } from '../src/catalog.ts'
import { SingerConfig } from '../src/config.ts'

const entry = (name: string, own: object = {}, more: object = {}, properties: object[] = []) => ({
  tap_stream_id: name,
  stream: name,
  schema: {
    type: 'object',
    properties: { id: { type: 'integer' }, at: { type: 'string', format: 'date-time' }, note: {} },
  },
  metadata: [{ breadcrumb: [], metadata: own }, ...properties],
  ...more,
})
const property = (name: string, metadata: object) => ({ breadcrumb: ['properties', name], metadata })
const select = (entries: readonly object[], config: object = {}) => {
  const { streams, text } = selectStreams(entries as never, SingerConfig.parse({ command: 'tap', ...config }))
  return { streams, written: JSON.parse(text).streams as Written[] }
}
interface Written {
  readonly selected: boolean
  readonly replication_method?: string
  readonly schema: { readonly selected: boolean; readonly properties: Record<string, { readonly selected: boolean }> }
  readonly metadata: readonly { readonly breadcrumb: readonly string[]; readonly metadata: Record<string, unknown> }[]
}
const metadataOf = ({ metadata }: Written, ...breadcrumb: string[]) =>
  metadata.find((one) => one.breadcrumb.join('.') === breadcrumb.join('.'))?.metadata

describe('the catalog for the tap', () => {
  it('has the choice where new and where old taps look for it', () => {
    const { written } = select(
      [entry('a', { 'table-key-properties': ['id'], 'valid-replication-keys': ['at'] }), entry('b')],
      {
        select: ['!b'],
        streams: { a: { omit: ['note'] } },
      },
    )
    const [a, b] = written as [Written, Written]
    expect(a).toMatchObject({
      selected: true,
      replication_method: 'INCREMENTAL',
      replication_key: 'at',
      schema: { selected: true },
    })
    expect(metadataOf(a)).toMatchObject({
      selected: true,
      'replication-method': 'INCREMENTAL',
      'replication-key': 'at',
    })
    expect(metadataOf(a, 'properties', 'id')).toMatchObject({ selected: true })
    expect(metadataOf(a, 'properties', 'note')).toMatchObject({ selected: false })
    expect(a.schema.properties).toMatchObject({ id: { selected: true }, note: { selected: false } })
    expect(b).toMatchObject({ selected: false, schema: { selected: false } })
    expect(metadataOf(b)).toMatchObject({ selected: false })
  })

  it('keeps what the tap wrote into it, every digit', () => {
    const output = JSON.stringify({ streams: [entry('a', { 'row-count': 7 }, { own: { max: 0 } })] }).replace(
      '"max":0',
      '"max":18446744073709551615',
    )
    const { text } = selectStreams(parseCatalog(output, 'tap'), SingerConfig.parse({ command: 'tap' }))
    expect(text).toContain('"own":{"max":18446744073709551615}')
    expect(text).toContain('"row-count":7')
  })
})

describe('a stream is read', () => {
  const methodOf = (own: object, config: object = {}, more: object = {}) =>
    select([entry('a', own, more)], config).streams[0]?.method

  it.each<[string, object, object, object, string]>([
    ['whole, where nothing says otherwise', {}, {}, {}, 'FULL_TABLE'],
    ['by the key that the tap suggests', { 'valid-replication-keys': ['at'] }, {}, {}, 'INCREMENTAL'],
    ['as the tap’s catalog says', {}, {}, { replication_method: 'LOG_BASED' }, 'LOG_BASED'],
    ['as the config says', { 'valid-replication-keys': ['at'] }, { method: 'FULL_TABLE' }, {}, 'FULL_TABLE'],
    ['as the config says, by its key', {}, { replicationKey: 'at' }, {}, 'INCREMENTAL'],
    [
      'as the tap must, whatever the config says',
      { 'forced-replication-method': 'FULL_TABLE' },
      { method: 'INCREMENTAL', replicationKey: 'at' },
      {},
      'FULL_TABLE',
    ],
  ])('%s', (_, own, options, more, method) => {
    expect(methodOf(own, { streams: { a: options } }, more)).toBe(method)
  })

  it.each<[string, object, object, boolean]>([
    ['by default', {}, {}, true],
    ['not, if the tap leaves it out', { 'selected-by-default': false }, {}, false],
    ['if the config selects it', { 'selected-by-default': false }, { select: ['a'] }, true],
    ['if a pattern does', { 'selected-by-default': false }, { select: ['*'] }, true],
    ['not, if no pattern does', {}, { select: ['b*'] }, false],
    ['not, if a pattern leaves it out', {}, { select: ['*', '!a'] }, false],
    ['if a pattern leaves out another', {}, { select: ['!b*'] }, true],
    ['not, if the tap cannot read it', { inclusion: 'unsupported' }, { select: ['a'] }, false],
  ])('%s', (_, own, config, isRead) => {
    const { streams, written } = select([entry('a', own), entry('b')], config)
    expect(streams.some(({ name }) => name === 'a')).toBe(isRead)
    expect(written[0]!.selected).toBe(isRead)
  })

  it('without properties that the tap cannot read or leaves out', () => {
    const { streams, written } = select([
      entry('a', {}, {}, [
        property('id', { inclusion: 'automatic', 'selected-by-default': false }),
        property('at', { inclusion: 'unsupported' }),
        property('note', { inclusion: 'available', 'selected-by-default': false }),
      ]),
    ])
    expect([...streams[0]!.omitted]).toEqual(['at', 'note'])
    expect(metadataOf(written[0]!, 'properties', 'id')).toMatchObject({ selected: true })
    expect(metadataOf(written[0]!, 'properties', 'at')).toMatchObject({ selected: false })
  })
})

describe('what the config names and the tap does not have', () => {
  it.each<[object, RegExp]>([
    [
      { streams: { ordes: {} } },
      /config\.streams names "ordes", which is not a stream of the tap; did you mean "orders"/,
    ],
    [{ select: ['lines-*'] }, /config\.select names "lines-\*", which is not a stream/],
    [
      { streams: { orders: { omit: ['nota'] } } },
      /omit names "nota", which the stream does not have; did you mean "note"/,
    ],
    [{ streams: { orders: { omit: ['id'] } } }, /omit names "id", which the tap always sends/],
    [{ streams: { orders: { method: 'INCREMENTAL' } } }, /name one as replicationKey/],
  ])('%j is an error', (config, message) => {
    const orders = entry('orders', {}, {}, [property('id', { inclusion: 'automatic' })])
    expect(() => select([orders], config)).toThrow(message)
  })
})

it('a catalog may have log lines before it; without one it is an error that says what to set', () => {
  expect(parseCatalog('INFO {discovering}\n{broken\n{"streams": []}\n', 'tap "x"')).toEqual([])
  expect(() => parseCatalog('usage: tap', 'tap "x"')).toThrow(/tap "x" discovered no catalog.*catalogOption/)
})
