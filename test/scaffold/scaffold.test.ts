import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Done, run, SAME_BUILDS } from '../walk/shell.ts'
import { type Manager, Outside } from './packed.ts'

// What a user of the published packages does, outside of this workspace: the steps build on each other.
const repository = fileURLToPath(new URL('../..', import.meta.url))
const COUNT = 40
let base: string
let tarballs: ReadonlyMap<string, string>
let server: Server
let url: string

beforeAll(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'tidemark-scaffold-')))
  tarballs = new Map(inject('tarballs'))
  server = createServer((request, response) => {
    const after = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('after'))
    const items = Array.from({ length: COUNT }, (_, nth) => ({
      id: nth + 1,
      name: `item ${nth + 1}`,
      updated_at: new Date(Date.UTC(2026, 0, 1, nth)).toISOString(),
    })).filter(({ id }) => id > after)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ items: items.slice(0, 15), next: items.length > 15 ? items[14]?.id : null }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(base, { recursive: true, force: true })
})

function succeeded(done: Done): Done {
  expect(done.code, done.stdout + done.stderr).toBe(0)
  return done
}

describe.each<Manager>(['npm', 'pnpm'])('with %s, outside of the workspace', { timeout: 900_000 }, (manager) => {
  let outside: Outside
  const create = (...args: readonly string[]): Promise<Done> =>
    outside.run('.', 'npx', '--yes', `--package=file:${tarballs.get('create-tidemark')}`, 'create-tidemark', ...args)

  const rowsOf = async (project: string, statement: string): Promise<unknown> => {
    const tidemark = join(outside.folder, project, 'node_modules/.bin/tidemark')
    const { stdout } = succeeded(await outside.run(project, tidemark, 'query', statement, '--json'))
    return (JSON.parse(stdout) as { rows: unknown }).rows
  }

  beforeAll(() => {
    outside = new Outside(join(base, manager), manager, tarballs)
  })

  it('a source is made, installs, builds, keeps every law, and passes publint and attw untouched', async () => {
    succeeded(await create('source', 'weather'))
    const source = 'tidemark-source-weather'
    expect(readdirSync(join(outside.folder, source))).toContain('.gitignore')
    const manifest = join(outside.folder, source, 'package.json')
    const untouched = readFileSync(manifest, 'utf8')
    outside.fromTarballs(source)
    succeeded(await outside.manage(source, 'install'))
    succeeded(await outside.manage(source, 'run', 'build'))
    succeeded(await outside.manage(source, 'run', 'typecheck'))
    const tested = succeeded(await outside.manage(source, 'run', 'test'))
    expect(tested.stdout).toMatch(/18 passed/)
    expect(tested.stdout).not.toMatch(/skipped/)
    const fromTarballs = readFileSync(manifest, 'utf8')
    // A dependency on a tarball is one of this test alone.
    writeFileSync(manifest, untouched)
    succeeded(await outside.manage(source, 'run', 'check'))
    writeFileSync(manifest, fromTarballs)
  })

  it('the source is installed from git, and built there', async () => {
    const source = 'tidemark-source-weather'
    const git = (...args: readonly string[]): Promise<Done> =>
      outside.run(source, 'git', '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args)
    succeeded(await git('init', '--quiet'))
    // The lock file of this test has the paths of tarballs; that of an author has those of a registry.
    succeeded(await git('add', '--all', '--', ':!pnpm-lock.yaml', ':!package-lock.json'))
    succeeded(await git('commit', '--quiet', '--message=begin'))
    expect((await git('ls-files')).stdout).not.toMatch(/^(?:dist|node_modules)\//m)
    outside.write('from-git/package.json', JSON.stringify({ name: 'from-git', private: true, type: 'module' }))
    const address = `git+file://${join(outside.folder, source)}`
    const commit = (await git('rev-parse', 'HEAD')).stdout.trim()
    outside.fromTarballs('from-git', `${source}@${address}#${commit}`)
    succeeded(await outside.manage('from-git', manager === 'npm' ? 'install' : 'add', address))
    const program = "import weather from 'tidemark-source-weather'; console.log(weather.name)"
    const { stdout } = succeeded(await outside.run('from-git', 'node', '--input-type=module', '--eval', program))
    expect(stdout.trim()).toBe('weather')
  })

  it('a broken law is said, with what it means and an example', async () => {
    const table = join(outside.folder, 'tidemark-source-weather/src/tables/items.ts')
    const right = readFileSync(table, 'utf8')
    writeFileSync(
      table,
      right
        .replace("primaryKey: ['id']", "primaryKey: ['name']")
        .replace('name: z.string()', 'name: z.string().nullable()'),
    )
    const tested = await outside.manage('tidemark-source-weather', 'run', 'test')
    writeFileSync(table, right)
    expect(tested.code).not.toBe(0)
    expect(tested.stdout + tested.stderr).toMatch(
      /conformance check "columns" failed[\s\S]*table "items": column "name" of the primary key may be NULL[\s\S]*For users this means/,
    )
  })

  it('a runner is made; the source is added to it, runs in it, and type-checks', async () => {
    const packed = succeeded(await outside.manage('tidemark-source-weather', 'pack'))
    expect(packed.stdout + packed.stderr).toContain('tidemark-source-weather-0.1.0.tgz')
    succeeded(await create('runner', 'my-sync'))
    outside.fromTarballs('my-sync')
    succeeded(await outside.manage('my-sync', 'install'))
    succeeded(await outside.manage('my-sync', 'run', 'typecheck'))
    // As it comes it has rows to read.
    const first = succeeded(await outside.manage('my-sync', 'start'))
    expect(first.stdout + first.stderr).toMatch(/shop_orders is new/)
    expect(await rowsOf('my-sync', 'select id, customer from shop_orders order by id')).toEqual([
      { id: 1, customer: 'Ada' },
      { id: 2, customer: 'Grace' },
    ])
    const tarball = join(outside.folder, 'tidemark-source-weather/tidemark-source-weather-0.1.0.tgz')
    succeeded(await outside.manage('my-sync', manager === 'npm' ? 'install' : 'add', `file:${tarball}`))
    writeFileSync(
      join(outside.folder, 'my-sync/tidemark.config.ts'),
      `import { defineConfig } from '@tidemark/runner/config'
import weather from 'tidemark-source-weather'

export default defineConfig({
  sources: { weather: weather.configure({ url: '${url}', token: 'a-token-of-the-test' }, { initialSyncStart: '2026-01-01' }) },
})
`,
    )
    succeeded(await outside.manage('my-sync', 'run', 'typecheck'))
    const done = succeeded(await outside.manage('my-sync', 'start'))
    expect(done.stdout + done.stderr).toMatch(/weather_items is new/)
    const tidemark = join(outside.folder, 'my-sync/node_modules/.bin/tidemark')
    expect(await rowsOf('my-sync', 'select count(*) as n from weather_items')).toEqual([{ n: COUNT }])
    // Its README lists what its schemas say.
    const listed = succeeded(await outside.run('my-sync', tidemark, 'tables', 'weather', '--md')).stdout
    const readme = readFileSync(join(outside.folder, 'tidemark-source-weather/README.md'), 'utf8')
    const tables = [...listed.matchAll(/(?:^\|.*\n?)+/gm)].map((match) => match[0].trimEnd())
    expect(tables.length).toBe(2)
    for (const table of tables) expect(readme).toContain(table)
    // A config that does not fit the source's own types is a type error.
    writeFileSync(
      join(outside.folder, 'my-sync/wrong.ts'),
      "import weather from 'tidemark-source-weather'\n\nweather.configure({ url: 7, token: 'x' })\n",
    )
    const wrong = await outside.manage('my-sync', 'run', 'typecheck')
    expect(wrong.stdout).toMatch(/wrong\.ts.*not assignable/)
  })
})

describe.each<Manager>(['npm', 'pnpm'])('with %s', { timeout: 900_000 }, (manager) => {
  it('every package that is published installs, loads and type-checks outside of the workspace', async () => {
    const outside = new Outside(join(base, `${manager}-all`), manager, tarballs)
    const names = [...tarballs.keys()].filter((name) => name !== 'create-tidemark')
    const sources = names.filter((name) => name.startsWith('@tidemark/source-'))
    expect(sources.length).toBeGreaterThan(4)
    const write = (file: string, text: string): void => writeFileSync(join(outside.folder, file), text)
    write('package.json', JSON.stringify({ name: 'all', version: '1.0.0', private: true, type: 'module' }))
    succeeded(await outside.add('.', [...names, 'zod', 'vitest', 'typescript', '@types/node']))
    const options = { target: 'ES2024', module: 'NodeNext', types: ['node'], strict: true, noEmit: true }
    write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['all.ts', 'kit.ts'] }))
    const programs = ['tidemark', '@tidemark/runner', '@tidemark/testkit']
    const libraries = names.filter((name) => !programs.includes(name))
    const imports = [...libraries, '@tidemark/runner/config', '@tidemark/core/values', '@tidemark/core/engine'].map(
      (name, nth) => `import * as x${nth} from '${name}'\nloaded.push(Object.keys(x${nth}).length)\n`,
    )
    write('all.ts', `const loaded: number[] = []\n${imports.join('')}console.log(JSON.stringify(loaded))\n`)
    // What a test of one's own imports is loaded by vitest alone.
    write(
      'kit.ts',
      "import { testDestination, testSource } from '@tidemark/testkit'\nexport { testDestination, testSource }\n",
    )
    succeeded(await outside.run('.', 'node_modules/.bin/tsc', '-p', '.'))
    const { stdout } = succeeded(await outside.run('.', 'node', 'all.ts'))
    expect((JSON.parse(stdout) as number[]).filter((count) => count === 0)).toEqual([])
    const listed = succeeded(await outside.run('.', 'node_modules/.bin/tidemark', 'tables', '--md')).stdout
    for (const name of sources) expect(listed).toContain(`# ${name.replace('@tidemark/source-', '')}\n`)
  })
})

describe('in this repository', { timeout: 900_000 }, () => {
  it('a source is made beside its neighbours: it builds, keeps every law, and passes the checks of all packages', async () => {
    const clone = join(base, 'clone')
    succeeded(await run('git', ['clone', '--quiet', repository, clone], { cwd: base }))
    const pnpm = (...args: readonly string[]): Promise<Done> =>
      run('npx', ['-y', 'pnpm@12.18.0', ...args], { cwd: clone, env: SAME_BUILDS })
    succeeded(await pnpm('new', 'source', 'weather'))
    succeeded(await pnpm('install', '--no-frozen-lockfile'))
    succeeded(await pnpm('turbo', 'run', 'build', 'typecheck', 'test', '--filter=@tidemark/source-weather'))
    succeeded(await pnpm('exec', 'biome', 'check', 'packages/source-weather'))
    succeeded(await pnpm('exec', 'knip'))
    succeeded(await pnpm('--filter', '@tidemark/source-weather', 'exec', 'publint', '--strict'))
    succeeded(await pnpm('--filter', '@tidemark/repository-tests', 'exec', 'vitest', 'run', 'layers'))
  })
})
