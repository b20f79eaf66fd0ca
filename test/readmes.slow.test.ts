import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Scratch } from './docs/typescript.ts'

const ROOT = join(import.meta.dirname, '..')
const MAIN = join(ROOT, 'apps/runner/dist/main.js')
const OF_SOURCES = ['Install', 'Config', 'Tables', 'Limits']
const OF_LIBRARIES = ['Install', 'Use']

const folders = globSync('packages/*/package.json', { cwd: ROOT }).map((path) => basename(dirname(path)))
const sources = folders.filter((folder) => folder.startsWith('source-')).sort()
const libraries = folders.filter((folder) => !folder.startsWith('source-')).sort()
// A project that has every source of this repository installed.
const project = new Scratch(ROOT, Object.fromEntries(sources.map((folder) => [`@tidemark/${folder}`, '0.1.0'])))
afterAll(() => project[Symbol.dispose]())

/** What `tidemark tables --md` says of a source. */
async function generated(source: string): Promise<string> {
  if (!existsSync(MAIN)) throw new Error('build first: pnpm turbo run build')
  const { code, stdout, stderr } = await project.run(MAIN, ['tables', source, '--md'])
  expect(code, stderr).toBe(0)
  return stdout
}

function tablesIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/(?:^\|.*\n?)+/gm)].map((match) => match[0].trimEnd())
}

function readmeOf(folder: string): string {
  return readFileSync(join(ROOT, 'packages', folder, 'README.md'), 'utf8')
}

function headingsOf(folder: string): readonly string[] {
  return [...readmeOf(folder).matchAll(/^## (.+)$/gm)].map((match) => match[1]!)
}

it('there are sources', () => {
  expect(sources.length).toBeGreaterThan(4)
})

describe.each(sources)('the README of %s', (folder) => {
  it('lists its config and its tables as its schemas have them: tidemark tables --md', async () => {
    const readme = readmeOf(folder)
    const tables = tablesIn(await generated(folder.replace('source-', '')))
    expect(tables.length).toBeGreaterThan(0)
    for (const table of tables) expect(readme).toContain(table)
  })

  it('says what each field of its config means', async () => {
    const [config = ''] = tablesIn(await generated(folder.replace('source-', '')))
    const fields = [...config.matchAll(/^\| `([^`]+)` .*\| *([^|]*?) *\|$/gm)]
    expect(fields.length).toBeGreaterThan(0)
    // What stands inside of an object is said with it.
    const told = new Set(fields.filter(([, , meaning]) => meaning !== '').map(([, path]) => path))
    const isTold = (path: string): boolean =>
      told.has(path) || (path.includes('.') && isTold(path.replace(/\.[^.]+$/, '')))
    expect(fields.map(([, path]) => path!).filter((path) => !isTold(path))).toEqual([])
  })

  it('has the headings of all sources', () => {
    // A source may say more in between.
    expect(headingsOf(folder).filter((heading) => OF_SOURCES.includes(heading))).toEqual(OF_SOURCES)
  })
})

it.each(libraries)('the README of %s has the headings of all libraries', (folder) => {
  expect(headingsOf(folder).filter((heading) => OF_LIBRARIES.includes(heading))).toEqual(OF_LIBRARIES)
})
