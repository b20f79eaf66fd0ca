import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { FivetranConfig } from '../src/config.ts'

it.each(['../README.md', '../../../docs/fivetran-and-singer.md'])('the example of %s is a config', (path) => {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8')
  const code = /```ts\n(?:import .*\n)+([\s\S]*?)```/
    .exec(text)![1]!
    .replace('export default defineConfig(', 'return (')
  type Example = { sources: { shop: Record<string, unknown> } }
  const env = (name: string): string => `value of ${name}`
  const source = { configure: (config: unknown) => config }
  const { shop: config } = (new Function('env', 'fivetran', code)(env, source) as Example).sources
  expect(FivetranConfig.parse(config)).toMatchObject({
    secrets: { api_key: 'value of SHOP_API_KEY' },
    python: 'python3',
  })
})
