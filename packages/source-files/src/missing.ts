import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { SyncError } from '@tidemark/core'
import type { FileTable } from './config.ts'
import { baseOf, isPattern } from './listing.ts'

const MAX_FILES_SHOWN = 5

/**
 * Why no file is where a table's path says; undefined where files may still come: the folder of a pattern is there, and
 * empty, or the table is known and its files are gone.
 */
export async function missing({ name, path: given }: FileTable, isKnown: boolean): Promise<SyncError | undefined> {
  const where = `tables.${name}.path "${given}"`
  const fail = (problem: string): SyncError => new SyncError(`${where}: ${problem}`, 'fix-config')
  if (/^~(?:\/|$)/.test(given)) return fail('"~" is not expanded here; write the full path')
  if (/\$\{?\w/.test(given) && !isKnown) return fail('variables are not expanded here; write the full path')
  const at = path.resolve(given)
  if (await isFolder(at)) return fail(`is a folder; name the files in it, such as ${path.join(given, '*.csv')}`)
  const folder = baseOf(given)
  if (!(await isFolder(folder))) return fail(`the folder ${await firstMissing(folder)} does not exist; check the path`)
  if (isKnown) return undefined
  const others = (await readdir(folder)).filter((one) => !one.startsWith('.')).sort()
  if (isPattern(given) && others.length === 0) return undefined
  const shown = others.slice(0, MAX_FILES_SHOWN).join(', ')
  const has = shown === '' ? 'is empty' : `has ${shown}${others.length > MAX_FILES_SHOWN ? ', …' : ''}`
  return fail(`${isPattern(given) ? 'no file matches' : 'the file does not exist'}; the folder ${folder} ${has}`)
}

async function isFolder(at: string): Promise<boolean> {
  const found = await stat(at).catch(() => undefined)
  return found?.isDirectory() === true
}

/** The topmost folder of a path that is not there. */
async function firstMissing(folder: string): Promise<string> {
  const above = path.dirname(folder)
  return above === folder || (await isFolder(above)) ? folder : await firstMissing(above)
}
