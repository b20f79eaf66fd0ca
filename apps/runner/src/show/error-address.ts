import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Remedy } from '@tidemark/core'
import { errorEntry } from './error-entry.ts'

// The page comes with the package, so it can be opened without a network and says what this version says. The process
// changes its folder later; people read the path from where they are.
const START = process.cwd()
const PAGE = join('node_modules/@tidemark/runner/dist/errors.md')

let page: string | undefined

/** Where to read about a failure: the page that came with this package, and the entry in it. */
export function errorAddress(failure: { readonly code: string | undefined; readonly remedy: Remedy }): string {
  page ??= pageFrom(START)
  return `${page}#${errorEntry(failure)}`
}

/** The installed copy as a project above sees it, which is shorter and steadier than where it really lies. */
function pageFrom(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, PAGE))) return relative(start, join(folder, PAGE))
    if (folder === dirname(folder)) break
  }
  const own = fileURLToPath(new URL('./errors.md', import.meta.url))
  const path = relative(start, own)
  return path.startsWith('..') ? own : path
}
