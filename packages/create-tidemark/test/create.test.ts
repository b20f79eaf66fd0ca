import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { create } from '../src/create.ts'
import { versionsFrom } from '../src/versions.ts'
import { type Wanted, wantedFrom } from '../src/wanted.ts'

const templates = fileURLToPath(new URL('../templates', import.meta.url))
const version = versionsFrom(new URL('../package.json', import.meta.url))
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'create-tidemark-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function made(wanted: Wanted): { readonly files: readonly string[]; read(path: string): string } {
  const root = folder()
  const files = create(wanted, { root, templates, version })
  return { files, read: (path) => readFileSync(join(root, wanted.folder, path), 'utf8') }
}

describe('what is asked for', () => {
  it.each<[string, string, boolean, Partial<Wanted>]>([
    [
      'source',
      'weather',
      false,
      { name: 'weather', packageName: 'tidemark-source-weather', folder: 'tidemark-source-weather' },
    ],
    ['source', 'source-snow-flakes', false, { name: 'snow_flakes', packageName: 'tidemark-source-snow-flakes' }],
    ['source', 'tidemark-source-weather', false, { name: 'weather', packageName: 'tidemark-source-weather' }],
    [
      'source',
      '@team/source-weather',
      false,
      { name: 'weather', packageName: '@team/source-weather', folder: 'source-weather' },
    ],
    ['source', 'weather', true, { packageName: '@tidemark/source-weather', folder: 'packages/source-weather' }],
    ['runner', 'my-sync', false, { packageName: 'my-sync', folder: 'my-sync' }],
  ])('%s %s', (kind, name, inRepository, wanted) => {
    expect(wantedFrom(kind, name, { inRepository })).toMatchObject(wanted)
  })

  it.each<[string | undefined, string | undefined, boolean, RegExp]>([
    [undefined, undefined, false, /choose what to create: source or runner/],
    ['sauce', 'weather', false, /"sauce" is neither/],
    ['source', undefined, false, /give the source a name/],
    ['source', 'Weather', false, /"Weather" is not a valid source name/],
    ['source', '../weather', false, /is not a valid source name/],
    ['source', '9lives', false, /is not a valid source name/],
    ['source', 'source-', false, /is not a valid source name/],
    ['runner', '../up', false, /is not a valid package name/],
    ['runner', 'mine', true, /create a source: pnpm new source/],
  ])('%s %s is refused', (kind, name, inRepository, message) => {
    expect(() => wantedFrom(kind, name, { inRepository })).toThrow(message)
  })
})

describe('a new package', () => {
  it('has nothing of the template’s name left, whatever it is called', () => {
    for (const name of ['weather', 'class', 'snow_flakes', 'z9']) {
      const { files, read } = made(wantedFrom('source', name))
      for (const file of files)
        expect(read(file.split('/').slice(1).join('/')).toLowerCase(), file).not.toContain('acme')
    }
  })

  it('has the same headings as the sources of this repository', () => {
    const headings = (text: string): readonly string[] => [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1]!)
    const ours = headings(readFileSync(join(REPOSITORY, 'packages/source-git/README.md'), 'utf8'))
    expect(ours.length).toBeGreaterThan(3)
    for (const kind of ['source', 'runner']) {
      expect(headings(made(wantedFrom(kind, 'weather')).read('README.md'))).toEqual(ours)
    }
  })

  it('keeps away from a folder that is not empty', () => {
    const root = folder()
    const wanted = wantedFrom('source', 'weather')
    mkdirSync(join(root, wanted.folder))
    writeFileSync(join(root, wanted.folder, 'mine.txt'), 'mine')
    expect(() => create(wanted, { root, templates, version })).toThrow(/already exists and is not empty/)
    expect(readdirSync(join(root, wanted.folder))).toEqual(['mine.txt'])
  })

  it('takes its neighbours in this repository, and what is published elsewhere', () => {
    const inside = JSON.parse(
      made(wantedFrom('source', 'weather', { inRepository: true })).read('package.json'),
    ) as Record<string, object>
    expect(inside['devDependencies']).toMatchObject({ '@tidemark/testkit': 'workspace:*', zod: 'catalog:' })
    const outside = JSON.parse(made(wantedFrom('source', 'weather')).read('package.json')) as Record<string, object>
    expect(outside['tidemark']).toEqual({ source: './dist/index.js' })
    expect(Object.keys(outside['devDependencies']!)).toContain('@tidemark/testkit')
    for (const { dependencies } of [inside, outside]) expect(Object.keys(dependencies!)).toEqual(['@tidemark/http'])
  })

  it('has the licence that its author chose, and none where nobody was asked', () => {
    const licenseOf = (options: Parameters<typeof wantedFrom>[2]): unknown =>
      JSON.parse(made(wantedFrom('source', 'weather', options)).read('package.json'))['license']
    expect(licenseOf({ license: 'Apache-2.0' })).toBe('Apache-2.0')
    expect(licenseOf({})).toBe('UNLICENSED')
    expect(licenseOf({ inRepository: true })).toBe('MIT')
    expect(() => wantedFrom('source', 'weather', { license: '"' })).toThrow(/is not a licence as npm writes it/)
  })
})
