import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * The module that registers the source of a test: what the test says, else `src/index.ts` of the package that the test
 * lies in (Node runs TypeScript as it is), else what that package's manifest calls its source.
 */
export function entryOf(asked: string | URL | undefined, testFile: string | undefined): URL | undefined {
  if (asked instanceof URL) return asked
  if (asked?.startsWith('file:') === true) return new URL(asked)
  const folder = packageAbove(testFile === undefined ? process.cwd() : dirname(testFile))
  if (asked !== undefined) return pathToFileURL(resolve(folder ?? process.cwd(), asked))
  if (folder === undefined) return undefined
  const { tidemark } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    tidemark?: { source?: string }
  }
  const candidates = ['src/index.ts', 'src/index.js', tidemark?.source].filter((one) => one !== undefined)
  const found = tidemark === undefined ? undefined : candidates.map((one) => join(folder, one)).find(existsSync)
  return found === undefined ? undefined : pathToFileURL(found)
}

function packageAbove(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) return undefined
  }
}
