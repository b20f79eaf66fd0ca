import type { Logger, TrackedPartition } from '@tidemark/core'
import type { TableFile } from './listing.ts'
import { printOf, recordedOf } from './revision.ts'

/** Of an empty file nothing would come twice. */
const EMPTY = 0
/** How often a new file is compared with one that is away and was shorter: each time reads 128 KB at most. */
const MOST_LOOKS = 1000

type Before = ReadonlyMap<string, TrackedPartition>

/**
 * Gives a file that was renamed since the last run the partition that it had, so that its rows do not come a second time:
 * a partition whose file is away, and a file that is new and has the same content, the same name compressed, or the same
 * content and more behind it. A partition that bears another name than its file keeps it, until a file of that name comes back.
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
  const give = (file: TableFile, one: Away | undefined): void => {
    if (one === undefined) return
    taken.add(one.id)
    idOf.set(file.name, one.id)
    log.info('a file was renamed; its rows stay in their old partition', {
      file: file.path,
      partition: one.id,
    })
  }
  const look: Look = {
    added: () => files.filter(({ name }) => !before.has(name) && !idOf.has(name)),
    away,
    isLeft: ({ id }) => !taken.has(id),
    give,
    signal,
  }
  await findSame(look)
  await findGrown(look)
  return files.map((file) => ({ ...file, id: idOf.get(file.name) ?? file.name }))
}

interface Look {
  /** Files that no partition has yet. */
  readonly added: () => readonly TableFile[]
  /** Partitions whose file is away. */
  readonly away: readonly Away[]
  /** Whether no file has it yet. */
  readonly isLeft: (one: Away) => boolean
  readonly give: (file: TableFile, one: Away | undefined) => void
  readonly signal: AbortSignal
}

/** Files with the content of one that is away, or its name compressed. */
async function findSame({ added, away, isLeft, give, signal }: Look): Promise<void> {
  if (away.length === 0) return
  const byPrint = Map.groupBy(away, ({ print }) => print)
  const byName = Map.groupBy(away, ({ id }) => uncompressed(id))
  for (const file of added()) {
    // One that cannot be read says so when it is read.
    const print = await printOf(file.path, signal).catch(() => '')
    signal.throwIfAborted()
    give(file, [...(byPrint.get(print) ?? []), ...(byName.get(uncompressed(file.name)) ?? [])].find(isLeft))
  }
}

/** Files that begin with the content of one that is away: the longest, so that least of the file is new. */
async function findGrown({ added, away, isLeft, give, signal }: Look): Promise<void> {
  const longestFirst = away
    .flatMap((one) => (one.size === undefined ? [] : [{ one, size: one.size }]))
    .sort((a, b) => b.size - a.size)
  let looks = 0
  for (const file of added()) {
    for (const { one, size } of longestFirst) {
      if (!isLeft(one)) continue
      if (++looks > MOST_LOOKS) return
      const print = await printOf(file.path, signal, size).catch(() => undefined)
      signal.throwIfAborted()
      if (print !== one.print) continue
      give(file, one)
      break
    }
  }
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

interface Away {
  readonly id: string
  readonly print: string
  /** In bytes; undefined where the state does not say it. */
  readonly size: number | undefined
}

/** The partitions whose files are away since the last run. */
function awaySince(before: Before, listed: ReadonlySet<string>): readonly Away[] {
  return [...before].flatMap(([id, { revision, removed }]) => {
    const recorded = recordedOf(revision)
    if (recorded === undefined || removed || listed.has(id) || recorded.size === EMPTY) return []
    return [{ id, print: recorded.print, size: recorded.size }]
  })
}

/** The name of a file before it was compressed. */
const uncompressed = (name: string): string => name.replace(/\.(?:gz|zst)$/i, '')
