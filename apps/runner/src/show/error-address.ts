import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Remedy } from '@tidemark/core'
import { errorEntry } from './error-entry.ts'

// The page ships with the package, so it opens without a network and matches this version. The process changes its folder
// later, but the path must be relative to the user's folder.
const START = process.cwd()
const PAGE = join('node_modules/@tidemark/runner/dist/errors.md')

let page: string | undefined

/** Where to read about a failure: the page in this package, and the entry in it. */
export function errorAddress(failure: { readonly code: string | undefined; readonly remedy: Remedy }): string {
  page ??= pageFrom(START)
  return `${page}#${errorEntry(failure)}`
}

/** The path of the installed copy through the project above, which is shorter and more stable than the real path. */
function pageFrom(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, PAGE))) return relative(start, join(folder, PAGE))
    if (folder === dirname(folder)) break
  }
  const own = fileURLToPath(new URL('./errors.md', import.meta.url))
  const path = relative(start, own)
  return path.startsWith('..') ? own : path
}
