import { describe, expect, it } from 'vitest'
import { Api, type Asked, json, world } from './harness.ts'

const HOUR = 3_600_000
const START = Math.floor(Date.now() / 1000) * 1000 - 10 * 24 * HOUR
/** Two minutes ago: settled, and no earlier than a lookback. */
const LATELY = 240 - 2 / 60
const time = (hours: number): string => new Date(START + hours * HOUR).toISOString().replace('.000Z', 'Z')

interface Issue {
  id: number
  title: unknown
  updated_at: string
}

/** A list sorted by update with `since`, pages by number: what most APIs have. */
function issuesApi(issues: Map<number, Issue>, size = 3) {
  return (response: Parameters<typeof json>[0], { query }: Pick<Asked, 'query'>): void => {
    const since = Date.parse(query.get('since') ?? '1970-01-01')
    const list = [...issues.values()]
      .filter((issue) => Date.parse(issue.updated_at) >= since)
      .sort((a, b) => Date.parse(a.updated_at) - Date.parse(b.updated_at) || a.id - b.id)
    const page = Number(query.get('page'))
    json(response, { items: list.slice((page - 1) * size, page * size) })
  }
}

const put = (issues: Map<number, Issue>, id: number, hours: number, title: unknown = `issue ${id}`): void =>
  void issues.set(id, { id, title, updated_at: time(hours) })

const ISSUES = {
  path: '/issues',
  rows: 'items',
  params: { since: '{from:seconds}', sort: 'updated', direction: 'asc' },
  primaryKey: ['id'],
  cursor: 'updated_at',
  ordered: 'ascending',
  pagination: { type: 'page', parameter: 'page' },
}

