import { describe, expect, it } from 'vitest'
import { RestConfig } from '../src/config.ts'
import { filled, filledPath, strangersIn } from '../src/template.ts'
import { formatted, justBefore } from '../src/time-format.ts'
import { Api, json, world } from './harness.ts'

const TABLE = { path: '/t' }
const CLIENT = { type: 'client_credentials', tokenUrl: 'https://x.example/token', clientId: 'me' }
const CURSOR = { path: '/t', cursor: 'at', ordered: 'ascending', params: { since: '{from}' } }

describe('a mistake in the config is named with its path', () => {
  it.each<[string, object]>([
    ['baseUrl', { baseUrl: 'ftp://x' }],
    ['baseUrl', { baseUrl: 'api.example.com' }],
    ['tables.t.path', { tables: { t: {} } }],
    ['tables.t.pth', { tables: { t: { ...TABLE, pth: 1 } } }],
    ['tables.t.pagination.type', { tables: { t: { ...TABLE, pagination: { type: 'pages' } } } }],
    ['tables.t.pagination', { tables: { t: { ...TABLE, cursor: 'at', pagination: { type: 'page' } } } }],
    ['tables.t.primaryKey', { tables: { t: { ...CURSOR, ordered: 'descending', pagination: { type: 'offset' } } } }],
    [
      'tables.t.window',
      {
        tables: {
          t: { ...CURSOR, primaryKey: ['id'], window: '1d', ordered: 'descending', pagination: { type: 'page' } },
        },
      },
    ],
    ['tables.t.statuses.empty.0', { tables: { t: { ...TABLE, statuses: { empty: [429] } } } }],
    ['tables.t.statuses.end.0', { tables: { t: { ...TABLE, statuses: { end: [500] } } } }],
    ['tables.t.statuses.empty', { tables: { t: { ...TABLE, statuses: { empty: [] } } } }],
    ['tables.t.pagination', { tables: { t: { ...CURSOR, reanchor: false, pagination: { type: 'offset' } } } }],
    ['tables.t.pagination', { tables: { t: { ...TABLE, pagination: { type: 'since', size: 10 } } } }],
    ['tables.t.pagination.at', { tables: { t: { ...TABLE, pagination: { type: 'cursor', parameter: 'after' } } } }],
    [
      'tables.t.pagination.at',
      { tables: { t: { ...TABLE, pagination: { type: 'cursor', at: 'x', row: 'id', parameter: 'after' } } } },
    ],
    ['tables.t.pagination.emptyPages', { tables: { t: { ...TABLE, pagination: { type: 'offset', emptyPages: 2 } } } }],
    ['tables.t.params.since', { tables: { t: { ...TABLE, params: { since: '{from}' } } } }],
    ['tables.t.params.since', { tables: { t: { ...CURSOR, params: { since: '{from:unixx}' } } } }],
    ['tables.t.params.since', { tables: { t: { ...CURSOR, params: { since: '{form}' } } } }],
    ['tables.t.params.x', { tables: { t: { ...TABLE, params: { x: '{partition}' } } } }],
    ['tables.t.path', { tables: { t: { path: '/t/{id}' } } }],
    ['tables.t.window', { tables: { t: { ...TABLE, window: '1d' } } }],
    ['tables.t.window', { tables: { t: { ...CURSOR, ordered: undefined, window: '1d' } } }],
    ['tables.t.lookback', { tables: { t: { ...CURSOR, lookback: 'a day' } } }],
    ['tables.t.columns.at', { tables: { t: { ...CURSOR, columns: { at: 'integer' } } } }],
    ['tables.t.columns.x', { tables: { t: { ...TABLE, columns: { x: 'varchar' } } } }],
    ['tables.t.primaryKey', { tables: { t: { ...TABLE, primaryKey: ['a', 'a'] } } }],
    ['tables.t.globalKey', { tables: { t: { ...TABLE, globalKey: true } } }],
    ['tables.t.nullCursor', { tables: { t: { ...CURSOR, nullCursor: 'keep' } } }],
    ['tables.t.parent.table', { tables: { t: { path: '/{partition}', parent: { table: 'u' } } } }],
    ['tables.t.parent.table', { tables: { t: { path: '/{partition}', parent: { table: 't' } } } }],
    ['tables.t.path', { tables: { t: { ...TABLE, parent: { table: 'u' } }, u: TABLE } }],
    ['tables.t.revision', { tables: { t: { ...TABLE, revision: 'etag', pagination: { type: 'link' } } } }],
    ['tables.t.body', { tables: { t: { ...TABLE, body: {} } } }],
    ['tables.t.columns.x.format', { tables: { t: { ...TABLE, columns: { x: { format: '%d.%m' } } } } }],
    ['tables.t.columns.x.format', { tables: { t: { ...TABLE, columns: { x: { format: '%d/%m/%Y %K' } } } } }],
    ['tables.t.columns.x.format', { tables: { t: { ...TABLE, columns: { x: { type: 'text', format: '%F' } } } } }],
    ['tables.t.columns.x', { tables: { t: { ...TABLE, columns: { x: { type: 'text' } } } } }],
    ['tables.t.params.since', { tables: { t: { ...CURSOR, params: { since: '{from:%d.%m}' } } } }],
    ['tables.t.path', { tables: { u: TABLE, t: { path: '/{partition}/{tables.v.id}', parent: { table: 'u' } } } }],
    ['tables.t.infer', { tables: { t: { ...TABLE, infer: false } } }],
    ['tables.t.reanchor', { tables: { t: { ...CURSOR, ordered: 'descending', reanchor: true } } }],
    ['authorization', { authorization: { type: 'bearer' } }],
    ['authorization.clientSecret', { authorization: CLIENT }],
    ['authorization.clientSecret', { authorization: { ...CLIENT, clientSecret: 's', privateKey: 'k' } }],
    ['authorization.header', { authorization: { type: 'hmac', key: 'k', message: '{body}' } }],
    ['authorization.message', { authorization: { type: 'hmac', key: 'k', message: '{boby}', header: 'x' } }],
    ['authorization.message', { authorization: { type: 'hmac', key: 'k', message: '{signature}', header: 'x' } }],
    ['authorization', { authorization: { type: 'jwt', key: 'k', algorithm: 'none' } }],
    [
      'authorization.header',
      { authorization: { type: 'session', loginUrl: 'https://x.example', at: { cookie: 'a' }, scheme: '' } },
    ],
    ['authorization.loginUrl', { authorization: { type: 'session', loginUrl: '/login' } }],
    [
      'authorization',
      {
        authorization: [
          { ...CLIENT, clientSecret: 's' },
          { type: 'jwt', key: 'k', algorithm: 'HS256' },
        ],
      },
    ],
    ['rate.seconds', { rate: { requests: 1, seconds: 0 } }],
  ])('%s in %j', (path, more) => {
    const { error, success } = RestConfig.safeParse({ baseUrl: 'https://api.example.com', ...more })
    expect(success).toBe(false)
    const paths = error!.issues.flatMap((issue) => [
      issue.path.join('.'),
      ...(issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : []),
    ])
    expect(paths).toContain(path)
  })

  it('and so is one that only the rows show', async () => {
    const api = await Api.open((response) => json(response, [{ id: 1, at: '2024-01-01T00:00:00', n: 5, o: {} }]))
    const tables = {
      key: { path: '/t', primaryKey: ['ident'] },
      cursor: { path: '/t', cursor: 'when' },
      local: { path: '/t', cursor: 'at' },
      number: { path: '/t', cursor: 'n' },
      json: { path: '/t', primaryKey: ['o'] },
      good: { path: '/t', primaryKey: ['id'] },
    }
    const { run } = await world()
    const report = await run({ baseUrl: api.url, tables })
    const messages = Object.fromEntries(report.tables.map((table) => [table.table, table.failures[0]?.failure.message]))
    expect(messages).toEqual({
      key: expect.stringMatching(/^tables\.key\.primaryKey names "ident".*columns: at, id, n, o/),
      cursor: expect.stringMatching(/^tables\.cursor\.cursor names "when"/),
      local: expect.stringMatching(/^tables\.local\.cursor .*columns\.at .*UTC/),
      number: expect.stringMatching(/^tables\.number\.cursor .*unix_seconds/),
      json: expect.stringMatching(/^tables\.json\.primaryKey .*json/),
      good: undefined,
    })
    expect(report.tables.flatMap((table) => table.failures.map((one) => one.failure.remedy))).toEqual(
      Array(5).fill('fix-config'),
    )
  })
})

