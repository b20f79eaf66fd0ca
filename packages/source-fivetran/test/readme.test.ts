import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { exampleConfig } from '../../testkit/test/readme-example.ts'
import { FivetranConfig } from '../src/config.ts'

it.each(['../README.md', '../../../docs/fivetran-and-singer.md'])('the example of %s is a config', (path) => {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8')
  const config = exampleConfig(text, 'fivetran')
  expect(FivetranConfig.parse(config)).toMatchObject({
    secrets: { api_key: 'value of SHOP_API_KEY' },
    python: 'python3',
  })
})
