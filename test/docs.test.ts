import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { brokenLinks } from './docs/links.ts'
import { pagesIn } from './docs/pages.ts'

const ROOT = join(import.meta.dirname, '..')
const TUTORIAL = join(ROOT, 'docs/writing-a-source.md')
const PROGRAMS = join(ROOT, 'docs/programs.md')

/** The blocks of a page that are files: `title` says which. */
function blocksIn(page: string): readonly { readonly path: string | undefined; readonly text: string }[] {
  return [...page.matchAll(/^```(?:ts|json)(?: title="([^"]+)")?\n([\s\S]*?)^```$/gm)].map((match) => ({
    path: match[1],
    text: match[2]!,
  }))
}

describe('the tutorial', () => {
  const blocks = blocksIn(readFileSync(TUTORIAL, 'utf8'))

  it('shows nothing but files of the examples, as they are', () => {
    expect(blocks.length).toBeGreaterThan(12)
    expect(blocks.filter(({ path }) => path?.startsWith('examples/') !== true)).toEqual([])
    for (const { path, text } of blocks) expect(text, path).toBe(readFileSync(join(ROOT, path!), 'utf8'))
  })

  it('shows every file of their sources, with the page on feeds', () => {
    const more = blocksIn(readFileSync(join(ROOT, 'docs/writing-a-feed.md'), 'utf8'))
    const shown = new Set([...blocks, ...more].map(({ path }) => path))
    const files = globSync('examples/source-*/src/**/*.ts', { cwd: ROOT }).map((path) => path.replaceAll('\\', '/'))
    expect(files.length).toBeGreaterThan(8)
    expect(files.filter((path) => !shown.has(path))).toEqual([])
  })

  it('lists every law, in the words of the testkit', () => {
    const page = readFileSync(TUTORIAL, 'utf8')
    const sources = globSync('packages/testkit/src/source/*-law{,s}.ts', { cwd: ROOT })
    const laws = sources.flatMap((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8')
      return [...text.matchAll(/name: '(\w+)',\n\s*says: '([^']+)'/g)].map((match) => [match[1]!, match[2]!] as const)
    })
    expect(laws.length).toBe(18)
    for (const [name, says] of laws) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` `))
      expect(row?.replaceAll('`', ''), name).toContain(says)
    }
  })
})

it('the page on feeds lists every law, in the words of the testkit', () => {
  const page = readFileSync(join(ROOT, 'docs/writing-a-feed.md'), 'utf8')
  const names = readFileSync(join(ROOT, 'packages/testkit/src/feed/feed-law-name.ts'), 'utf8').matchAll(/'(\w+)'/g)
  const laws = globSync('packages/testkit/src/feed/*.ts', { cwd: ROOT }).flatMap((path) =>
    [...readFileSync(join(ROOT, path), 'utf8').matchAll(/name: '(\w+)',\n\s*says: '([^']+)'/g)].map(
      ([, name, says]) => `| \`${name}\` | ${says} |`,
    ),
  )
  expect(laws.length).toBe([...names].length)
  expect(laws.filter((row) => !page.replaceAll(/ +\|/g, ' |').includes(row))).toEqual([])
})

describe('the page on programs', () => {
  const page = readFileSync(PROGRAMS, 'utf8')

  it('shows nothing but files of the example, as they are, and all of them', () => {
    const blocks = blocksIn(page)
    expect(new Set(blocks.map(({ path }) => path))).toEqual(
      new Set(globSync('examples/service/src/*.ts', { cwd: ROOT })),
    )
    for (const { path, text } of blocks) expect(text, path).toBe(readFileSync(join(ROOT, path!), 'utf8'))
  })

  it('lists every event', () => {
    const event = ['report/event.ts', 'commands/watch.ts']
      .map((name) => readFileSync(join(ROOT, 'packages/engine/src', name), 'utf8'))
      .join('')
    const types = [...event.matchAll(/readonly type: '([\w-]+)'/g)].map((match) => match[1])
    expect(types.length).toBeGreaterThan(6)
    for (const type of types) expect(page).toContain(`| \`${type}\` `)
  })
})

describe('the page on orchestrators', () => {
  const page = readFileSync(join(ROOT, 'docs/orchestrators.md'), 'utf8')
  const blocks = [...page.matchAll(/^```(?:python|yaml) title="([^"]+)"\n([\s\S]*?)^```$/gm)]

  it('shows the files of the example, as they are, and all of them', () => {
    const files = globSync('examples/orchestrators/*.*', { cwd: ROOT }).map((path) => path.replaceAll('\\', '/'))
    expect(blocks.map(([, path]) => path!).sort()).toEqual(files.sort())
    for (const [, path, text] of blocks) expect(text, path).toBe(readFileSync(join(ROOT, path!), 'utf8'))
  })
})

const pages = [...pagesIn(ROOT)].filter(([path]) => !path.includes('/templates/'))

describe('links of pages', () => {
  it('lead to a file, and to a heading of it', () => {
    expect(pages.length).toBeGreaterThan(40)
    expect(pages.flatMap(([path, page]) => brokenLinks(ROOT, path, page))).toEqual([])
  })

  it('that lead to nothing are found', () => {
    const page = '# Right\n\n[a](#right) [b](#wrong) [c](no.md) [d](running.md#no-such) [e](https://x.example)\n'
    const found = ['#wrong', 'no.md', 'running.md#no-such'].map((link) => `docs/errors.md: ${link}`)
    // What is on the page itself is looked up in the file of that name.
    expect(brokenLinks(ROOT, 'docs/errors.md', page.replace('(#right)', '(#config)'))).toEqual(found)
  })
})

it('pages configure sources by configure(), which types the config', () => {
  const raw = pages.flatMap(([path, page]) =>
    [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
      .filter(
        ([, text]) =>
          /\bdefineConfig\(/.test(text!) && /\bconfig: \{/.test(text!.replace(/\.configure\(\{[\s\S]*$/m, '')),
      )
      .map(() => path),
  )
  expect(raw).toEqual([])
})
