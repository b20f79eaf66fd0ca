import type { Logger, TrackedPartition } from '@tidemark/core'
import type { TableFile } from './listing.ts'
import { printOf, recordedOf } from './revision.ts'

/** Of an empty file nothing would come twice. */
const EMPTY = 0

type Before = ReadonlyMap<string, TrackedPartition>

/**
 * Gives a file that was renamed since the last run the partition that it had, so that its rows do not come a second time:
 * a partition whose file is away, and a file that is new and has the same content, or the same name compressed. A
 * partition that bears another name than its file keeps it, until a file of that name comes back.
 */
export async function withPartitions(
  files: readonly TableFile[],
  before: Before | undefined,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
): Promise<readonly TableFile[]> {
  if (before === undefined) return files
  const listed = new Set(files.map((file) => file.name))
  const idOf = namesKept(before, listed)
  const taken = new Set(idOf.values())
  const away = awaySince(before, listed)
  for (const file of files) {
    if (away.size === 0) break
    if (before.has(file.name) || idOf.has(file.name)) continue
    // One that cannot be read says so when it is read.
    const print = await printOf(file.path, signal).catch(() => '')
    signal.throwIfAborted()
    const id = [...(away.get(print) ?? []), ...(away.get(uncompressed(file.name)) ?? [])].find((one) => !taken.has(one))
    if (id === undefined) continue
    taken.add(id)
    idOf.set(file.name, id)
    log.info('a file was renamed; its rows stay those of the partition that it had', { file: file.path, partition: id })
  }
  return files.map((file) => ({ ...file, id: idOf.get(file.name) ?? file.name }))
}

/** By the names of files, the partitions that bear another name. */
function namesKept(before: Before, listed: ReadonlySet<string>): Map<string, string> {
  const idOf = new Map<string, string>()
  for (const [id, { revision }] of before) {
    const file = recordedOf(revision)?.file
    if (file !== undefined && listed.has(file) && !listed.has(id) && !before.has(file)) idOf.set(file, id)
  }
  return idOf
}

/** The partitions whose files are away since the last run, by their prints and by their names. */
function awaySince(before: Before, listed: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const away = [...before].flatMap(([id, { revision, gone }]) => {
    const recorded = recordedOf(revision)
    const isAway = recorded !== undefined && !gone && !listed.has(id) && !recorded.content.startsWith(`${EMPTY}:`)
    return isAway ? [[recorded.print, id] as const, [uncompressed(id), id] as const] : []
  })
  const ids = Map.groupBy(away, ([known]) => known)
  return new Map([...ids].map(([known, one]) => [known, one.map(([, id]) => id)]))
}

/** The name of a file before it was compressed. */
const uncompressed = (name: string): string => name.replace(/\.(?:gz|zst)$/i, '')