describe('runs', () => {
  it('read the history first, and then only what is new', async () => {
    const issues = new Map<number, Issue>()
    for (let id = 1; id <= 20; id++) put(issues, id, id)
    const api = await Api.open(issuesApi(issues))
    const config = { baseUrl: api.url, tables: { issues: ISSUES } }
    const { sync, rows } = await world()

    const [first] = await sync(config)
    expect(first).toMatchObject({ name: 'api_issues', status: 'complete', rows: { written: 20 } })
    expect(await rows('SELECT id, title, updated_at FROM api_issues ORDER BY id LIMIT 2')).toEqual([
      { id: 1, title: 'issue 1', updated_at: expect.stringContaining(time(1).slice(0, 10)) },
      { id: 2, title: 'issue 2', updated_at: expect.anything() },
    ])

    const full = api.take().length
    put(issues, 5, LATELY, 'changed')
    put(issues, 21, LATELY)
    const [second] = await sync(config)
    expect(second).toMatchObject({ rows: { written: 2 } })
    const asked = api.take()
    expect(asked.length).toBeLessThan(full)
    // From the end of what is covered, less the lookback; nothing asks for the beginning again.
    expect(asked.every((one) => one.includes('since='))).toBe(true)
    expect(await rows('SELECT id, title FROM api_issues WHERE id IN (5, 21) ORDER BY id')).toEqual([
      { id: 5, title: 'changed' },
      { id: 21, title: 'issue 21' },
    ])

    const [third] = await sync(config)
    expect(third!.rows.written).toBe(0)
    expect(await rows('SELECT count(*) AS n FROM api_issues')).toEqual([{ n: 21 }])
  })

  it('lose no row that moves while the list is paged', async () => {
    const issues = new Map<number, Issue>()
    for (let id = 1; id <= 40; id++) put(issues, id, id)
    let moved = 0
    const answer = issuesApi(issues, 4)
    const api = await Api.open((response, asked) => {
      // Each answer finds the first rows of the list moved to its end.
      if (asked.query.get('page') !== null && moved < 25) put(issues, ++moved, 200 + moved / 10, 'moved')
      answer(response, asked)
    })
    const { sync, rows } = await world()
    await sync({ baseUrl: api.url, tables: { issues: ISSUES } })
    expect(await rows('SELECT count(*) AS n FROM api_issues')).toEqual([{ n: 40 }])
    expect(await rows(`SELECT count(*) AS n FROM api_issues WHERE title = 'moved'`)).toEqual([{ n: moved }])
  })

  it('stop at the first page before the window, where the newest come first', async () => {
    const events = Array.from({ length: 30 }, (_, id) => ({ id, at: time(id) }))
    const api = await Api.open((response, { query }) => {
      const list = events.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
      const page = Number(query.get('page') ?? 1)
      const headers = page * 5 < list.length ? { link: `</events?page=${page + 1}>; rel="next"` } : undefined
      json(response, list.slice(page * 5 - 5, page * 5), 200, headers)
    })
    const table = {
      path: '/events',
      primaryKey: ['id'],
      cursor: 'at',
      ordered: 'descending',
      pagination: { type: 'link' },
      infer: false,
      columns: { id: 'integer', at: 'timestamp' },
    }
    const config = { baseUrl: api.url, tables: { events: table } }
    const { sync, rows } = await world()
    await sync(config)
    // Where nothing was asked before, the API is asked for its time.
    expect(api.take().filter((one) => one !== '/')).toHaveLength(6)
    events.push({ id: 30, at: time(LATELY) })
    await sync(config)
    // Of six: the page that passes the window, and the one behind it, which might have told of deletions.
    expect(api.take().filter((one) => one !== '/')).toHaveLength(2)
    expect(await rows('SELECT count(*) AS n FROM api_events')).toEqual([{ n: 31 }])
  })

  it.each(['page', 'offset'])('stop at the known cursor where the newest come first, by %s', async (type) => {
    let events = Array.from({ length: 30 }, (_, id) => ({ id, at: time(id) }))
    let isBroken = false
    const api = await Api.open((response, { query }) => {
      const list = events.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
      const from = type === 'page' ? Number(query.get('page')) * 5 - 5 : Number(query.get('offset'))
      json(response, list.slice(from, from + 5), isBroken && from === 10 ? 403 : 200)
    })
    const table = {
      path: '/events',
      primaryKey: ['id'],
      cursor: 'at',
      ordered: 'descending',
      pagination: { type },
      infer: false,
      columns: { id: 'integer', at: 'timestamp' },
    }
    const config = { baseUrl: api.url, tables: { events: table } }
    const { sync, run, rows } = await world()
    // What was read before it broke off says nothing of the rest: the next run begins at the top again.
    isBroken = true
    expect((await run(config)).exitCode).not.toBe(0)
    isBroken = false
    await sync(config)
    expect(await rows('SELECT count(*) AS n FROM api_events')).toEqual([{ n: 30 }])
    api.take()
    events = [...events, ...Array.from({ length: 7 }, (_, at) => ({ id: 30 + at, at: time(LATELY + at / 1000) }))]
    await sync(config)
    // Two pages with the new rows and the first known ones, and the first of them once more.
    expect(api.take().filter((one) => one !== '/')).toHaveLength(3)
    expect(await rows('SELECT count(*) AS n FROM api_events')).toEqual([{ n: 37 }])
  })

  it('lose no row that slipped between two pages of a list by number before it broke off', async () => {
    let events = Array.from({ length: 30 }, (_, id) => ({ id, at: time(id) }))
    let isFirst = true
    const api = await Api.open((response, { query }) => {
      const page = Number(query.get('page'))
      // The newest goes before the second page is asked for, so that the 24th slips to the first.
      if (isFirst && page === 2) events = events.slice(0, -1)
      if (isFirst && page === 3) return json(response, {}, 403)
      const list = events.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
      json(response, list.slice(page * 5 - 5, page * 5))
    })
    const table = {
      path: '/events',
      primaryKey: ['id'],
      cursor: 'at',
      ordered: 'descending',
      pagination: { type: 'page' },
      infer: false,
      columns: { id: 'integer', at: 'timestamp' },
    }
    const config = { baseUrl: api.url, tables: { events: table } }
    const { sync, run, rows } = await world()
    expect((await run(config)).exitCode).not.toBe(0)
    isFirst = false
    await sync(config)
    expect(await rows('SELECT id FROM api_events WHERE id = 24')).toEqual([{ id: 24 }])
  })

  it('keep a whole table level: changed rows are written, and those that are gone are marked', async () => {
    let labels: object[] = Array.from({ length: 7 }, (_, id) => ({ id, name: `l${id}` }))
    const api = await Api.open((response, { query }) => {
      const offset = Number(query.get('offset'))
      json(response, { data: { list: labels.slice(offset, offset + 3) }, total: labels.length })
    })
    const config = {
      baseUrl: `${api.url}/v2`,
      tables: {
        labels: {
          path: 'labels',
          rows: 'data.list',
          primaryKey: ['id'],
          pagination: { type: 'offset', total: 'total' },
        },
      },
    }
    const { sync, rows } = await world()
    await sync(config)
    labels = [...labels.slice(0, 2), { id: 2, name: 'new' }, ...labels.slice(4)]
    const [report] = await sync(config)
    expect(report!.rows).toMatchObject({ written: 1, deleted: 1 })
    expect(await rows('SELECT id FROM api_labels WHERE _deleted_at IS NOT NULL')).toEqual([{ id: 3 }])
    expect(api.asked[0]!.path).toBe('/v2/labels')
  })

  it('leave alone what its ETag says is the same', async () => {
    let version = 1
    const api = await Api.open((response, { headers }) => {
      const etag = `"v${version}"`
      return headers['if-none-match'] === etag
        ? json(response, '', 304, { etag })
        : json(response, [{ id: 1, version }], 200, { etag })
    })
    const config = {
      baseUrl: api.url,
      tables: {
        t: {
          path: '/t',
          primaryKey: ['id'],
          revision: 'etag',
          infer: false,
          columns: { id: 'integer', version: 'integer' },
        },
      },
    }
    const { sync, rows } = await world()
    await sync(config)
    api.take()
    await sync(config)
    expect(api.take()).toEqual(['/t'])
    version = 2
    await sync(config)
    expect(await rows('SELECT version FROM api_t')).toEqual([{ version: 2 }])
    // Another way of asking is another question: what was read by the old one says nothing.
    api.take()
    await sync({ ...config, tables: { t: { ...config.tables.t, params: { all: true } } } })
    expect(api.take()).toHaveLength(2)
  })

  it('read rows of one table for each row of another, and again only those whose parent changed', async () => {
    const repos = [
      { id: 'a/b', owner: { name: 'x y' }, updated_at: time(1) },
      { id: 2, owner: { name: 'z' }, updated_at: time(1) },
    ]
    const api = await Api.open((response, { path }) => {
      if (path === '/repos') return json(response, repos)
      const [, , owner, repo, what] = path.split('/').map(decodeURIComponent)
      if (what === 'runs') return json(response, [{ id: 1, repo }])
      if (what === 'jobs') return json(response, [{ id: 7 }, { id: 8 }])
      return json(response, [
        { id: 1, text: `${owner} ${repo}` },
        { id: 2, text: 'two' },
      ])
    })
    const config = {
      baseUrl: api.url,
      tables: {
        repos: { path: '/repos', primaryKey: ['id'] },
        comments: {
          path: '/repos/{partition.owner.name}/{partition}',
          primaryKey: ['id'],
          parent: { table: 'repos', revision: 'updated_at' },
        },
        runs: {
          path: '/repos/{partition.owner.name}/{partition}/runs',
          primaryKey: ['id'],
          parent: { table: 'repos', revision: false },
        },
        jobs: {
          path: '/repos/x/{parent}/jobs',
          params: { run: '{partition}' },
          primaryKey: ['id'],
          parent: { table: 'runs', revision: false },
        },
      },
    }
    const { sync, rows } = await world()
    await sync(config)
    expect(await rows('SELECT _partition, id, text FROM api_comments ORDER BY _partition, id')).toEqual([
      { _partition: '2', id: 1, text: 'z 2' },
      { _partition: '2', id: 2, text: 'two' },
      { _partition: 'a/b', id: 1, text: 'x y a/b' },
      { _partition: 'a/b', id: 2, text: 'two' },
    ])
    expect(await rows('SELECT DISTINCT _partition FROM api_jobs ORDER BY 1')).toEqual([
      { _partition: '2/1' },
      { _partition: 'a/b/1' },
    ])
    expect(api.asked.some(({ path }) => path === '/repos/x%20y/a%2Fb')).toBe(true)

    const declared = {
      ...config,
      tables: {
        repos: { ...config.tables.repos, infer: false, columns: { id: 'text' } },
        comments: { ...config.tables.comments, infer: false, columns: { id: 'integer', text: 'text' } },
      },
    }
    await sync(declared)
    api.take()
    repos[1]!.updated_at = time(2)
    repos.push({ id: 'new', owner: { name: 'n' }, updated_at: time(3) })
    await sync(declared)
    const asked = api.take().filter((path) => path !== '/repos')
    expect(asked.sort()).toEqual(['/repos/n/new', '/repos/z/2'])
    // A parent that is gone keeps its rows.
    repos.shift()
    await sync(declared)
    expect(
      await rows(`SELECT count(*) AS n FROM api_comments WHERE _partition = 'a/b' AND _deleted_at IS NULL`),
    ).toEqual([{ n: 2 }])
  })

  it('make an empty table of declared columns', async () => {
    const api = await Api.open((response) => json(response, []))
    const { sync, rows, warnings } = await world()
    const declared = { path: '/t', primaryKey: ['id'], columns: { id: 'integer', at: 'timestamp' }, cursor: 'at' }
    await sync({ baseUrl: api.url, tables: { t: declared, unknown: { path: '/u' } } })
    expect(await rows('SELECT * FROM api_t')).toEqual([])
    expect(warnings.join()).toContain('the table has no columns yet')
  })

  it('go on where the API was cut off: what was committed is not asked for again', async () => {
    const issues = new Map<number, Issue>()
    for (let id = 1; id <= 30; id++) put(issues, id, id)
    const answer = issuesApi(issues, 5)
    let broken = false
    const api = await Api.open((response, asked) => {
      if (broken && Date.parse(asked.query.get('since') ?? '1970-01-01') >= Date.parse(time(15)))
        return response.socket?.destroy()
      answer(response, asked)
    })
    const columns = { id: 'integer', title: 'text', updated_at: 'timestamp' }
    const config = { baseUrl: api.url, attempts: 1, tables: { issues: { ...ISSUES, infer: false, columns } } }
    const { run, sync, rows } = await world()
    broken = true
    const report = await run(config)
    expect(report.exitCode).not.toBe(0)
    expect(report.tables[0]!.failures[0]!.failure.remedy).toBe('retry')
    const [{ n }] = (await rows('SELECT count(*) AS n FROM api_issues')) as [{ n: number }]
    expect(n).toBeGreaterThan(5)
    broken = false
    api.take()
    await sync(config)
    expect(await rows('SELECT count(*) AS n FROM api_issues')).toEqual([{ n: 30 }])
    expect(api.take().every((one) => one === '/' || one.includes('since='))).toBe(true)
  })
})
