import { describe, expect, it } from 'vitest'
import type { ConfigDocument } from '../src/config-view.ts'
import { type TestProject, testProject } from './test-project.ts'

const SHOP = `
import { defineSource, register, secret } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({
  name: 'my_shop',
  config: z.object({
    url: z.url().describe('where the shop is'),
    token: secret().describe('from its settings'),
    pageSize: z.int().default(500).describe('rows of a page'),
    headers: z.record(z.string(), z.string()).optional(),
    region: z.enum(['eu', 'us']),
  }),
})
const table = source.table({ name: 'orders', row: z.object({ id: z.int() }), primaryKey: ['id'], async *read() { throw new Error('nothing is read here') } })
export default register(source.with([table]))
`

function shop(): TestProject {
  const project = testProject()
  project.install('shop', SHOP, { manifest: { exports: './dist/index.js' } })
  return project
}

async function shown(
  project: TestProject,
  environment?: Record<string, string>,
): Promise<ConfigDocument & { exit_code: number }> {
  const { stdout, code } = await project.run(['config', 'show', '--json'], environment)
  const document = JSON.parse(stdout) as ConfigDocument & { exit_code: number }
  expect(document.exit_code).toBe(code)
  return document
}

describe('config show', () => {
  it('says where each value comes from, and shows no secret: of a line, a variable, .env, or a default', async () => {
    const project = shop()
    project.write('.env', 'SHOP_TOKEN=hunter-2-secret\n')
    project.config(`import { defineConfig, env } from '@tidemark/runner/config'
export default defineConfig({
  destination: env('WHERE'),
  perSource: 7,
  sources: {
    my_shop: {
      config: {
        url: 'https://ann:hunter-3-secret@shop.example',
        token: env('SHOP_TOKEN'),
        headers: { authorization: env('HEADER') },
        region: 'eu',
      },
      every: '5m',
    },
  },
})`)
    const environment = { WHERE: 'data/other.db', HEADER: 'hunter-4-secret' }
    const document = await shown(project, environment)
    const of = (path: string) => document.settings.find((one) => one.path === path)
    expect(document).toMatchObject({ problem: null, destination: expect.stringContaining('data/other.db') })
    expect(of('destination')).toEqual({ path: 'destination', value: '"***"', from: 'environment: WHERE' })
    expect(of('perSource')).toEqual({ path: 'perSource', value: '7', from: 'line 4' })
    expect(of('concurrency')).toEqual({ path: 'concurrency', value: '4', from: 'default' })
    expect(of('sources.my_shop.every')).toMatchObject({ value: '"5m"', from: 'line 13' })
    expect(of('sources.my_shop.config.token')).toMatchObject({ value: '"***"', from: '.env: SHOP_TOKEN' })
    expect(of('sources.my_shop.config.headers.authorization')).toMatchObject({ value: '"***"' })
    expect(document.sources[0]).toMatchObject({
      state: 'configured',
      settings: [{ path: 'sources.my_shop.config.pageSize', value: '500', from: 'default of the source' }],
    })
    const text = await project.run(['config'], environment)
    expect(text.stdout).toMatch(/perSource +7 +line 4/)
    expect(JSON.stringify(document) + text.stdout + text.stderr).not.toMatch(/hunter/)
  })

  it('gives a snippet that is a config once its values are filled in, and says what is missing in it until then', async () => {
    const project = shop()
    const [before] = (await shown(project)).sources
    expect(before).toMatchObject({ name: 'my_shop', state: 'incomplete' })
    expect(before!.problems.join()).toMatch(/sources\.my_shop\.config\.url/)
    project.config(before!.snippet!)
    const pasted = await shown(project)
    expect(pasted.exit_code).toBe(2)
    expect(pasted.problem).toMatch(/MY_SHOP_TOKEN is not set/)
    expect(pasted.problem).toMatch(/tidemark\.config\.ts:8: sources\.my_shop\.config\.url/)
    project.config(before!.snippet!.replace("url: ''", "url: 'https://shop.example'"))
    const filled = await shown(project, { MY_SHOP_TOKEN: 'hunter-5-secret' })
    expect(filled).toMatchObject({ exit_code: 0, problem: null, sources: [{ name: 'my_shop', state: 'configured' }] })
  })

  it('the same for JSON', async () => {
    const project = shop()
    project.config({})
    const [before] = (await shown(project)).sources
    project.write(
      'tidemark.config.json',
      `{\n${before!.snippet!.replace('"url": ""', '"url": "https://shop.example"')}\n}`,
    )
    const filled = await shown(project, { MY_SHOP_TOKEN: 'x-secret' })
    expect(filled).toMatchObject({ exit_code: 0, problem: null, sources: [{ state: 'configured' }] })
  })

  it('names what is wrong, and still says what is installed', async () => {
    const project = shop()
    project.install('bad', 'throw new Error("no good")', { package: 'source-bad' })
    project.config('export default { perSource: "many", sources: { nothing: {} } }')
    const wrong = await shown(project)
    expect(wrong.exit_code).toBe(2)
    expect(wrong.problem).toMatch(/perSource/)
    expect(wrong.sources).toMatchObject([
      { name: 'my_shop', state: 'unchecked' },
      { package: 'source-bad', state: 'broken', problems: [expect.stringMatching(/no good/)] },
    ])
    project.config('export default {')
    expect(await shown(project)).toMatchObject({ exit_code: 2, problem: expect.stringMatching(/cannot be loaded/) })
  })
})
