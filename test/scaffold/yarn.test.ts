import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { Done } from '../walk/shell.ts'
import { Outside } from './packed.ts'

const YARN = '@yarnpkg/cli-dist@4.18.1'
const OURS = ['@tidemark/runner', '@tidemark/core', '@tidemark/source-files', '@tidemark/source-sql']
const CONFIG = `import { defineConfig } from '@tidemark/runner/config'
import files from '@tidemark/source-files'
import sql from '@tidemark/source-sql'

export default defineConfig({
  sources: {
    shop: files.configure({ tables: { orders: { path: 'exports/*.csv', primaryKey: ['id'] } } }),
    copy: sql.configure({ url: 'sqlite:other.db' }),
  },
})
`

let base: string
let outside: Outside
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'tidemark-yarn-')))
  outside = new Outside(base, 'npm', new Map(inject('tarballs')))
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

it("a project of Yarn's Plug'n'Play, which has no node_modules, syncs", { timeout: 600_000 }, async () => {
  const yarn = async (...args: readonly string[]): Promise<Done> => {
    const done = await outside.run('.', 'npx', '-y', '-p', YARN, 'yarn', ...args)
    expect(done.code, done.stdout + done.stderr).toBe(0)
    return done
  }
  const specs = Object.fromEntries(inject('tarballs').map(([name, tarball]) => [name, `file:${tarball}`]))
  const dependencies = { ...Object.fromEntries(OURS.map((name) => [name, specs[name]])), zod: '^4.1.0' }
  const manifest = { name: 'plugged', private: true, type: 'module', dependencies, resolutions: specs }
  outside.write('package.json', JSON.stringify(manifest))
  outside.write('yarn.lock', '')
  outside.write('tidemark.config.ts', CONFIG)
  outside.write('exports/orders.csv', 'id,customer\n1,Ada\n')
  await outside.run(
    '.',
    'node',
    '-e',
    "new (require('node:sqlite').DatabaseSync)('other.db').exec('create table t (id integer primary key); insert into t values (7)')",
  )
  // Where `CI` is set, Yarn would not write its lock file.
  await yarn('install', '--no-immutable')
  expect(readdirSync(outside.folder)).toContain('.pnp.cjs')
  expect(readdirSync(outside.folder)).not.toContain('node_modules')
  await yarn('tidemark', 'sync')
  const rows = async (statement: string): Promise<unknown> =>
    (JSON.parse((await yarn('tidemark', 'query', statement, '--json')).stdout) as { rows: unknown }).rows
  expect(await rows('select id, customer from shop_orders')).toEqual([{ id: 1, customer: 'Ada' }])
  expect(await rows('select id from copy_t')).toEqual([{ id: 7 }])
})
