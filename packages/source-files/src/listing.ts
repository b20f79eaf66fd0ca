import { glob, stat } from 'node:fs/promises'
import path from 'node:path'

/** One file of a table: a partition. */
export interface TableFile {
  /** The partition's id: the file's name, or the one that it had when it was first read. */
  readonly id: string
  /** The path below the folder where the pattern begins, so that it is the same on every machine. */
  readonly name: string
  /** The absolute path. */
  readonly path: string
}

const MAGIC = /[*?[\]{}!()]/

/** The files that a path or pattern means, sorted by id. A path that exists as it is written is not a pattern. */
export async function listFiles(pattern: string): Promise<readonly TableFile[]> {
  if (await isFile(pattern)) return [fileOf(path.basename(pattern), path.resolve(pattern))]
  const base = baseOf(pattern)
  const files: TableFile[] = []
  const paths = new Set<string>()
  for await (const match of glob(pattern)) paths.add(path.resolve(match))
  for (const one of paths) {
    if (await isFile(one)) files.push(fileOf(path.relative(base, one).split(path.sep).join('/'), one))
  }
  return files.sort((a, b) => (a.id < b.id ? -1 : 1))
}

const fileOf = (name: string, at: string): TableFile => ({ id: name, name, path: at })

/** Whether a path means all files that match it. */
export function isPattern(pattern: string): boolean {
  return MAGIC.test(pattern)
}

/** The folder of a pattern before its first part that is one. */
export function baseOf(pattern: string): string {
  const parts = pattern.split('/')
  const first = parts.findIndex((part) => MAGIC.test(part))
  return path.resolve(
    first < 0 ? path.dirname(pattern) : parts.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.'),
  )
}

async function isFile(name: string): Promise<boolean> {
  try {
    return (await stat(name)).isFile()
  } catch {
    return false
  }
}
