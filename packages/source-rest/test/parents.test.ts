import { describe, expect, it } from 'vitest'
import { Api, json, world } from './harness.ts'

const tables = {
  parents: { path: '/parents', primaryKey: ['n'] },
  kids: { path: '/kids', params: { of: '{partition}' }, primaryKey: ['id'], parent: { table: 'parents' } },
}
const open = (parents: string) =>
  Api.open((response, { path, query }) =>
    path === '/parents' ? json(response, parents) : json(response, [{ id: 1, of: query.get('of') }]),
  )

describe('children', () => {
  it('are read again though their parent did not change, unless the config says that it does', async () => {
    let version = 1
    const parents = [{ n: 1, id: 'a', updated_at: '2024-01-01T00:00:00Z' }]
    const api = await Api.open((response, { path }) =>
      json(response, path === '/parents' ? parents : [{ id: 1, version }]),
    )
    const { sync, rows } = await world()
    const config = { baseUrl: api.url, tables }
    await sync(config)
    version = 2
    await sync(config)
    expect(await rows('SELECT version FROM api_kids')).toEqual([{ version: 2 }])

    const parent = { table: 'parents', revision: 'updated_at' }
    const told = { ...config, tables: { ...tables, kids: { ...tables.kids, parent } } }
    await sync(told)
    version = 3
    await sync(told)
    expect(await rows('SELECT version FROM api_kids')).toEqual([{ version: 2 }])
    parents[0]!.updated_at = '2024-01-02T00:00:00Z'
    await sync(told)
    expect(await rows('SELECT version FROM api_kids')).toEqual([{ version: 3 }])
  })

  it('are read again where what changes in the parent is an object, or has a NUL', async () => {
    const parents = [{ n: 1, id: 'a', mark: { v: 1 } as unknown }]
    const api = await Api.open((response, { path }) => json(response, path === '/parents' ? parents : [{ id: 1 }]))
    const { sync } = await world()
    const kids = {
      ...tables.kids,
      infer: false,
      columns: { id: 'integer' },
      parent: { table: 'parents', revision: 'mark' },
    }
    const config = { baseUrl: api.url, tables: { ...tables, kids } }
    await sync(config)
    for (const [mark, asked] of [
      [{ v: 1 }, 0],
      [{ v: 2 }, 1],
      ['a\0b', 1],
      ['a\0b', 0],
      ['a\0c', 1],
    ] as const) {
      parents[0]!.mark = mark
      api.take()
      await sync(config)
      expect(api.take().filter((path) => path.startsWith('/kids'))).toHaveLength(asked)
    }
  })

  it.each<[string, string, string]>([
    ['no id', '{"n":1}', 'a row of "parents" has no "id"'],
    ['an id that is null', '{"n":1,"id":null}', 'has no "id"'],
    ['an id that is empty', '{"n":1,"id":""}', 'has no "id"'],
    ['an id that is an object', '{"n":1,"id":{"x":1}}', 'has no "id"'],
    ['an id with a NUL', '{"n":1,"id":"a\\u0000b"}', 'contains a NUL'],
    ['an id that is half a character', '{"n":1,"id":"\\ud800"}', 'not well-formed'],
    ['an id of 5,000 characters', `{"n":1,"id":"${'x'.repeat(5000)}"}`, 'longer than'],
  ])('of a row with %s fail alone', async (_, row, message) => {
    const api = await open(`[{"n":0,"id":"first"},${row},{"n":2,"id":"last"}]`)
    const { run, rows } = await world()
    const report = await run({ baseUrl: api.url, tables })
    const kids = report.tables.find(({ name }) => name === 'api_kids')!
    expect(kids.failures).toHaveLength(1)
    expect(kids.failures[0]).toMatchObject({
      failure: { remedy: 'fix-config', message: expect.stringContaining(message) },
    })
    expect(kids.failures[0]!.partition).not.toMatch(/[\0\ud800]/)
    expect(kids.failures[0]!.partition.length).toBeLessThan(100)
    expect(await rows('SELECT "of" FROM api_kids ORDER BY "of"')).toEqual([{ of: 'first' }, { of: 'last' }])
  })

  it('of several rows without an id fail as one, with their number', async () => {
    const api = await open('[{"n":0,"id":"a"},{"n":1},{"n":2},null,5]')
    const { run, rows } = await world()
    const report = await run({ baseUrl: api.url, tables: { kids: tables.kids, parents: { ...tables.parents } } })
    const { failures } = report.tables.find(({ name }) => name === 'api_kids')!
    expect(failures.map(({ partition }) => partition)).toEqual(['(no id)'])
    expect(failures[0]!.failure.message).toContain('4 rows of "parents" have no "id"')
    expect(await rows('SELECT "of" FROM api_kids')).toEqual([{ of: 'a' }])
  })

  it('of an id of twenty digits, or one that no double holds, are read', async () => {
    const api = await open('[{"n":1,"id":12345678901234567890},{"n":2,"id":9007199254740993},{"n":3,"id":true}]')
    const { sync, rows } = await world()
    await sync({ baseUrl: api.url, tables })
    expect((await rows('SELECT "of" FROM api_kids')).map((row) => row['of']).sort()).toEqual([
      '12345678901234567890',
      '9007199254740993',
      'true',
    ])
  })

  it('of any depth name every table above them, and read each of these once a run', async () => {
    const api = await Api.open((response, { path }) => {
      const depth = path.split('/').length - 2
      const name = path.replaceAll('/', '')
      // One of the third level is broken: what is below it fails alone.
      if (path === '/a/x1/y2') return json(response, {}, 404)
      json(response, depth < 3 ? [1, 2].map((n) => ({ id: n, slug: `${'xyz'[depth]}${n}` })) : [{ id: name }])
    })
    const key = { primaryKey: ['id'] }
    const tables = {
      orgs: { path: '/a', ...key },
      repos: { path: '/a/{tables.orgs.slug}', ...key, parent: { table: 'orgs' } },
      issues: { path: '/a/{tables.orgs.slug}/{tables.repos.slug}', ...key, parent: { table: 'repos' } },
      notes: {
        path: '/a/{tables.orgs.slug}/{tables.repos.slug}/{partition.slug}',
        params: { of: '{tables.issues}', org: '{tables.orgs}' },
        ...key,
        parent: { table: 'issues' },
      },
    }
    const { run, rows } = await world()
    const { tables: told } = await run({ baseUrl: api.url, tables })
    const asked = api.take()
    for (const path of ['/a', '/a/x1', '/a/x1/y1']) expect(asked.filter((one) => one === path).length).toBeLessThan(4)
    expect(asked).toContain('/a/x2/y1/z2?of=2&org=2')
    const failing = told.map(({ name, failures }) => [name, failures.map(({ partition }) => partition)])
    expect(Object.fromEntries(failing)).toEqual({
      api_orgs: [],
      api_repos: [],
      api_issues: ['1/2'],
      api_notes: ['1/2/(not read)'],
    })
    expect(await rows('SELECT count(*) AS n FROM api_notes')).toEqual([{ n: 6 }])
    expect(await rows("SELECT id FROM api_notes WHERE _partition = '2/1/2'")).toEqual([{ id: 'ax2y1z2' }])
  })

  it('of one for which the API has nothing are no rows, and an error where it is not declared', async () => {
    let isGone = false
    const api = await Api.open((response, { path, query }) => {
      if (path === '/parents') return json(response, [{ id: 'a' }, { id: 'b' }])
      if (query.get('of') === 'b' || isGone) return json(response, { message: 'wiki is disabled' }, 404)
      return json(response, [{ id: 1, of: 'a' }])
    })
    const { sync, run, rows } = await world()
    const parents = { path: '/parents', primaryKey: ['id'] }
    const kids = (statuses?: object) => ({ baseUrl: api.url, tables: { parents, kids: { ...tables.kids, statuses } } })
    expect((await run(kids())).tables.find(({ name }) => name === 'api_kids')!.failures).toMatchObject([
      { partition: 'b', failure: { remedy: 'fix-config', code: 'http-404' } },
    ])
    const declared = kids({ empty: [{ status: 404, contains: 'is disabled' }] })
    await sync(declared)
    expect(await rows('SELECT "of" FROM api_kids WHERE _deleted_at IS NULL')).toEqual([{ of: 'a' }])
    // An API that has nothing of anything any more is held back like every list that becomes empty.
    isGone = true
    const { failures } = (await run(declared)).tables.find(({ name }) => name === 'api_kids')!
    expect(failures).toMatchObject([{ partition: 'a', failure: { code: 'deletion-limit' } }])
  })

  it('of one whose parent cannot be read fail alone, and those of the others are read', async () => {
    const api = await Api.open((response, { path, query }) => {
      if (path === '/repos') return json(response, [{ id: 'good' }, { id: 'bad' }, {}])
      if (path === '/runs')
        return query.get('repo') === 'bad' ? json(response, {}, 404) : json(response, [{ id: 7 }, { id: 8 }])
      return json(response, [{ id: 1, run: query.get('run') }])
    })
    const nested = {
      repos: { path: '/repos', primaryKey: ['id'] },
      runs: { path: '/runs', params: { repo: '{partition}' }, primaryKey: ['id'], parent: { table: 'repos' } },
      jobs: { path: '/jobs', params: { run: '{partition}' }, primaryKey: ['id'], parent: { table: 'runs' } },
    }
    const { run, rows } = await world()
    const report = await run({ baseUrl: api.url, tables: nested })
    const jobs = report.tables.find(({ name }) => name === 'api_jobs')!
    expect(jobs.failures.map(({ partition }) => partition).sort()).toEqual(['(no id)/(not read)', 'bad/(not read)'])
    expect(await rows('SELECT run FROM api_jobs ORDER BY run')).toEqual([{ run: '7' }, { run: '8' }])
  })
})
