import { existsSync, globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorsOf, linksIn } from './docs/links.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly description: string
  readonly keywords?: readonly string[]
  readonly homepage?: string
  readonly bugs?: string
  readonly repository: { readonly type: string; readonly url: string; readonly directory?: string }
  readonly license: string
  readonly engines: object
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifestOf = (folder: string): Manifest => JSON.parse(read(join(folder, 'package.json'))) as Manifest
const folders = globSync('{packages,apps}/*/package.json', { cwd: ROOT })
  .map((path) => dirname(path).replaceAll('\\', '/'))
  .filter((folder) => manifestOf(folder).private !== true)
  .sort()
/** The repository's address, which stands in the manifest of its root. */
const { repository } = manifestOf('.')
const HOME = repository.url.replace(/^git\+/, '').replace(/\.git$/, '')

/** What is wrong with a manifest, as whoever finds the package in a registry sees it. */
function manifestProblems(folder: string, manifest: Manifest): readonly string[] {
  const wanted = {
    repository: { ...repository, directory: folder },
    homepage: `${HOME}/tree/main/${folder}#readme`,
    bugs: `${HOME}/issues`,
    license: 'MIT',
    engines: { node: '>=24' },
  }
  const keywords = manifest.keywords ?? []
  return [
    ...Object.entries(wanted)
      .filter(([key, value]) => JSON.stringify(manifest[key as keyof Manifest]) !== JSON.stringify(value))
      .map(([key, value]) => `${folder}: ${key} is not ${JSON.stringify(value)}`),
    ...(keywords[0] === 'tidemark' && keywords.length > 3 ? [] : [`${folder}: has no keywords`]),
    ...(manifest.description.endsWith('.') ? [] : [`${folder}: its description is no sentence`]),
  ]
}

/** What is wrong with the links of a README, which a registry shows without the files beside it. */
function linkProblems(folder: string, page: string): readonly string[] {
  return linksIn(page).flatMap((link): readonly string[] => {
    if (!/^(?:https?:\/\/|#)/.test(link)) return [`${folder}: ${link} is not absolute`]
    if (!link.startsWith(`${HOME}/`)) return []
    const [, path = '', anchor] = /^\/(?:blob|tree)\/main\/([^#]*)(?:#(.+))?$/.exec(link.slice(HOME.length)) ?? []
    if (!existsSync(join(ROOT, path))) return [`${folder}: ${link}: there is no ${path}`]
    const isPage = path.endsWith('.md') && anchor !== undefined
    return isPage && !anchorsOf(read(path)).includes(anchor) ? [`${folder}: ${link}: ${path} has no such heading`] : []
  })
}

/** Packages that the built files of a package import, types included. */
function importedBy(folder: string): ReadonlySet<string> {
  const files = globSync(`${folder}/{dist,bin}/**/*.{js,d.ts}`, { cwd: ROOT, exclude: ['**/page/**'] })
  const names = files.flatMap((file) =>
    [...read(file).matchAll(/(?:\bfrom ?|\bimport ?\(?|\brequire\()["']([^"'\n.][^"'\n]*)["']/g)].map(([, from]) =>
      from!
        .split('/')
        .slice(0, from!.startsWith('@') ? 2 : 1)
        .join('/'),
    ),
  )
  return new Set(names.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name)))
}

/** Dependencies of a package that nothing of it imports: its users would install them for nothing. */
function idleDependencies(folder: string, manifest: Manifest, imported: ReadonlySet<string>): readonly string[] {
  const names = Object.keys(manifest.dependencies ?? {})
  const siblings = folders.filter((one) => names.includes(manifestOf(one).name))
  const peers = siblings.flatMap((one) => Object.keys(manifestOf(one).peerDependencies ?? {}))
  return names.filter((name) => !imported.has(name) && !peers.includes(name)).map((name) => `${folder}: ${name}`)
}

describe('every package that is published', () => {
  it('says where it comes from', () => {
    expect(folders.length).toBeGreaterThan(14)
    expect(folders.flatMap((folder) => manifestProblems(folder, manifestOf(folder)))).toEqual([])
  })

  it('has a README whose links work in a registry', () => {
    expect(folders.flatMap((folder) => linkProblems(folder, read(`${folder}/README.md`)))).toEqual([])
  })

  it('brings no dependency that it does not import', () => {
    expect(folders.flatMap((folder) => idleDependencies(folder, manifestOf(folder), importedBy(folder)))).toEqual([])
  })

  it('and the command has a package of its own name, which runs the runner', () => {
    const { bin, dependencies } = JSON.parse(read('packages/tidemark/package.json')) as {
      readonly bin: object
      readonly dependencies: object
    }
    expect(bin).toEqual({ tidemark: './bin/tidemark.js' })
    expect(dependencies).toEqual({ '@tidemark/runner': 'workspace:*' })
    expect(Object.keys(JSON.parse(read('apps/runner/package.json')).bin)).toEqual(['tidemark'])
  })
})

describe('what is wrong is found:', () => {
  const core = manifestOf('packages/core')

  it('a manifest', () => {
    const { keywords, homepage, ...less } = core
    expect(manifestProblems('packages/core', less).join('\n')).toMatch(/homepage is not[\s\S]*has no keywords/)
    expect(manifestProblems('packages/engine', core).join('\n')).toMatch(/repository is not .*packages\/engine/)
  })

  it.each([
    ['[a](../core)', /is not absolute/],
    [`[a](${HOME}/blob/main/docs/no.md)`, /there is no docs\/no\.md/],
    [`[a](${HOME}/blob/main/docs/running.md#no-such)`, /has no such heading/],
  ])('a link: %s', (page, message) => {
    expect(linkProblems('packages/core', page).join('\n')).toMatch(message)
  })

  it('a dependency', () => {
    const idle = idleDependencies('packages/core', { ...core, dependencies: { hono: '1' } }, new Set(['zod']))
    expect(idle).toEqual(['packages/core: hono'])
  })
})
