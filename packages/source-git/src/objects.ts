import { SyncError } from '@tidemark/core'

/** An object as `git cat-file --batch` prints it. */
export interface GitObject {
  readonly sha: string
  /** What stood behind the name when it was asked for. */
  readonly note: string
  readonly bytes: Buffer
}

export const BATCH_FORMAT = '%(objectname) %(objecttype) %(objectsize) %(rest)'

interface Head {
  readonly sha: string
  readonly size: number
  readonly note: string
}

/** Cuts the output of `git cat-file --batch` into objects. */
export async function* objectsIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly GitObject[]> {
  let held: Buffer[] = []
  let length = 0
  let wanted = 0
  for await (const chunk of chunks) {
    held.push(chunk)
    length += chunk.length
    // A large object is put together once, not at every chunk.
    if (length < wanted) continue
    const { objects, rest, missing } = cut(Buffer.concat(held, length))
    held = [rest]
    length = rest.length
    wanted = length + missing
    if (objects.length > 0) yield objects
  }
  if (length > 0) throw new SyncError('the output of git cat-file was cut off within an object', 'retry')
}

function cut(bytes: Buffer): {
  readonly objects: readonly GitObject[]
  readonly rest: Buffer
  readonly missing: number
} {
  const objects: GitObject[] = []
  let at = 0
  for (;;) {
    const line = bytes.indexOf(10, at)
    if (line === -1) return { objects, rest: bytes.subarray(at), missing: 1 }
    const { sha, size, note } = headOf(bytes.toString('latin1', at, line))
    const end = line + 1 + size
    // A newline stands behind every object.
    if (end >= bytes.length) return { objects, rest: bytes.subarray(at), missing: end + 1 - bytes.length }
    objects.push({ sha, note, bytes: bytes.subarray(line + 1, end) })
    at = end + 1
  }
}

function headOf(line: string): Head {
  const [sha = '', type, size, note = ''] = line.split(' ')
  if (type !== 'commit' || size === undefined) {
    throw new SyncError(
      `git lists a commit but does not have it (${line}); run "git fsck" to see what the repository lacks`,
      'retry',
    )
  }
  return { sha, size: Number(size), note }
}
