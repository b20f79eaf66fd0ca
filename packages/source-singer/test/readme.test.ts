import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { exampleConfig } from '../../testkit/test/readme-example.ts'
import { isSelected, SingerConfig, streamOptions } from '../src/config.ts'

it('the example of the README is a config', () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const config = exampleConfig(text, 'singer')
  const parsed = SingerConfig.parse(config)
  expect(streamOptions(parsed, 'public-orders')).toMatchObject({ method: 'INCREMENTAL', replicationKey: 'updated_at' })
  expect(['public-orders', 'public-log', 'other'].map((name) => isSelected(parsed, name))).toEqual([true, false, false])
})
