import { lstatSync, mkdirSync, realpathSync, type Stats } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

const GROUP_AND_OTHERS = 0o077
const WRITABLE_BY_OTHERS = 0o022
const STICKY = 0o1000

/**
 * A folder that only this user can write to, created if it is missing; undefined if that is not possible. Code to run and
 * secrets are stored here, never in a folder that users share.
 */
export function ownFolder(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const me = process.getuid?.()
  try {
    const base = cacheFolder(environment)
    make(base)
    const real = realpathSync(base)
    const folders = [join(real, 'tidemark'), join(real, 'tidemark', name)]
    for (const folder of folders) make(folder)
    const isOwn = me === undefined || (folders.every((one) => isMine(lstatSync(one), me)) && isSafeAbove(real, me))
    return isOwn ? folders[1] : undefined
  } catch {
    return undefined
  }
}

/** Does not create the folders above: a home directory that does not exist is not used. */
function make(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 })
}

function cacheFolder({ XDG_CACHE_HOME: chosen = '' }: NodeJS.ProcessEnv): string {
  return isAbsolute(chosen) ? chosen : join(homedir(), '.cache')
}

function isMine(stats: Stats, me: number): boolean {
  return stats.isDirectory() && stats.uid === me && (stats.mode & GROUP_AND_OTHERS) === 0
}

/** A user who may write a parent folder can replace the folders in it; with the sticky bit only the owner can. */
function isSafeAbove(folder: string, me: number): boolean {
  const { uid, mode } = lstatSync(folder)
  const isSafe = (uid === me || uid === 0) && ((mode & WRITABLE_BY_OTHERS) === 0 || (mode & STICKY) !== 0)
  return isSafe && (folder === dirname(folder) || isSafeAbove(dirname(folder), me))
}