it('an address that tells a machine its credentials is refused, unless it is allowed', async () => {
  const { run } = await world()
  const config = { baseUrl: 'http://169.254.169.254', attempts: 1, tables: { t: { path: '/latest/meta-data' } } }
  const report = await run(config)
  expect(report.tables[0]!.failures[0]!.failure).toMatchObject({ remedy: 'fix-config', code: 'address-refused' })
})

describe('placeholders', () => {
  const part = {
    id: 'p',
    table: 'u',
    key: 'a/../b',
    row: { owner: { name: 'x' }, n: 0 },
    revision: undefined,
    parent: { table: 'v', id: 'q', key: 'up', row: {}, revision: undefined, parent: undefined },
  }
  const fill = { from: undefined, to: '2024-01-02T00:00:00.001Z', partition: part }

  it('are filled in, and a text whose bound is open is left out', () => {
    expect(filled('x{to:seconds}y', fill)).toBe('x2024-01-02T00:00:01Zy')
    expect(filled('{from}', fill)).toBeUndefined()
    expect(filled('{partition.owner.name}-{partition.n}-{parent}', fill)).toBe('x-0-up')
    expect(filled('{partition.missing}', fill)).toBeUndefined()
    expect(strangersIn('{partition} {other}')).toEqual(['{other}'])
  })

  it('stay one part of a path', () => {
    expect(filledPath('/r/{partition}', fill, 't')).toBe('/r/a%2F..%2Fb')
    for (const key of ['..', '.', ''])
      expect(() => filledPath('/r/{partition}', { ...fill, partition: { ...part, key } }, 't')).toThrow(
        /tables\.t\.path/,
      )
    expect(() => filledPath('/r/{from}', fill, 't')).toThrow(/initialSyncStart/)
  })

  it.each([
    ['iso', '2024-01-01T10:00:00.500Z', '2024-01-01T10:00:00.500Z', '2024-01-01T10:00:00.500Z'],
    ['seconds', '2024-01-01T10:00:00.500Z', '2024-01-01T10:00:00Z', '2024-01-01T10:00:01Z'],
    ['seconds', '2024-01-01T10:00:00.000001Z', '2024-01-01T10:00:00Z', '2024-01-01T10:00:01Z'],
    ['seconds', '2024-01-01T10:00:00.000Z', '2024-01-01T10:00:00Z', '2024-01-01T10:00:00Z'],
    ['local', '2024-01-01T10:00:00.500Z', '2024-01-01 10:00:00', '2024-01-01 10:00:01'],
    ['date', '2024-01-01T10:00:00.500Z', '2024-01-01', '2024-01-02'],
    ['date', '2024-01-01T00:00:00.000Z', '2024-01-01', '2024-01-01'],
    ['date', '2024-01-01', '2024-01-01', '2024-01-01'],
    ['unix', '1970-01-01T00:00:01.5Z', '1', '2'],
    ['unix', '1969-12-31T23:59:58.500Z', '-2', '-1'],
    ['unix_ms', '1970-01-01T00:00:01.500Z', '1500', '1500'],
    ['unix_ms', '1970-01-01T00:00:01.500001Z', '1500', '1501'],
  ] as const)('%s never asks for less: %s', (format, time, from, to) => {
    expect([formatted(time, format, 'from'), formatted(time, format, 'to')]).toEqual([from, to])
  })

  it('go one step back for an API that gives only what comes after', async () => {
    expect(justBefore('2024-01-01T00:00:00.000Z')).toBe('2023-12-31T23:59:59.999Z')
    const at = ['2024-01-01T00:00:00Z', '2024-01-01T00:00:01Z', '2024-01-01T00:00:02Z']
    const api = await Api.open((response, { query }) => {
      const after = Date.parse(query.get('after') ?? '1970-01-01')
      json(
        response,
        at
          .map((one, id) => ({ id, at: one }))
          .filter((row) => Date.parse(row.at) > after)
          .slice(0, 2),
      )
    })
    const { sync, rows } = await world()
    const table = {
      path: '/t',
      params: { after: '{from}' },
      since: 'exclusive',
      cursor: 'at',
      primaryKey: ['id'],
      ordered: 'ascending',
      pagination: { type: 'since', size: 2 },
    }
    await sync({ baseUrl: api.url, tables: { t: table } })
    expect(await rows('SELECT id FROM api_t ORDER BY id')).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }])
  })

  it('are filled into the body of a POST', async () => {
    const api = await Api.open((response, { body, method }) => {
      const { query, variables, start } = JSON.parse(body) as {
        query: string
        variables: { since?: string; n: number }
        start?: number
      }
      expect(method).toBe('POST')
      expect(query).toBe('{ viewer { name } }')
      json(response, {
        data: { rows: start === undefined ? [{ id: 1, n: variables.n, at: '2024-01-01T00:00:00Z' }] : [] },
        next: start === undefined ? 1 : null,
      })
    })
    const { sync, rows } = await world()
    const table = {
      path: '/graphql',
      method: 'POST',
      body: { query: '{ viewer { name } }', variables: { since: '{from}', n: 5 } },
      rows: 'data.rows',
      primaryKey: ['id'],
      cursor: 'at',
      pagination: { type: 'cursor', at: 'next', parameter: 'start' },
    }
    await sync({ baseUrl: api.url, tables: { t: table } })
    expect(await rows('SELECT id, n FROM api_t')).toEqual([{ id: 1, n: 5 }])
  })
})
