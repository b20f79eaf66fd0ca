import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { isSelected, SingerConfig, streamOptions } from '../src/config.ts'

it('the example of the README is a config', () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n(?:import .*\n)+([\s\S]*?)```/
    .exec(text)![1]!
    .replace('export default defineConfig(', 'return (')
  type Example = { sources: { shop: Record<string, unknown> } }
  const env = (name: string): string => `value of ${name}`
  const source = { configure: (config: unknown) => config }
  const { shop: config } = (new Function('env', 'singer', code)(env, source) as Example).sources
  const parsed = SingerConfig.parse(config)
  expect(streamOptions(parsed, 'public-orders')).toMatchObject({ method: 'INCREMENTAL', replicationKey: 'updated_at' })
  expect(['public-orders', 'public-log', 'other'].map((name) => isSelected(parsed, name))).toEqual([true, false, false])
})
