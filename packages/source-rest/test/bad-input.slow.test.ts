import { describe, expect, it } from 'vitest'
import { Api, json, world } from './harness.ts'

const time = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString()

describe('an API that changes', () => {
  it('a type makes its column wider, and every value stays', async () => {
    let rows: object[] = [{ id: 1, size: 5, day: '2024-01-01', rate: 0.1 }]
    const api = await Api.open((response) => json(response, rows))
    const config = { baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'] } } }
    const { sync, rows: read } = await world()
    await sync(config)
    rows = [
      { id: 1, size: 5, day: '2024-01-01', rate: 0.1 },
      { id: 2, size: 'large', day: 'soon', rate: 'many', more: { a: [1] } },
    ]
    await sync(config)
    expect(await read('SELECT id, size, day, rate, more FROM api_t ORDER BY id')).toEqual([
      { id: 1, size: '5', day: '2024-01-01', rate: '0.1', more: null },
      { id: 2, size: 'large', day: 'soon', rate: 'many', more: expect.anything() },
    ])
    // Back again, and the column keeps what it learned.
    rows = [{ id: 1, size: 6, day: '2024-01-01' }]
    await sync(config)
    expect(await read('SELECT size FROM api_t WHERE id = 1')).toEqual([{ size: '6' }])
  })

  it.each([
    // What the data says wins: the column grows, and all rows are there.
    ['evolve', 0, { written: 1, unchanged: 1, rejected: 0 }, ['5', 'large']],
    // Nothing may change: the table waits for a decision, its rows as they were.
    ['freeze', 3, { written: 0, rejected: 0 }, [5]],
    // Rows that do not fit are set aside.
    ['discard-row', 0, { unchanged: 1, rejected: 1 }, [5]],
  ] as const)('its type is met as the mode of the table says: %s', async (schema, exitCode, counted, sizes) => {
    let rows: object[] = [{ id: 1, size: 5 }]
    const api = await Api.open((response) => json(response, rows))
    const config = { baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'] } } }
    const { sync, run, rows: read } = await world()
    await sync(config, { schema })
    rows = [
      { id: 1, size: 5 },
      { id: 2, size: 'large' },
    ]
    const report = await run(config, { schema })
    expect(report.exitCode).toBe(exitCode)
    expect(report.tables[0]!.rows).toMatchObject(counted)
    expect((await read('SELECT size FROM api_t ORDER BY id')).map((row) => row['size'])).toEqual(sizes)
    const said = JSON.stringify([report.tables[0]!.failures, await read('SELECT message FROM _tidemark_rejects')])
    if (schema !== 'evolve') expect(said).toContain('size')
  })

  it.each<[string, unknown, unknown, string]>([
    ['a truth', true, 'yes', 'its column "x" was boolean and is now text'],
    ['a time', '2024-01-01T10:00:00Z', 'soon', 'its column "x" was timestamp and is now text'],
    [
      'a time without a zone',
      '2024-01-01T10:00:00',
      '2024-01-01T10:00:00Z',
      'its column "x" was local_timestamp and is',
    ],
  ])(
    'to one that no column can hold beside the other fails the table with the way out: %s',
    async (_, before, after, words) => {
      let rows: object[] = [{ id: 1, x: before }]
      const api = await Api.open((response) => json(response, rows))
      const tables = { t: { path: '/t', primaryKey: ['id'] } }
      const { sync, run, rows: read } = await world()
      await sync({ baseUrl: api.url, tables })
      const kept = await read('SELECT id, x FROM api_t')
      rows = [...rows, { id: 2, x: after }]
      const report = await run({ baseUrl: api.url, tables })
      expect(report.exitCode).toBe(3)
      const { failure } = report.tables[0]!.failures[0]!
      expect(failure).toMatchObject({ remedy: 'fix-config', code: 'schema' })
      expect(failure.message).toContain(words)
      expect(failure.message).toContain('"tidemark resync api_t --full"')
      expect(await read('SELECT id, x FROM api_t')).toEqual(kept)
      // Another way out: rows that do not fit are set aside, and all others are kept level.
      rows = [...rows, { id: 3, x: before }]
      expect((await sync({ baseUrl: api.url, tables }, { schema: 'discard-row' }))[0]!.rows).toMatchObject({
        written: 1,
        unchanged: 1,
        rejected: 1,
      })
    },
  )

  it.each([
    ['a month 13', '2024-13-01', 'text'],
    ['a month 0', '2024-00-10', 'text'],
    ['a day 0', '2024-01-00', 'text'],
    ['the 30th of February', '2024-02-30', 'text'],
    ['a 29th of February in 2023', '2023-02-29', 'text'],
    ['an hour 24', '2024-01-01T24:00:00Z', 'text'],
    ['a leap second', '2016-12-31T23:59:60Z', 'text'],
    ['an offset of 25 hours', '2024-01-01T00:00:00+25:00', 'text'],
    ['a month 13 with a time', '2024-13-01T10:00:00', 'text'],
    ['a day that is one', '2024-02-29', 'date'],
    ['a time that is one', '2024-02-29T10:00', 'local_timestamp'],
    ['an instant that is one', '2024-02-29T10:00:00.123456789+05:30', 'timestamp'],
  ])('texts that look like times are text where they are none: %s', async (_, text, type) => {
    const api = await Api.open((response) => json(response, [{ id: 1, d: text }]))
    const { sync, rows } = await world()
    const [table] = await sync({ baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'] } } })
    expect(table!.rows).toMatchObject({ written: 1, rejected: 0 })
    const [state] = await rows(`SELECT schema FROM _tidemark_tables WHERE name = 'api_t'`)
    const { columns } = JSON.parse(String(state!['schema'])) as { columns: { name: string; type: string }[] }
    expect(columns.find(({ name }) => name === 'd')).toMatchObject({ type })
    if (type === 'text') expect(await rows('SELECT d FROM api_t')).toEqual([{ d: text }])
  })

  it('numbers stay exact, in columns and inside json', async () => {
    const text =
      '[{"id":9007199254740993,"price":0.1000000000000000000001,"huge":123456789012345678901234567890,"deep":{"n":9007199254740993,"d":1.000000000000000000001}}]'
    const api = await Api.open((response) => json(response, text))
    const { sync, rows } = await world()
    await sync({ baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'] } } })
    expect(await rows('SELECT CAST(id AS TEXT) AS id, price, huge, CAST(deep AS TEXT) AS deep FROM api_t')).toEqual([
      {
        id: '9007199254740993',
        price: '0.1000000000000000000001',
        huge: '123456789012345678901234567890',
        deep: '{"n":9007199254740993,"d":1.000000000000000000001}',
      },
    ])
  })

  it.each<[string, string, string]>([
    ['beyond 53 bits', '9007199254740993', '9007199254740993'],
    ['beyond 64 bits', '9223372036854775808', '9223372036854775808'],
    ['beyond a double', '1e400', `1${'0'.repeat(400)}`],
    ['below one', '1e-400', `0.${'0'.repeat(399)}1`],
    ['of many digits', '0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
    ['within an object', '{"a":1e400,"b":9007199254740993}', '{"a":1e400,"b":9007199254740993}'],
  ])('numbers %s are what they are', async (_, json, expected) => {
    const api = await Api.open((response) => response.end(`[{"id":1,"v":${json}},{"id":2,"v":null}]`))
    const { sync, rows } = await world()
    await sync({ baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'] } } })
    expect(await rows('SELECT CAST(v AS text) AS v FROM api_t WHERE id = 1')).toEqual([{ v: expected }])
  })

  it.each([
    ['a number of five thousand digits', '1e5000', 'numeric'],
    ['half a character', '"\\ud800"', 'half of a surrogate pair'],
    ['a NUL', '"a\\u0000b"', 'NUL'],
    ['half a character within an object', '{"a":["\\udc00"]}', 'half a surrogate pair'],
    ['a NUL in a name', '{"a\\u0000":1}', 'NUL'],
  ])('what no column holds is a rejected row that says why: %s', async (_, json, reason) => {
    const api = await Api.open((response) => response.end(`[{"id":1,"v":${json}},{"id":2,"v":null}]`))
    const { sync, rows } = await world()
    const [table] = await sync({ baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'] } } })
    expect(table!.rows).toMatchObject({ written: 1, rejected: 1 })
    expect(await rows('SELECT message FROM _tidemark_rejects')).toEqual([{ message: expect.stringContaining(reason) }])
  })

  it('keys too: one of twenty digits, and two that no key can be', async () => {
    const ids = '[{"id":12345678901234567890},{"id":"\\ud800"},{"id":"a\\u0000b"},{"id":7}]'
    const api = await Api.open((response) => response.end(ids))
    const { sync, rows } = await world()
    const [table] = await sync({ baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'] } } })
    expect(table!.rows).toMatchObject({ written: 2, rejected: 2 })
    expect(await rows('SELECT id FROM api_t ORDER BY id')).toEqual([{ id: '12345678901234567890' }, { id: '7' }])
  })

  it('from one that wrote times as numbers', async () => {
    const api = await Api.open((response, { query }) => {
      const after = Number(query.get('after') ?? 0)
      const all = [1_700_000_000, 1_700_000_000.25, 1_700_000_100].map((created, id) => ({
        id,
        created,
        attributes: { name: `n${id}` },
      }))
      json(response, { data: all.filter((one) => one.created >= after).slice(0, 2) })
    })
    const table = {
      path: '/t',
      rows: 'data',
      params: { after: '{from:unix}' },
      primaryKey: ['id'],
      cursor: 'created',
      ordered: 'ascending',
      pagination: { type: 'since', size: 2 },
      columns: { created: 'unix_seconds', name: { at: 'attributes.name' } },
    }
    const { sync, rows } = await world()
    // Two rows within one second fill the page, and `after` takes whole seconds: pages of two cannot pass it.
    table.pagination.size = 3
    await sync({ baseUrl: api.url, tables: { t: { ...table, pagination: { type: 'none' } } } })
    expect(await rows('SELECT id, created, name FROM api_t ORDER BY id')).toMatchObject([
      { id: 0, created: expect.stringContaining('2023-11-14'), name: 'n0' },
      { id: 1, created: expect.stringContaining('.25') },
    ])
  })
})

describe('a table whose config says nothing of pages', () => {
  it.each<[string, object, Record<string, string>]>([
    ['a Link', [{ id: 1 }], { link: '</t?page=2>; rel="next"' }],
    ['a URL', { rows: [{ id: 1 }], next: '/t?page=2' }, {}],
    ['an object', { rows: [{ id: 1 }], _links: { next: { href: '/t?page=2' } } }, {}],
    ['a word', { rows: [{ id: 1 }], has_more: true }, {}],
    ['a strange name', { rows: [{ id: 1 }], '@odata.nextLink': 'x' }, {}],
  ])('fails where the answer names a next one by %s', async (_, body, headers) => {
    const api = await Api.open((response) => json(response, body, 200, headers))
    const { run, sync } = await world()
    const table = { path: '/t', rows: Array.isArray(body) ? '' : 'rows', primaryKey: ['id'] }
    const report = await run({ baseUrl: api.url, tables: { t: table } })
    expect(report.tables[0]!.failures[0]!.failure).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringContaining('tables.t.pagination'),
    })
    const [read] = await sync({ baseUrl: api.url, tables: { t: { ...table, pagination: { type: 'none' } } } })
    expect(read!.rows.written).toBe(1)
  })

  it('is read where the answer says that there is none', async () => {
    const api = await Api.open((response) =>
      json(response, { rows: [{ id: 1 }], next: null, has_more: false, links: { next: '' } }),
    )
    const [read] = await (await world()).sync({
      baseUrl: api.url,
      tables: { t: { path: '/t', rows: 'rows', primaryKey: ['id'] } },
    })
    expect(read!.rows.written).toBe(1)
  })
})

describe('credentials', () => {
  it('that stop working in the middle fail their table, and leave what was read', async () => {
    let answers = 0
    const issues = Array.from({ length: 30 }, (_, id) => ({ id, updated_at: time(40 - id) }))
    const api = await Api.open((response, { path, query, headers }) => {
      if (headers.authorization !== 'Bearer token-secret-1') return json(response, {}, 401)
      if (path === '/open') return json(response, [{ id: 1 }])
      if (++answers > 3) return json(response, { message: 'expired token-secret-1' }, 401)
      const since = Date.parse(query.get('since') ?? '1970-01-01')
      json(response, issues.filter((one) => Date.parse(one.updated_at) >= since).slice(0, 5))
    })
    const config = {
      baseUrl: api.url,
      authorization: { type: 'bearer', token: 'token-secret-1' },
      tables: {
        issues: {
          path: '/issues',
          params: { since: '{from}' },
          primaryKey: ['id'],
          cursor: 'updated_at',
          ordered: 'ascending',
          pagination: { type: 'since', size: 5 },
          infer: false,
          columns: { id: 'integer', updated_at: 'timestamp' },
        },
        open: { path: '/open', primaryKey: ['id'] },
      },
    }
    const { run, sync, rows, warnings } = await world()
    const report = await run(config)
    const [failed, open] = ['api_issues', 'api_open'].map((name) => report.tables.find((table) => table.name === name)!)
    expect(failed!.failures[0]!.failure).toMatchObject({ remedy: 'fix-config', code: 'unauthorized' })
    expect(open!.rows.written).toBe(1)
    // Ascending coverage grows with what is read.
    const [{ n }] = (await rows('SELECT count(*) AS n FROM api_issues')) as [{ n: number }]
    expect(n).toBeGreaterThan(0)
    expect(
      JSON.stringify([report, warnings], (_key, value) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain('token-secret')
    expect(JSON.stringify(await rows('SELECT last_error FROM _tidemark_partitions'))).not.toContain('token-secret')
    answers = -1000
    await sync(config)
    expect(await rows('SELECT count(*) AS n FROM api_issues')).toEqual([{ n: 30 }])
  })

  it('in the wrong place of the config are kept out of errors too', async () => {
    const api = await Api.open((response, { query, headers }) => json(response, { query: String(query), headers }, 400))
    const { run } = await world()
    const tables = { t: { path: '/t', params: { access_token: 'in-params-1', lang: 'plain' } } }
    const config = { baseUrl: api.url, headers: { 'X-Api-Key': 'in-headers-1' }, tables }
    const { message } = (await run(config)).tables[0]!.failures[0]!.failure
    expect(message).not.toMatch(/in-params-1|in-headers-1/)
    expect(message).toContain('lang=plain')
  })

  it('that are wrong from the beginning fail each table, once', async () => {
    const api = await Api.open((response) => json(response, {}, 401))
    const { run } = await world()
    const report = await run({ baseUrl: api.url, tables: { a: { path: '/a' }, b: { path: '/b' } } })
    expect(report.tables.map((table) => table.failures[0]!.failure.remedy)).toEqual(['fix-config', 'fix-config'])
    expect(api.asked).toHaveLength(2)
  })
})

describe('a failure that only the config can mend', () => {
  it.each<[string, string, object, string, string]>([
    ['a page for people', '<html>Sign in</html>', {}, 'not-json', 'check its path, the baseUrl'],
    ['no list where one belongs', '{"data":null}', { rows: 'data' }, 'error-body', 'check its rows, none'],
    ['an error beside the data', '{"errors":["no"],"data":[]}', { rows: 'data' }, 'error-body', 'errors'],
    [
      'a next page that comes again',
      '{"data":[{"id":1}],"next":"a"}',
      { rows: 'data', pagination: { type: 'cursor', at: 'next', parameter: 'after' } },
      'paging',
      'check its pagination',
    ],
    ['bytes of another encoding', '[{"id":"\xe9"}]', {}, 'encoding', 'declares the wrong encoding'],
  ])('says so, and where: %s', async (_, body, table, code, words) => {
    const api = await Api.open((response) => response.end(Buffer.from(body, 'latin1')))
    const { run } = await world()
    const report = await run({ baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'], ...table } } })
    const { failure } = report.tables[0]!.failures[0]!
    expect(failure).toMatchObject({ remedy: 'fix-config', code })
    expect(failure.message).toMatch(/^GET http.*; tables\.t: /)
    expect(failure.message).toContain(words)
  })
})

describe('hostile rows', () => {
  it('have every field as a column but those without a name, which can be given one', async () => {
    const api = await Api.open((response) =>
      json(response, '[{"id":1,"":"none","a\\u0000b":2,"__proto__":"p","constructor":"c","ID":5,"a.b":6}]'),
    )
    const { sync, rows, warnings } = await world()
    const table = { path: '/t', primaryKey: ['id'] }
    await sync({ baseUrl: api.url, tables: { t: table } })
    const [row] = await rows('SELECT * FROM api_t')
    expect(Object.entries(row!).filter(([name]) => !/^_(synced|deleted|cursor)/.test(name))).toEqual([
      ['id', 1],
      ['__proto__', 'p'],
      ['constructor', 'c'],
      [expect.stringMatching(/^ID_/), 5],
      ['a.b', 6],
    ])
    expect(warnings.join()).toContain('columns: { nameless: { at: [""] } }')
    const nameless = { nameless: { at: [''] }, zero: { at: ['a\0b'] } }
    await sync({ baseUrl: api.url, tables: { t: { ...table, columns: nameless } } })
    await sync({ baseUrl: api.url, tables: { t: { ...table, columns: nameless } } })
    expect(await rows('SELECT nameless, zero FROM api_t')).toEqual([{ nameless: 'none', zero: 2 }])
  })

  it('of a parent fail alone where no path can be made of them', async () => {
    const ids = ['a/b', '..', 'ü %2e?#', 'ok']
    const api = await Api.open((response, { path }) =>
      path === '/parents'
        ? json(
            response,
            ids.map((id) => ({ id })),
          )
        : json(response, [{ n: 1, path: decodeURIComponent(path) }]),
    )
    const tables = {
      parents: { path: '/parents', primaryKey: ['id'] },
      kids: { path: '/kids/{partition}', primaryKey: ['n'], parent: { table: 'parents' } },
    }
    const { run, rows } = await world()
    const report = await run({ baseUrl: api.url, tables })
    const kids = report.tables.find((table) => table.name === 'api_kids')!
    expect(kids.failures.map(({ partition, failure }) => [partition, failure.remedy])).toEqual([['..', 'fix-config']])
    expect((await rows('SELECT path FROM api_kids ORDER BY path')).map((row) => row['path'])).toEqual([
      '/kids/a/b',
      '/kids/ok',
      '/kids/ü %2e?#',
    ])
  })
})

describe('attempts', () => {
  const columns = { id: 'integer' }
  it.each([
    [2, 4, 4],
    [3, 2, 3],
    [1, 3, 3],
  ])('of the client (%i) and of the engine (%i) are one budget: %i', async (attempts, policy, expected) => {
    const api = await Api.open((response) => json(response, {}, 503))
    const { run, warnings } = await world({ retry: { attempts: policy, firstDelayMs: 1, maxDelayMs: 1 } })
    const tables = { t: { path: '/t', infer: false, columns } }
    const report = await run({ baseUrl: api.url, attempts, tables })
    expect(report.tables[0]!.failures[0]!.failure).toMatchObject({ remedy: 'retry', code: 'http-503' })
    expect(api.asked).toHaveLength(expected)
    expect(warnings.length).toBeLessThan(expected)
  })

  it('are not spent on a look at the columns of a table that is known', async () => {
    let isDown = false
    const api = await Api.open((response) => (isDown ? json(response, {}, 503) : json(response, [{ id: 1 }])))
    const { run, sync } = await world()
    const config = { baseUrl: api.url, attempts: 2, tables: { t: { path: '/t', primaryKey: ['id'] } } }
    await sync(config)
    isDown = true
    api.take()
    await run(config)
    expect(api.take()).toHaveLength(3)
  })
})

describe('one table that fails', () => {
  it.each<[string, (response: Parameters<typeof json>[0]) => unknown, string]>([
    ['a page for people', (response) => response.end('<html>Sign in</html>'), 'fix-config'],
    ['an error with status 200', (response) => json(response, { error: 'no such thing' }), 'fix-config'],
    ['404', (response) => json(response, {}, 404), 'fix-config'],
    ['503', (response) => json(response, {}, 503), 'retry'],
    ['a limit of two hours', (response) => json(response, {}, 429, { 'retry-after': '7200' }), 'retry'],
    ['a body that breaks off', (response) => response.end('[{"id":1},{"id"'), 'retry'],
    [
      'a redirect to a machine’s metadata',
      (response) => json(response, {}, 302, { location: 'http://169.254.169.254/latest' }),
      'fix-config',
    ],
  ])('by %s leaves the others alone, and the rows it had', async (_, fault, remedy) => {
    let isBroken = false
    const api = await Api.open((response, { path }) =>
      isBroken && path === '/bad' ? fault(response) : json(response, [{ id: 1 }, { id: 2 }]),
    )
    const columns = { id: 'integer' }
    const table = { primaryKey: ['id'], infer: false, columns }
    const config = {
      baseUrl: api.url,
      attempts: 1,
      tables: { good: { ...table, path: '/good' }, bad: { ...table, path: '/bad' } },
    }
    const { sync, run, rows } = await world()
    await sync({ ...config, concurrency: 1 })
    isBroken = true
    const report = await run({ ...config, tables: { bad: config.tables.bad, good: config.tables.good } })
    const failed = report.tables.filter((one) => one.failures.length > 0)
    expect(failed.map((one) => one.name)).toContain('api_bad')
    expect(failed.find((one) => one.name === 'api_bad')!.failures[0]!.failure.remedy).toBe(remedy)
    // A limit is the whole source's; any other failure is the table's own.
    if (!_.includes('limit')) expect(failed).toHaveLength(1)
    expect(report.exitCode).toBe(3)
    expect(await rows('SELECT id FROM api_bad WHERE _deleted_at IS NULL ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
  })
})
