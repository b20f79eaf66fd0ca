import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { catalog, emptyFolder, open, record, schema, state, stream } from './harness.ts'

const FULL = { metadata: [{ breadcrumb: [], metadata: { 'forced-replication-method': 'FULL_TABLE' } }] }
const BY_AT = { metadata: [{ breadcrumb: [], metadata: { 'valid-replication-keys': ['at'] } }] }
const LOG = { metadata: [{ breadcrumb: [], metadata: { 'replication-method': 'LOG_BASED' } }] }
const AT = { at: { type: 'string', format: 'date-time' } }

describe('a tap', () => {
  it('has the streams of its catalog as tables, with the columns of their schemas', async () => {
    const opened = await open({
      config: {
        catalog: catalog(
          stream('items', { price: { type: 'number', multipleOf: 0.01 }, ...AT }),
          stream('tags', {}, { key_properties: [] }),
        ),
        lines: [],
      },
    })
    expect(opened.tables.map(({ name, primaryKey }) => [name, primaryKey])).toEqual([
      ['items', ['id']],
      ['tags', []],
    ])
    expect(opened.columns('items')).toEqual({ id: 'integer', price: 'numeric', at: 'timestamp' })
  })

  it('commits with each state what came before it, and at its end what it had', async () => {
    const { read } = await open({
      config: {
        catalog: catalog(stream('items', AT, BY_AT), stream('tags', AT, BY_AT)),
        lines: [
          schema('items'),
          record('items', { id: 1 }),
          schema('tags'),
          record('tags', { id: 7 }),
          record('items', { id: 2 }),
          state({ bookmarks: { items: { at: 'x' } } }),
          record('items', { id: 3 }),
        ],
      },
    })
    const last = { state: '{"bookmarks":{"items":{"at":"x"}}}' }
    expect(await read()).toEqual([
      { items: [{ id: 1 }, { id: 2 }] },
      { tags: [{ id: 7 }] },
      last,
      { items: [{ id: 3 }] },
      last,
    ])
  })

  it('that sends no state is whole at its end', async () => {
    const { read } = await open({
      config: { catalog: catalog(stream('items', AT, BY_AT)), lines: [schema('items'), record('items', { id: 1 })] },
    })
    expect(await read()).toEqual([{ items: [{ id: 1 }] }, { state: '' }])
  })

  it('is given its config, catalog and state in files that only their owner reads, and that are gone afterwards', async () => {
    const journal = join(emptyFolder(), 'journal')
    const { read } = await open({
      config: { journal, catalog: catalog(stream('items')), lines: [], auth: { user: 'me' } },
      secrets: { auth: { password: 'not-to-be-seen' } },
    })
    await read('{"bookmarks":{"items":{"lsn":18446744073709551615}}}')
    await read('')
    const [discover, sync, first] = readFileSync(journal, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(discover.args).toEqual(['--config', expect.any(String), '--discover'])
    expect(sync.args.filter((one: string) => one.startsWith('--'))).toEqual(['--config', '--catalog', '--state'])
    expect(sync).toMatchObject({
      modes: ['600', '600', '600'],
      folder: '700',
      config: { auth: { user: 'me', password: 'not-to-be-seen' } },
      state: '{"bookmarks":{"items":{"lsn":18446744073709551615}}}',
    })
    expect(JSON.parse(sync.catalog).streams[0].selected).toBe(true)
    expect(first.args).not.toContain('--state')
    for (const { args } of [discover, sync, first]) {
      expect(args[1].startsWith(tmpdir())).toBe(true)
      expect(() => readFileSync(args[1])).toThrow(/ENOENT/)
    }
  })

  it('that takes its catalog as properties is given it so', async () => {
    const journal = join(emptyFolder(), 'journal')
    const { read } = await open({
      catalogOption: '--properties',
      config: { journal, catalog: catalog(stream('items')), lines: [] },
    })
    await read()
    const [, sync] = readFileSync(journal, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(JSON.parse(sync.properties).streams[0].schema.selected).toBe(true)
    expect(sync.args).not.toContain('--catalog')
  })

  it('that discovers nothing has the tables that the state knows, and those that it sends first', async () => {
    const known = {
      rates: {
        columns: [
          { name: 'day', type: 'date' },
          { name: 'eur', type: 'double' },
        ],
        key: ['day'],
      },
    } as const
    const note = { note: { type: 'string' } }
    const lines = [schema('items', note), record('items', { id: 1, note: 'x' }), schema('tags')]
    const config = { catalogOption: 'none', config: { lines: lines.slice(0, 2) } }
    const first = await open(config)
    expect(first.tables.map(({ name, primaryKey }) => [name, primaryKey])).toEqual([['items', ['id']]])
    expect(first.columns('items')).toEqual({ id: 'integer', note: 'text' })
    expect(await first.read()).toEqual([{ items: [{ id: 1, note: 'x' }] }, { state: '' }])
    const later = await open(config, known)
    expect(later.tables.map(({ name, primaryKey }) => [name, primaryKey])).toEqual([['rates', ['day']]])
    expect(later.columns('rates')).toEqual({ day: 'date', eur: 'double' })
    const named = await open({ ...config, config: { lines }, select: ['*', 'nobody'], streams: { tags: {} } }, known)
    expect(named.tables.map(({ name }) => name)).toEqual(['tags', 'rates', 'items'])
    expect(named.log).toContainEqual({ level: 'warn', message: expect.stringContaining('no schema of this stream') })
  })

  it('that sends a stream which nobody knew has the engine find its tables again, and the stream then is one', async () => {
    const config = { catalog: catalog(stream('items', AT, BY_AT)), lines: [schema('items'), schema('more')] }
    const opened = await open({ config })
    const { error } = await opened.readUntilFailure()
    expect(error).toMatchObject({ code: 'columns-changed', message: expect.stringContaining('streams: { "more": ') })
    await opened.findAgain()
    expect(opened.tables.map(({ name }) => name)).toEqual(['items', 'more'])
    expect(await opened.read()).toEqual([{ state: '' }])
  })
})

describe('values', () => {
  it('are exact: 64 bits, 38 digits, and what no double holds', async () => {
    const { columns, read } = await open({
      config: {
        catalog: catalog(
          stream('items', {
            long: { type: 'integer' },
            price: { type: 'number', multipleOf: 1e-38 },
            decimal: { type: 'string', format: 'singer.decimal' },
            any: {},
            at: { type: 'string', format: 'date-time' },
          }),
        ),
        lines: [
          '{"type":"RECORD","stream":"items","record":{"id":1,"long":9223372036854775807,"price":123456789012345678.90123456789012345678,"decimal":"0.10","any":{"n":12345678901234567890},"at":"2024-01-01 00:00:00"}}',
        ],
      },
    })
    expect(columns('items')).toMatchObject({ long: 'integer', price: 'numeric', decimal: 'numeric', any: 'json' })
    const [, told] = (await read()) as [unknown, { items: [{ any: unknown }] }]
    const [row] = told.items
    expect(row).toMatchObject({
      long: 9223372036854775807n,
      price: '123456789012345678.90123456789012345678',
      decimal: '0.10',
      at: '2024-01-01T00:00:00Z',
    })
    expect(JSON.stringify(row.any)).toBe('{"n":12345678901234567890}')
  })

  it('make a column of numbers wider before the row that it did not hold', async () => {
    const { columns, read } = await open({
      config: {
        catalog: catalog(stream('items', { n: { type: 'integer' }, x: { type: 'number' } }, BY_AT)),
        lines: [
          record('items', { id: 1, n: 1, x: 0.5 }),
          '{"type":"RECORD","stream":"items","record":{"id":2,"n":9223372036854775808,"x":0.5}}',
          '{"type":"RECORD","stream":"items","record":{"id":3,"n":2,"x":0.123456789012345678901}}',
          record('items', { id: 4, n: 3, x: 'much' }),
        ],
      },
    })
    expect(columns('items')).toEqual({ id: 'integer', n: 'integer', x: 'double' })
    expect(await read()).toEqual([
      { items: [{ id: 1, n: 1, x: 0.5 }] },
      { items: 'columns', types: { id: 'integer', n: 'numeric', x: 'double' } },
      { items: [{ id: 2, n: '9223372036854775808', x: 0.5 }] },
      { items: 'columns', types: { id: 'integer', n: 'numeric', x: 'numeric' } },
      // What is no number is for the engine to reject.
      {
        items: [
          { id: 3, n: '2', x: '0.123456789012345678901' },
          { id: 4, n: '3', x: 'much' },
        ],
      },
      { state: '' },
    ])
  })

  it('keep the types that the state knows, and those that the config sets', async () => {
    const columns = [
      { name: 'id', type: 'integer' },
      { name: 'n', type: 'numeric' },
      { name: 'x', type: 'integer', fixed: true },
    ] as const
    const opened = await open(
      {
        streams: { items: { columns: { y: 'local_timestamp' } } },
        config: {
          catalog: catalog(
            stream(
              'items',
              { n: { type: 'integer' }, x: { type: 'integer' }, y: { type: 'string', format: 'date-time' } },
              BY_AT,
            ),
          ),
          lines: [record('items', { id: 1, n: 1, x: 1.5, y: '2024-01-01 01:02:03' })],
        },
      },
      { items: { columns, key: ['id'] } },
    )
    expect(opened.columns('items')).toEqual({ id: 'integer', n: 'numeric', x: 'integer', y: 'local_timestamp' })
    expect(await opened.read()).toEqual([
      { items: [{ id: 1, n: '1', x: 1.5, y: '2024-01-01T01:02:03' }] },
      { state: '' },
    ])
  })
})

describe('a stream', () => {
  const rows = [
    schema('items'),
    record('items', { id: 1 }),
    state({ bookmarks: { items: {} } }),
    record('items', { id: 2 }),
  ]

  it('that is read whole is a snapshot, which ends with the tap', async () => {
    const { read } = await open({ config: { catalog: catalog(stream('items', {}, FULL)), lines: rows } })
    expect(await read()).toEqual([
      { items: 'snapshot-started' },
      { items: [{ id: 1 }] },
      { state: '{"bookmarks":{"items":{}}}' },
      { items: [{ id: 2 }] },
      { items: 'snapshot-ended' },
      { state: '{"bookmarks":{"items":{}}}' },
    ])
  })

  it('that is read whole is no whole snapshot where the tap failed, whatever version it activated', async () => {
    const lines = [...rows, { type: 'ACTIVATE_VERSION', stream: 'items', version: 1 }]
    const { readUntilFailure } = await open({ config: { catalog: catalog(stream('items', {}, FULL)), lines, code: 1 } })
    const { told, error } = await readUntilFailure()
    expect(told).toEqual([
      { items: 'snapshot-started' },
      { items: [{ id: 1 }] },
      { state: '{"bookmarks":{"items":{}}}' },
    ])
    expect(error).toMatchObject({ remedy: 'retry', message: expect.stringContaining('exit code 1') })
  })

  it('that the tap resumes in its middle is no snapshot: what it does not send again is not deleted', async () => {
    const opened = await open({ config: { catalog: catalog(stream('items', {}, FULL)), lines: rows } })
    const from = (bookmark: object) => opened.read(JSON.stringify({ bookmarks: { items: bookmark } }))
    const isSnapshot = { items: 'snapshot-started' }
    expect(await from({ version: 7, last_pk_fetched: { id: 1 } })).not.toContainEqual(isSnapshot)
    expect(await from({ version: 7, initial_full_table_complete: true, xmin: null })).toContainEqual(isSnapshot)
    expect(await from({ partitions: [{ context: { repo: 'a' } }] })).toContainEqual(isSnapshot)
    expect(await opened.read('{"items":"2024-01-01"}')).not.toContainEqual(isSnapshot)
  })

  it('of a log is a snapshot where it begins with a version, and reports what was deleted', async () => {
    const items = stream('items', { _sdc_deleted_at: { type: ['null', 'string'], format: 'date-time' } }, LOG)
    const version = { type: 'ACTIVATE_VERSION', stream: 'items', version: 1 }
    const records = [
      record('items', { id: 1, _sdc_deleted_at: null }),
      record('items', { id: 1, _sdc_deleted_at: '2024-01-01T00:00:00Z' }),
      record('items', { id: 2 }),
    ]
    const changes = [
      { items: [{ id: 1, _sdc_deleted_at: null }] },
      { items: 'deleted', keys: [{ id: 1 }] },
      { items: [{ id: 2 }] },
    ]
    const opened = (lines: readonly unknown[]) => open({ config: { catalog: catalog(items), lines } })
    const begins = await opened([schema('items'), version, ...records, version])
    expect(begins.columns('items')).toEqual({ id: 'integer' })
    expect(await begins.read()).toEqual([
      { items: 'snapshot-started' },
      ...changes,
      { items: 'snapshot-ended' },
      { state: '' },
    ])
    const from = '{"bookmarks":{"items":{"lsn":1}}}'
    expect(await begins.read(from)).toEqual([...changes, { state: from }])
    // Without a version before its records it may begin with the next change.
    const continues = await opened([...records, version])
    expect(await continues.read()).toEqual([...changes, { state: '' }])
  })

  it('may name the property that says that a row was deleted, or none', async () => {
    const lines = [record('items', { id: 1, gone: false }), record('items', { id: 1, gone: true })]
    const read = async (deleted: unknown) => {
      const config = { catalog: catalog(stream('items', { gone: { type: 'boolean' } }, BY_AT)), lines }
      return (await open({ streams: { items: { deleted } }, config })).read()
    }
    expect(await read('gone')).toContainEqual({ items: 'deleted', keys: [{ id: 1 }] })
    expect(await read(false)).toEqual([
      {
        items: [
          { id: 1, gone: false },
          { id: 1, gone: true },
        ],
      },
      { state: '' },
    ])
  })

  it('without a key that is read by a bookmark is warned of; a hash of the row is its key on request', async () => {
    const keyless = stream('items', AT, { ...BY_AT, key_properties: [] })
    const lines = [
      schema('items', AT, []),
      record('items', { id: 1, note: { b: 1, a: 2 }, _sdc_extracted_at: '1' }),
      record('items', { note: { a: 2, b: 1 }, id: 1, _sdc_extracted_at: '2' }),
      record('items', { id: 2 }),
    ]
    const plain = await open({ config: { catalog: catalog(keyless), lines } })
    expect(plain.log).toEqual([{ level: 'warn', message: expect.stringContaining('stream "items" has no key') }])
    const hashed = await open({ streams: { items: { rowHash: true } }, config: { catalog: catalog(keyless), lines } })
    expect(hashed.log).toEqual([])
    expect(hashed.tables[0]!.primaryKey).toEqual(['_row_hash'])
    expect(hashed.columns('items')).toMatchObject({ _row_hash: 'text', id: 'integer' })
    const [{ items }] = (await hashed.read()) as [{ items: readonly { readonly _row_hash: string }[] }]
    const hashes = items.map(({ _row_hash }) => _row_hash)
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(hashes[1]).toBe(hashes[0])
    expect(hashes[2]).not.toBe(hashes[0])
  })

  it('may be called by its short name in messages', async () => {
    const { tables, read } = await open({
      config: {
        catalog: catalog(stream('shop-items', AT, { ...BY_AT, stream: 'items' })),
        lines: [record('items', { id: 1 })],
      },
    })
    expect(tables.map(({ name }) => name)).toEqual(['shop_items'])
    expect(await read()).toEqual([{ shop_items: [{ id: 1 }] }, { state: '' }])
  })

  it('is not mistaken for another one of the same short name', async () => {
    const both = catalog(
      stream('a-items', AT, { ...BY_AT, stream: 'items' }),
      stream('b-items', AT, { ...BY_AT, stream: 'items' }),
    )
    const exact = await open({ config: { catalog: both, lines: [record('b-items', { id: 1 })] } })
    expect(await exact.read()).toEqual([{ b_items: [{ id: 1 }] }, { state: '' }])
    for (const line of [schema('items'), record('items', { id: 1 })]) {
      const { error } = await (await open({ config: { catalog: both, lines: [line] } })).readUntilFailure()
      expect(error).toMatchObject({ remedy: 'fix-config', message: expect.stringContaining('a-items and b-items') })
    }
    const one = await open({ select: ['b-*'], config: { catalog: both, lines: [record('items', { id: 1 })] } })
    expect(await one.read()).toEqual([{ b_items: [{ id: 1 }] }, { state: '' }])
  })

  it('has a table whose name needs no quotes; two of them with the same one are an error', async () => {
    const both = catalog(stream('a-b', AT, BY_AT), stream('a_b', AT, BY_AT))
    await expect(open({ config: { catalog: both, lines: [] } })).rejects.toMatchObject({
      remedy: 'fix-config',
      message: expect.stringContaining('the streams "a-b" and "a_b" would both be the table "a_b"'),
    })
    const one = await open({ select: ['!a-b'], config: { catalog: both, lines: [record('a-b', { id: 1 })] } })
    expect(await one.read()).toEqual([{ state: '' }])
    const lines = [schema('a-b'), record('a-b', { id: 1 })]
    const known = { a_b: { columns: [{ name: 'id', type: 'integer' }], key: ['id'] } } as const
    for (const more of [{}, { streams: { 'a-b': {} } }]) {
      const opened = await open({ catalogOption: 'none', ...more, config: { lines } }, known)
      expect(opened.tables.map(({ name }) => name)).toEqual(['a_b'])
      expect(await opened.read()).toEqual([{ a_b: [{ id: 1 }] }, { state: '' }])
    }
  })

  it('that is left out is not stored, though the tap sends it', async () => {
    const lines = [schema('tags'), record('tags', { id: 1 }), record('items', { id: 1 })]
    const { tables, read } = await open({
      select: ['!tags'],
      config: { catalog: catalog(stream('items', AT, BY_AT), stream('tags')), lines },
    })
    expect(tables.map(({ name }) => name)).toEqual(['items'])
    expect(await read()).toEqual([{ items: [{ id: 1 }] }, { state: '' }])
  })
})

describe('a schema that changes in the middle', () => {
  it('adds columns and makes them wider before the rows that have them; one that it no longer has stays', async () => {
    const { read } = await open({
      config: {
        catalog: catalog(stream('items', { a: { type: 'integer' }, b: { type: 'string' } }, BY_AT)),
        lines: [
          schema('items', { a: { type: 'integer' }, b: { type: 'string' } }),
          record('items', { id: 1, a: 1, b: 'x' }),
          schema('items', { a: { type: 'number', multipleOf: 0.01 }, c: { type: 'boolean' } }),
          record('items', { id: 2, a: 1.25, c: true }),
          schema('items', { a: { type: 'integer' } }),
          record('items', { id: 3, a: 4 }),
        ],
      },
    })
    expect(await read()).toEqual([
      { items: [{ id: 1, a: 1, b: 'x' }] },
      { items: 'columns', types: { id: 'integer', a: 'numeric', c: 'boolean', b: 'text' } },
      {
        items: [
          { id: 2, a: '1.25', c: true },
          { id: 3, a: '4' },
        ],
      },
      { state: '' },
    ])
  })
})
