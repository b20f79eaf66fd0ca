import type { Logger, TrackedPartition } from '@tidemark/core'
import type { TableFile } from './listing.ts'
import { printOf, recordedOf } from './revision.ts'

/** Of an empty file nothing would come twice. */
const EMPTY = 0

type Before = ReadonlyMap<string, TrackedPartition>

/**
 * Gives a file that was renamed since the last run the partition that it had, so that its rows do not come a second time:
 * a partition whose file is away, and a file that is new and has the same content. A partition that bears another name
 * than its file keeps it, until a file of that name comes back.
 */
export async function withPartitions(
  files: readonly TableFile[],
  before: Before | undefined,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
): Promise<readonly TableFile[]> {
  if (before === undefined) return files
  const listed = new Set(files.map((file) => file.name))
  const idOf = namesKept(before, listed)
  const away = prints(before, listed, new Set(idOf.values()))
  for (const file of files) {
    if (away.size === 0) break
    if (before.has(file.name) || idOf.has(file.name)) continue
    // One that cannot be read says so when it is read.
    const print = await printOf(file.path, signal).catch(() => '')
    signal.throwIfAborted()
    const id = away.get(print)?.pop()
    if (id === undefined) continue
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

/** By their prints, the partitions whose files are away since the last run. */
function prints(before: Before, listed: ReadonlySet<string>, taken: ReadonlySet<string>): Map<string, string[]> {
  const away = new Map<string, string[]>()
  for (const [id, { revision, gone }] of before) {
    const recorded = recordedOf(revision)
    if (recorded === undefined || gone || listed.has(id) || taken.has(id)) continue
    if (recorded.content.startsWith(`${EMPTY}:`)) continue
    away.set(recorded.print, [...(away.get(recorded.print) ?? []), id])
  }
  return away
}
