import { chmodSync, closeSync, mkdirSync, openSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { SyncError } from '@tidemark/core'

const OTHERS = 0o077

/**
 * Makes the file and its folder where they are not there. Only its owner may read it, whatever the umask: it holds what the
 * sources hold. SQLite gives its companion files the same mode. One that is empty is as good as new.
 */
export function makeFile(path: string): void {
  makeFolder(path)
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined) closeSync(openSync(path, 'a', 0o600))
    else if (isEmptyAndMine(stats)) chmodSync(path, 0o600)
  } catch (error) {
    throw notMade(path, error)
  }
}

/** Makes the folder of a file where it is not there. Only its owner may look into it. */
export function makeFolder(path: string): void {
  const missing: string[] = []
  try {
    for (let at = dirname(path); !isFolder(at) && dirname(at) !== at; at = dirname(at)) missing.push(at)
    // One by one: Node's own way never ends where a folder can have no other in it, as below /proc.
    for (const folder of missing.reverse()) makeOne(folder)
  } catch (error) {
    throw notMade(path, error)
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

function makeOne(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process may have made it since.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolder(folder)) throw error
  }
}

function notMade(path: string, error: unknown): SyncError {
  return new SyncError(
    `the database ${path} cannot be created (${(error as Error).message}); name a file in a folder that this user may write, under "destination" in the config`,
    'fix-config',
    { code: 'destination-unavailable', cause: error },
  )
}

function isEmptyAndMine(stats: Stats): boolean {
  return stats.isFile() && stats.size === 0 && (stats.mode & OTHERS) !== 0 && stats.uid === process.getuid?.()
}
