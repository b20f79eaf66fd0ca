import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** With less than this the next run may end in the middle. */
const LITTLE = 100 * 1024 * 1024

export interface ExaminedFile {
  readonly freeBytes: number
  /** What prevents writing, each with the way out. */
  readonly problems: readonly string[]
}

/** Looks at the file of a database, or at where it would be made. */
export async function examineFile(path: string, shown: string): Promise<ExaminedFile> {
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
          `only ${Math.floor(freeBytes / 1024 / 1024)} MB are free where ${shown} is stored; free some space, or name another file under "destination"`,
        ]
      : []),
  ]
  return { freeBytes, problems }
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
