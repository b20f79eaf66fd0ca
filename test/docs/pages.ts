import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  '{docs,docs/internal,apps/*,packages/*,examples/*}/*.md',
]
/** READMEs of what is scaffolded: their words stand for those of the new package. */
const TEMPLATES = 'packages/create-tidemark/templates/*/README.md'

/** Every page for users of this repository, by its path. */
export function pagesIn(root: string): ReadonlyMap<string, string> {
  const paths = [...PAGES, TEMPLATES].flatMap((pattern) => globSync(pattern, { cwd: root }))
  const own = paths.map((path) => path.replaceAll('\\', '/')).filter((path) => !path.endsWith('CHANGELOG.md'))
  return new Map([...new Set(own)].sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}
