import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { exampleConfig } from '../../testkit/test/readme-example.ts'
import { RestConfig } from '../src/config.ts'
import { Api, json, world } from './harness.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const SNIPPETS = [...README.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, language, code]) =>
  language === '' ? code! : [],
)

it('there are snippets in the README', () => {
  expect(SNIPPETS.length).toBeGreaterThan(1)
})

it.each(SNIPPETS.map((code, at) => [at + 1, code] as const))(
  'snippet %i of the README is a part of a config',
  (_, code) => {
    const part = (new Function('env', `return {${code}}`) as (env: (name: string) => string) => object)((name) => name)
    const config = { baseUrl: 'https://api.example.com', tables: { t: { path: '/t' } }, ...part }
    expect(RestConfig.safeParse(config).error?.issues).toBeUndefined()
  },
)

it('the example of the README is a config, and reads', async () => {
  const config = exampleConfig(README, 'rest')
  expect(RestConfig.parse(config).tables).toHaveProperty('order_lines')

  const at = '2024-01-01T00:00:00Z'
  const api = await Api.open((response, { path, query }) => {
    if (path === '/v1/orders')
      return json(response, { data: query.get('page') === '1' ? [{ id: 1, updated_at: at }] : [] })
    if (path === '/v1/countries') return json(response, [{ code: 'A' }], 200, { etag: '"1"' })
    return json(response, '[{"line":1,"price":1.10000000000000000001}]')
  })
  const { sync, rows } = await world()
  await sync({ ...config, baseUrl: `${api.url}/v1` })
  expect(await rows('SELECT _partition, line, price FROM api_order_lines')).toEqual([
    { _partition: '1', line: 1, price: '1.10000000000000000001' },
  ])
  expect(api.asked[0]!.headers.authorization).toBe('Bearer value of SHOP_TOKEN')
})
