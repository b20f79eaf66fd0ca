import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { messages } from './log-lines.ts'
import { dailySource, linkPeers, type TestProject, testProject } from './test-project.ts'

interface Checked {
  readonly sources: readonly {
    readonly name: string
    readonly package: string
    readonly tables: number
    readonly failure?: { message: string; remedy: string }
  }[]
  readonly unconfigured: readonly { readonly name: string; readonly missing: readonly string[] }[]
}

async function checked(
  project: TestProject,
  args: readonly string[] = [],
): Promise<Checked & { code: number | null; stderr: string }> {
  const { code, stdout, stderr } = await project.run(['check', '--json', ...args])
  expect(stdout, stderr).not.toBe('')
  return { ...(JSON.parse(stdout) as Checked), code, stderr }
}

function elsewhere(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-linked-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A source whose stamps are not those of this core. */
function changed(stamps: string): string {
  return `${dailySource('bad').replace('export default', 'const s =')}\nexport default { ...s, ${stamps} }`
}

describe('discovery', () => {
  it('finds sources in every layout and imports nothing else', async () => {
    const project = testProject({ plain: '1' })
    // npm: flat in the project. A package that is no source would tell if it were imported.
    project.install('flat', dailySource('flat'))
    project.write('node_modules/plain/package.json', JSON.stringify({ name: 'plain', main: 'index.js' }))
    project.write('node_modules/plain/index.js', 'throw new Error("imported")')
    // pnpm: a link into an isolated store, where the peers are beside the package.
    const store = join(project.folder, 'node_modules/.pnpm/isolated@1/node_modules')
    linkPeers(store)
    project.install('isolated', dailySource('isolated'), {
      package: '@acme/source-isolated',
      linkTo: join(store, '@acme/source-isolated'),
    })
    // A linked folder outside, with its own peers.
    const linked = elsewhere()
    linkPeers(join(linked, 'node_modules'))
    project.install('linked', dailySource('linked', ['a', 'b']), { linkTo: linked })
    const { code, sources, stderr } = await checked(project)
    expect(sources.map(({ name, package: from, tables }) => [name, from, tables]).toSorted()).toEqual([
      ['flat', 'source-flat@1.0.0', 1],
      ['isolated', '@acme/source-isolated@1.0.0', 1],
      ['linked', 'source-linked@1.0.0', 2],
    ])
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  it('finds packages that a workspace keeps in its root, from a folder below the project', async () => {
    const project = testProject()
    project.write('apps/one/package.json', JSON.stringify({ name: 'one', dependencies: { 'source-root': '1' } }))
    project.install('root', dailySource('root'))
    mkdirSync(join(project.folder, 'apps/one/src'))
    const { sources } = await checked(project, ['--project', 'apps/one'])
    expect(sources.map(({ name }) => name)).toEqual(['root'])
  })

  it('asks only the dependencies of the project', async () => {
    const project = testProject()
    project.install('a', dailySource('a'))
    project.install('b', dailySource('b'))
    project.write(
      'package.json',
      JSON.stringify({ dependencies: { 'source-a': '1' }, devDependencies: { 'source-b': '1' } }),
    )
    expect((await checked(project)).sources.map(({ name }) => name)).toEqual(['a'])
  })

  it('and those that its manifest names as its sources, which whoever installs the project does not get', async () => {
    const project = testProject()
    for (const name of ['b', 'c']) project.install(name, dailySource(name))
    project.install('a', dailySource('a'))
    project.install('other', '', { manifest: { tidemark: { sources: ['source-c'] } } })
    project.write(
      'package.json',
      JSON.stringify({
        dependencies: { 'source-a': '1', 'source-other': '1' },
        devDependencies: { 'source-b': '1', 'source-c': '1' },
        tidemark: { sources: ['source-b', 'source-a', 7] },
      }),
    )
    expect((await checked(project)).sources.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('says that a linked folder cannot find its peer, which one, and what to do', async () => {
    const project = testProject()
    project.install('good', dailySource('good'))
    const linked = elsewhere()
    project.install('lonely', dailySource('lonely'), { linkTo: linked })
    const { code, sources } = await checked(project)
    const lonely = sources.find(({ name }) => name === 'lonely')
    expect(lonely?.failure?.message).toContain(
      `package "source-lonely" cannot find its peer "@tidemark/core"; it is a linked folder and resolves the peer from its own path: run "pnpm add --save-dev @tidemark/core" in ${linked}`,
    )
    expect(code).toBe(3)
  })

  it('warns of a dependency that is not installed', async () => {
    const project = testProject({ 'source-gone': '1' })
    expect(messages((await checked(project)).stderr)).toContain(
      'the dependency source-gone is not installed; run "pnpm install"',
    )
  })

  it('goes on without packages that are no sources for this runner, and says why of each', async () => {
    const broken: readonly (readonly [string, string, object, string, RegExp])[] = [
      ['throws', 'throw new Error("kaboom")', {}, 'fix-source', /package "source-throws" cannot be loaded: kaboom/],
      [
        'plain',
        'export default { name: "plain" }',
        {},
        'fix-source',
        /exports no source; its entry must end in: export default register\(…\)/,
      ],
      [
        'no_entry',
        '',
        { tidemark: { source: './dist/other.js' } },
        'fix-source',
        /has no file \.\/dist\/other\.js, which its package.json names/,
      ],
      ['unsaid', '', { tidemark: {} }, 'fix-source', /does not name a file; write "tidemark": \{ "source"/],
      [
        'outside',
        '',
        { tidemark: { source: '../source-good/dist/index.js' } },
        'fix-source',
        /is outside the package; nothing was loaded/,
      ],
      [
        'later',
        changed('contract: 7'),
        {},
        'upgrade',
        /is built for contract 7; this version supports 1, 2; to fix it, install a newer @tidemark\/runner/,
      ],
      [
        'earlier',
        changed('contract: 0'),
        {},
        'upgrade',
        /is built for contract 0; this version supports 1, 2; to fix it, install a newer version of source-earlier/,
      ],
      [
        'stream',
        changed('tables: [{ kind: "stream" }]'),
        {},
        'upgrade',
        /has an entry of the kind "stream", which this version does not support/,
      ],
    ]
    const project = testProject()
    project.install('good', dailySource('good'))
    for (const [name, code, manifest] of broken) project.install(name, code, { manifest })
    const { sources, code } = await checked(project)
    for (const [name, , , remedy, message] of broken) {
      expect(sources.find(({ failure }) => message.test(failure?.message ?? ''))?.failure, name).toMatchObject({
        remedy,
      })
    }
    expect(sources.find(({ name }) => name === 'good')?.failure).toBeUndefined()
    expect(code).toBe(3)
  })

  it('refuses an entry that is a link out of its package', async () => {
    const project = testProject()
    const linked = elsewhere()
    writeFileSync(join(linked, 'evil.js'), 'throw new Error("imported")')
    const folder = project.install('bad', '')
    rmSync(join(folder, 'dist/index.js'))
    symlinkSync(join(linked, 'evil.js'), join(folder, 'dist/index.js'))
    const { code, sources } = await checked(project)
    expect(sources[0]?.failure?.message).toContain('outside the package; nothing was loaded')
    expect(code).toBe(5)
  })
})

describe('two packages with one source name', () => {
  const two = (): TestProject => {
    const project = testProject()
    project.install('one', dailySource('shop'), { package: '@a/source-shop' })
    project.install('two', dailySource('shop'), { package: '@b/source-shop' })
    return project
  }

  it('are an error that names both and the way out', async () => {
    const project = two()
    const { code, stderr } = await project.run([])
    expect(code).toBe(2)
    expect(stderr).toContain(
      `the packages @a/source-shop and @b/source-shop both provide a source "shop"; give each its own name: sources: { shop: { source: '@a/source-shop' }, shop_2: { source: '@b/source-shop' } }`,
    )
  })

  it('are used together under the keys that the error proposes', async () => {
    const project = two()
    project.config({ sources: { shop: { source: '@a/source-shop' }, shop_2: { source: '@b/source-shop' } } })
    const { code, sources } = await checked(project)
    expect(sources.map(({ name, package: from }) => [name, from])).toEqual([
      ['shop', '@a/source-shop@1.0.0'],
      ['shop_2', '@b/source-shop@1.0.0'],
    ])
    expect(code).toBe(0)
  })

  it('are no error where one is switched off, and one without a name of its own is listed', async () => {
    const project = two()
    project.config({ sources: { '@b/source-shop': false } })
    expect((await checked(project)).sources.map(({ package: from }) => from)).toEqual(['@a/source-shop@1.0.0'])
    project.config({ sources: { shop: { source: '@a/source-shop' } } })
    const { code, unconfigured } = await checked(project)
    expect(unconfigured[0]?.missing[0]).toContain('a different name, because "shop" is taken')
    expect(code).toBe(0)
  })
})

describe('configuring sources', () => {
  const needy = `
import { defineSource, register, secret } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'needy', config: z.object({ token: secret(), size: z.int().default(5), inner: z.object({ depth: z.int() }).optional() }) })
export default register(source.with([]))`

  it('lists an installed source that lacks something, with what is missing', async () => {
    const project = testProject()
    project.install('needy', needy)
    const { code, unconfigured, stderr } = await checked(project)
    expect(unconfigured).toEqual([
      { name: 'needy', package: 'source-needy', missing: ['sources.needy.config.token: is missing; expected string'] },
    ])
    expect(stderr).toContain(
      'needy (source-needy) is installed but not configured:\n  sources.needy.config.token: is missing',
    )
    expect(code).toBe(0)
  })

  it('refuses what does not fit, with the place of each', async () => {
    const project = testProject()
    project.install('needy', needy)
    const sources = {
      a: { source: 'needy', config: { token: 'tttt', size: 'x' } },
      needy: {},
      b: { source: 'needy', config: { token: 'tttt', sise: 5 } },
      c: { source: 'needy', config: { token: 'tttt', inner: { deph: 1, depth: 1 } } },
      neady: { config: {} },
      crm: { source: '@acme/source-crm' },
    }
    project.config({ sources })
    const { code, stderr } = await project.run(['plan'])
    expect(stderr.split('\n').slice(1, -2).toSorted()).toEqual([
      '  line 1: sources.a.config.size: expected number, received string',
      '  line 1: sources.b.config.sise: unknown key; did you mean "size"?',
      '  line 1: sources.c.config.inner.deph: unknown key; did you mean "depth"?',
      '  line 1: sources.crm: no source "@acme/source-crm" is installed (to install it: pnpm add @acme/source-crm); installed packages: source-needy',
      '  line 1: sources.neady: no source "neady" is installed (to install it: pnpm add @tidemark/source-neady, or the actual name of its package); did you mean "needy"?',
      '  line 1: sources.needy.config.token: is missing; expected string',
    ])
    expect(code).toBe(2)
  })

  it('uses one source several times and under another name, and leaves one out', async () => {
    const project = testProject()
    project.install('needy', needy)
    project.install('off', dailySource('off'))
    project.config({
      sources: {
        one: { source: 'needy', config: { token: 'tttt' } },
        two: { source: 'source-needy', config: { token: 'uuuu' } },
        off: false,
      },
    })
    const { sources } = await checked(project)
    expect(sources.map(({ name }) => name)).toEqual(['one', 'two'])
  })
})
