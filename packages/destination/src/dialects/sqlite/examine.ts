import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Examination } from '../database-kind.ts'

/** With less than this the next run may end in the middle. */
const LITTLE = 100 * 1024 * 1024

/** Looks at a file, or at where it would be made. */
export async function examineSqlite(path: string, shown: string): Promise<Examination> {
  const common = { kind: 'sqlite', title: 'SQLite', version: process.versions['sqlite'] ?? '' }
  if (path === ':memory:') return { ...common, freeBytes: undefined, problems: [] }
  const folder = await nearestFolder(dirname(path))
  const { bavail, bsize } = await statfs(folder)
  const freeBytes = bavail * bsize
  const problems = [
    // The files of its log are made beside it, so the folder counts as well.
    ...((await may(folder, constants.W_OK | constants.X_OK))
      ? []
      : [
          `the folder ${folder} cannot be written by this user; change its owner or mode, or name another file under "destination"`,
        ]),
    ...(!(await may(path, constants.F_OK)) || (await may(path, constants.R_OK | constants.W_OK))
      ? []
      : [
          `the file ${shown} cannot be written by this user; change its owner or mode, or name another one under "destination"`,
        ]),
    ...(freeBytes < LITTLE
      ? [
          `only ${Math.floor(freeBytes / 1024 / 1024)} MB are free where ${shown} lies; make room, or name another file under "destination"`,
        ]
      : []),
  ]
  return { ...common, freeBytes, problems }
}

async function nearestFolder(folder: string): Promise<string> {
  if ((await may(folder, constants.F_OK)) || folder === dirname(folder)) return folder
  return nearestFolder(dirname(folder))
}

async function may(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode)
    return true
  } catch {
    return false
  }
}
