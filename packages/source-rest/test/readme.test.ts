import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { RestConfig } from '../src/config.ts'
import { Api, json, world } from './harness.ts'

it('the example of the README is a config, and reads', async () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\nimport .*\n([\s\S]*?)```/.exec(text)![1]!.replace('export default defineConfig(', 'return (')
  type Example = { sources: { shop: { config: Record<string, unknown> } } }
  const { config } = (new Function('env', code)((name: string) => `value of ${name}`) as Example).sources.shop
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
