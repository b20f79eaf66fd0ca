import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { configOf } from './configs.ts'
import { DescribedApi, type DescribedApiOptions, type Description } from './described-api.ts'
import { failuresIn, world } from './world.ts'

const require = createRequire(import.meta.url)
const described = (path: string): Description => parse(readFileSync(require.resolve(path), 'utf8')) as Description

async function open(options: Omit<DescribedApiOptions, 'description'> & { readonly document: string }) {
  const api = new DescribedApi({ ...options, description: described(options.document) })
  const url = await api.open()
  onTestFinished(() => api.close())
  return { api, url }
}

describe('an API that answers by the description of its vendor', () => {
  it('is read by the config of Figma: graphs of parents, URLs and cursors', async () => {
    const { api, url } = await open({
      document: '@figma/rest-api-spec/openapi/openapi.yaml',
      prefix: '',
      rows: (path) => (path.endsWith('/versions') ? 120 : path.endsWith('/components') ? 2500 : 3),
      pager: (path) => {
        if (path.endsWith('/versions'))
          return (query) => ({
            from: Number(query.get('before') ?? 0),
            size: Number(query.get('page_size') ?? 30),
            more: (body, next, at) => ({
              ...body,
              pagination: next === undefined ? {} : { next_page: `${at}?before=${next}&page_size=50` },
            }),
          })
        if (path.endsWith('/components'))
          return (query) => ({
            from: Number(query.get('after') ?? 0),
            size: Number(query.get('page_size') ?? 30),
            more: (body, next) => ({
              ...body,
              meta: { ...(body['meta'] as object), cursor: next === undefined ? {} : { before: 0, after: next } },
            }),
          })
        return undefined
      },
    })
    const config = await configOf('figma.ts')
    const { run, count, columns } = await world()
    const report = await run({ ...config, rate: undefined, baseUrl: `${url}/v1` })
    expect([api.refused, failuresIn(report)]).toEqual([
      [],
      { api_projects: [], api_files: [], api_comments: [], api_versions: [], api_components: [] },
    ])
    const counts = Object.fromEntries(
      await Promise.all(Object.keys(config.tables).map(async (name) => [name, await count(name)] as const)),
    )
    expect(counts).toEqual({ projects: 3, files: 9, comments: 27, versions: 9 * 120, components: 2500 })
    expect(await columns('comments')).toEqual(api.fieldsOf('/v1/files/{file_key}/comments', ['comments']))
    expect(await columns('components')).toEqual(api.fieldsOf('/v1/teams/{team_id}/components', ['meta', 'components']))
  })

  it('is read by the config of Blockfrost: page numbers, and a status that means nothing', async () => {
    const { api, url } = await open({
      document: '@blockfrost/openapi/openapi.yaml',
      prefix: '/api/v0',
      rows: (path) => (path === '/pools/extended' ? 203 : 2),
      pager: () => (query) => {
        const size = Number(query.get('count') ?? 100)
        return { from: (Number(query.get('page') ?? 1) - 1) * size, size }
      },
    })
    const config = await configOf('blockfrost.ts')
    const { run, count, columns } = await world()
    const report = await run({ ...config, rate: undefined, concurrency: 20, baseUrl: url })
    expect([api.refused, failuresIn(report)]).toEqual([[], { api_network: [], api_pools: [], api_pool_delegators: [] }])
    expect(await count('pools')).toBe(203)
    expect(await count('pool_delegators')).toBe(406)
    expect(await count('network')).toBe(1)
    expect(await columns('pools')).toEqual(api.fieldsOf('/pools/extended', []))
  })

  it('refuses what the description does not have', async () => {
    const { api, url } = await open({
      document: '@blockfrost/openapi/openapi.yaml',
      prefix: '/api/v0',
      rows: () => 1,
      pager: () => undefined,
    })
    const authorization = { type: 'header', name: 'project_id', value: 'x' }
    const tables = {
      a: { path: '/pools/extended', params: { size: 5 } },
      b: { path: '/pools/extended', params: { count: 500 } },
      c: { path: '/poolz' },
    }
    const { run } = await world()
    await run({ baseUrl: url, authorization, tables })
    await run({ baseUrl: url, tables: { d: { path: '/network', single: true } } })
    const said = api.refused.join('\n')
    for (const text of ['unknown parameter size', 'count is too great', 'no such path', 'no credentials'])
      expect(said).toContain(text)
  })
})
