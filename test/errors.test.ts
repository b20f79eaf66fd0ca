import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codesIn, entriesIn, problemsOf } from './errors.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Entries for errors that carry no code of ours. */
const GENERAL = ['deletions-unseen', 'paused', 'source-bug', 'source-config', 'source-retry', 'source-upgrade']

describe('docs/errors.md', () => {
  const files = globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'], { cwd: ROOT })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !/^packages\/(?:testkit|create-tidemark)\//.test(path))
    .map((path) => ({ path, text: read(path) }))
  const codes = codesIn(files)
  const entries = entriesIn(read('docs/errors.md'))

  it('has an entry with cause and fix for every code that the sources give, and for nothing else', () => {
    expect(problemsOf(entries, codes, GENERAL)).toEqual([])
    expect(codes.size).toBeGreaterThan(50)
  })

  it('is what the runner prints addresses of', () => {
    const listed = read('apps/runner/src/show/error-entry.ts').matchAll(/^ {2}'([a-z0-9-]+)',$/gm)
    expect([...listed].map(([, code]) => code)).toEqual(entries.map(({ code }) => code).sort())
  })
})

describe('the codes are read so that the page can be wrong:', () => {
  const entry = (code: string): string => `### ${code}\n\n**Cause.** x\n\n**Fix.** y\n`
  const codes = codesIn([
    {
      path: 'a.ts',
      text: `import { SyncError } from 'x'
        throw new SyncError(\`no "\${'a)b'}"\`, 'retry', { code: 'first' })
        const say = (text) => new SyncError(text, 'retry')
        return say('problem', 'fix-config', 'second-one')`,
    },
  ])

  it.each([
    ['nothing', ['first', 'second-one'], []],
    ['a code without an entry', ['first'], ['second-one (a.ts) has no entry']],
    ['an entry without a code', ['first', 'second-one', 'third'], ['third is given by no error']],
    ['an entry that is there twice', ['first', 'first', 'second-one'], ['first is there twice']],
  ])('%s', (_, named, problems) => {
    expect(problemsOf(entriesIn(named.map(entry).join('\n')), codes, [])).toEqual(problems)
  })

  it('an entry without a fix', () => {
    const page = `${entry('first')}\n### second-one\n\n**Cause.** x\n`
    expect(problemsOf(entriesIn(page), codes, [])).toEqual(['second-one has no **Fix.**'])
  })
})
