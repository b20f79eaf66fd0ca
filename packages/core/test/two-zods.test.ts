import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compile, provide, scratch } from './built.ts'

const OPTIONS = {
  strict: true,
  target: 'es2024',
  module: 'nodenext',
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
}

const SOURCE = `import { defineSource, register, secret } from '@tidemark/core'
import { z } from 'zod'
const shop = defineSource({ name: 'shop', config: z.object({ url: z.url(), token: secret(), pages: z.int().default(1) }) })
const orders = shop.table({ name: 'orders', row: z.object({ id: z.int() }), primaryKey: ['id'], async *read() { yield [{ id: 1 }] } })
export default register(shop.with([orders]))
`

const PROJECT = `import type { Configured, Source } from '@tidemark/core'
import { z } from 'zod'
import shop from 'tidemark-source-shop'
// What a program and the testkit take, and what a config lists.
export const taken: Source = shop
export const listed: Configured = shop.configure({ url: 'https://shop.example', token: 'x' })
export const url: string = shop.config.parse({ url: 'https://shop.example', token: 'x' }).url
export const pages: number = shop.config.parse({}).pages
// @ts-expect-error: a misspelt key
shop.configure({ ulr: 'https://shop.example', token: 'x' })
// @ts-expect-error: what a schema gives is not anything
export const wrong: number = shop.config.parse({}).url
// @ts-expect-error: two zods, of which neither is the other
export const same: typeof z.string = {} as typeof import('./node_modules/tidemark-source-shop/node_modules/zod/index.js').string
`

// A source that is linked, or that was installed first, keeps the zod and the core that it was built with.
it('a source of the oldest zod that core takes fits a project that has the newest', async () => {
  await using project = await scratch()
  await provide(project.path, 'installed')
  const source = join(project.path, 'node_modules', 'tidemark-source-shop')
  await mkdir(source, { recursive: true })
  await provide(source, 'installed', 'zod-oldest')
  await writeFile(join(source, 'index.ts'), SOURCE)
  await writeFile(
    join(source, 'package.json'),
    JSON.stringify({ name: 'tidemark-source-shop', type: 'module', types: './dist/index.d.ts' }),
  )
  const built = { ...OPTIONS, declaration: true, outDir: 'dist', rootDir: '.' }
  await writeFile(join(source, 'tsconfig.json'), JSON.stringify({ compilerOptions: built, files: ['index.ts'] }))
  expect(await compile(source, 'tsconfig.json')).toBe('')
  await writeFile(join(project.path, 'package.json'), JSON.stringify({ type: 'module' }))
  await writeFile(join(project.path, 'project.ts'), PROJECT)
  const used = { ...OPTIONS, noEmit: true }
  await writeFile(join(project.path, 'tsconfig.json'), JSON.stringify({ compilerOptions: used, files: ['project.ts'] }))
  expect(await compile(project.path, 'tsconfig.json')).toBe('')
  const versions = await Promise.all(
    [source, project.path].map(async (folder) => {
      const text = await readFile(join(folder, 'node_modules', 'zod', 'package.json'), 'utf8')
      return (JSON.parse(text) as { version: string }).version
    }),
  )
  expect(versions[0]).toBe('4.1.0')
  expect(versions[1]).not.toBe('4.1.0')
})
