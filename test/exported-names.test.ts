import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { codeOf } from './imports.ts'

// Who searches for a name finds one thing: a package exports each name from one file. A name may stand again where the folders
// beside each other do the same for different systems, such as `dialects/sqlite` and `dialects/postgres`.

const ROOT = join(import.meta.dirname, '..')
/** Folders that do the same, each for its system. */
const TWINS = /(?:\/dialects\/|\/source-sql\/src\/)(?:sqlite|postgres|duckdb|mysql)\//
const EXPORT = /^export (?:async )?(?:abstract )?(?:function\*?|const|class|interface|type) (\w+)/gm

/** Each name that a package exports from two files, with the files. */
function doubled(files: readonly { readonly path: string; readonly text: string }[]): readonly string[] {
  const places = new Map<string, Set<string>>()
  for (const { path, text } of files) {
    const home = path.split('/').slice(0, 2).join('/')
    for (const [, name] of codeOf(text).code.matchAll(EXPORT)) {
      const at = `${home} ${name}`
      places.set(at, (places.get(at) ?? new Set()).add(path))
    }
  }
  return [...places].flatMap(([name, paths]) => {
    const all = [...paths]
    const ofOneSystemEach =
      all.every((path) => TWINS.test(path)) && new Set(all.map((path) => dirname(path))).size === all.length
    return all.length === 1 || ofOneSystemEach ? [] : [`${name}: ${all.join(', ')}`]
  })
}

it('a package exports each name from one file', () => {
  const paths = globSync('{packages,apps}/*/src/**/*.{ts,tsx}', { cwd: ROOT }).map((path) => path.replaceAll('\\', '/'))
  const files = paths.toSorted().map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
  expect(files.length).toBeGreaterThan(300)
  expect(doubled(files)).toEqual([])
})

it('a name that stands twice is found, and one for each of two systems is not', () => {
  const file = (path: string, text: string) => ({ path, text })
  expect(
    doubled([
      file('packages/a/src/x.ts', 'export const plan = 1\nexport type Row = string'),
      file('packages/a/src/y.ts', 'export async function plan() {}\n// export type Row = 1'),
      file('packages/b/src/y.ts', 'export class plan {}'),
    ]),
  ).toEqual(['packages/a plan: packages/a/src/x.ts, packages/a/src/y.ts'])
  const twin = (folder: string) =>
    file(`packages/destination/src/dialects/${folder}/open.ts`, 'export const open = async () => {}')
  expect(doubled([twin('sqlite'), twin('postgres')])).toEqual([])
  expect(doubled([twin('sqlite'), file('packages/destination/src/open.ts', 'export const open = 1')])).toHaveLength(1)
})
