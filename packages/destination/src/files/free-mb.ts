import { statfsSync } from 'node:fs'

/** How many megabytes are free on the disk of a folder; undefined if unknown. */
export function freeMb(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return Math.floor((bavail * bsize) / 1_048_576)
  } catch {
    return undefined
  }
}
