import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { FileTable } from './config.ts'
import { failure } from './invalid-file-error.ts'
import type { TableFile } from './listing.ts'
import { openFile } from './open-file.ts'

// Raised when this package reads a file in another way than before, so that files are read again.
const READER = 2
/** How much of a file's start and of its end its print is made of. */
const PRINTED = 64 * 1024

/** The size and time of a file: what says, without reading it, that it changed. */
export async function stampOf(path: string): Promise<string> {
  try {
    const { size, mtimeNs, ino } = await stat(path, { bigint: true })
    return `${size}:${mtimeNs}:${ino}`
  } catch (error) {
    throw failure(path, error)
  }
}

/** What a revision says of a file. */
export interface Recorded {
  /** Its size and time, or its size and the hash of its content. */
  readonly content: string
  /** In bytes; undefined where an older version of this package wrote the hash alone. */
  readonly size: number | undefined
  /** A hash of its start, its end and its size: by it a file is known under another name. */
  readonly print: string
  /** The way in which its table is read. */
  readonly reading: string
  /** The file's own id, where its partition bears the id that the file had before it was renamed. */
  readonly file: string | undefined
}

const REVISION = /^((?:(\d+):\d+|(?:(\d+)-)?[0-9a-f]{64})):([0-9a-f]{16}):([0-9a-f]{16})(?:@(.+))?$/s

/** Reads a revision; undefined where it is of an older version of this package. */
export function recordedOf(revision: string | undefined): Recorded | undefined {
  const match = revision === undefined ? null : REVISION.exec(revision)
  if (match === null) return undefined
  const size = match[2] ?? match[3]
  return {
    content: match[1]!,
    size: size === undefined ? undefined : Number(size),
    print: match[4]!,
    reading: match[5]!,
    file: match[6],
  }
}

/** A text that changes when a file changes, or the way in which its table is read. */
export async function revisionOf(
  table: FileTable,
  file: TableFile,
  signal: AbortSignal,
  previous?: string | undefined,
): Promise<string> {
  const content = await contentOf(table, file, signal)
  const before = recordedOf(previous)
  const isSame = before?.content === content
  const print = isSame ? before.print : await printOf(file.path, signal)
  return `${content}:${print}:${readingOf(table)}${file.id === file.name ? '' : `@${file.name}`}`
}

/** Whether a file is as it was when it was read under a revision, and would be read in the same way. */
export async function isUnchanged(
  table: FileTable,
  file: TableFile,
  signal: AbortSignal,
  revision: string | undefined,
): Promise<boolean> {
  const before = recordedOf(revision)
  if (before === undefined || before.reading !== readingOf(table)) return false
  return before.content === (await contentOf(table, file, signal))
}

async function contentOf(table: FileTable, file: TableFile, signal: AbortSignal): Promise<string> {
  const stamp = await stampOf(file.path)
  // The inode tells a replaced file while it is read; it is not part of a revision, which a copied folder shares.
  if (!table.hash) return stamp.replace(/:\d+$/, '')
  // Asked for its tables and for its revisions, a run reads a file once for both.
  const known = HASHES.get(file)
  if (known?.stamp === stamp) return known.hash
  const hash = `${stamp.replace(/:.*$/, '')}-${await hashOf(file.path, signal)}`
  HASHES.set(file, { stamp, hash })
  return hash
}

const HASHES = new WeakMap<TableFile, { readonly stamp: string; readonly hash: string }>()

function readingOf(table: FileTable): string {
  const { path: _path, primaryKey: _key, globalKey: _global, hash: _hash, minAge: _age, ...options } = table
  return createHash('sha256')
    .update(JSON.stringify([READER, options]))
    .digest('hex')
    .slice(0, 16)
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

/**
 * A hash of the start, the end and the size of a file: cheap, and the same under every name.
 *
 * @param upTo bytes, of a file that is longer: its print before it grew to what it is now. Undefined where it is shorter.
 */
export function printOf(path: string, signal: AbortSignal): Promise<string>
export function printOf(path: string, signal: AbortSignal, upTo: number): Promise<string | undefined>
export async function printOf(path: string, signal: AbortSignal, upTo?: number): Promise<string | undefined> {
  try {
    await using file = await openFile(path)
    const { size: whole } = await file.stat()
    const size = upTo ?? whole
    if (size > whole) return undefined
    const hash = createHash('sha256').update(String(size))
    for (const at of size <= PRINTED ? [0] : [0, Math.max(PRINTED, size - PRINTED)]) {
      signal.throwIfAborted()
      const length = Math.min(PRINTED, size - at)
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(PRINTED), 0, length, at)
      hash.update(buffer.subarray(0, bytesRead))
    }
    return hash.digest('hex').slice(0, 16)
  } catch (error) {
    throw failure(path, error, signal)
  }
}
