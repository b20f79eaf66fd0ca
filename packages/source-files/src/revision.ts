import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { failure } from './broken.ts'
import type { FileTable } from './config.ts'

// Raised when this package reads a file in another way than before, so that files are read again.
const READER = 1

/** The size and time of a file: what says, without reading it, that it changed. */
export async function stampOf(path: string): Promise<string> {
  try {
    const { size, mtimeNs, ino } = await stat(path, { bigint: true })
    return `${size}:${mtimeNs}:${ino}`
  } catch (error) {
    throw failure(path, error)
  }
}

/** A text that changes when a file changes, or the way in which its table is read. */
export async function revisionOf(table: FileTable, path: string, signal: AbortSignal): Promise<string> {
  // The inode tells a replaced file while it is read; it is no part of a revision, which a copied folder shares.
  const content = table.hash ? await hashOf(path, signal) : (await stampOf(path)).replace(/:\d+$/, '')
  const { path: _path, primaryKey: _key, globalKey: _global, hash: _hash, ...options } = table
  const reading = createHash('sha256')
    .update(JSON.stringify([READER, options]))
    .digest('hex')
    .slice(0, 16)
  return `${content}:${reading}`
}

async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) hash.update(bytes)
  } catch (error) {
    throw failure(path, error, signal)
  }
  return hash.digest('hex')
}
