import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const HEADINGS = ['Install', 'Config', 'Tables', 'Limits']
const RUNNER = join(ROOT, 'apps/runner')

/** What `tidemark tables --md` says of a source that the runner of this repository has installed. */
function generated(source: string): string {
  const main = join(RUNNER, 'dist/main.js')
  if (!existsSync(main)) throw new Error('build first: pnpm turbo run build')
  return execFileSync(process.execPath, [main, '--project', RUNNER, 'tables', source, '--md'], { encoding: 'utf8' })
}

function tablesIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/(?:^\|.*\n?)+/gm)].map((match) => match[0].trimEnd())
}

const { dependencies } = JSON.parse(readFileSync(join(RUNNER, 'package.json'), 'utf8')) as { dependencies: object }
const installed = Object.keys(dependencies).filter((name) => name.startsWith('@tidemark/source-'))

describe.each(installed)('the README of %s', (name) => {
  const readme = readFileSync(join(ROOT, 'packages', name.replace('@tidemark/', ''), 'README.md'), 'utf8')

  it('lists its config and its tables as its schemas have them: tidemark tables --md', () => {
    const tables = tablesIn(generated(name.replace('@tidemark/source-', '')))
    expect(tables.length).toBeGreaterThan(0)
    for (const table of tables) expect(readme).toContain(table)
  })
})

describe('the READMEs of sources', () => {
  const paths = globSync('packages/source-*/README.md', { cwd: ROOT })

  it.each(paths)('%s has the headings of all', (path) => {
    const found = [...readFileSync(join(ROOT, path), 'utf8').matchAll(/^## (.+)$/gm)].map((match) => match[1]!)
    // A source may say more in between.
    expect(found.filter((heading) => HEADINGS.includes(heading))).toEqual(HEADINGS)
  })
})
