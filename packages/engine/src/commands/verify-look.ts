import { SyncError } from '@tidemark/core'
import type { Comparison, Difference } from '@tidemark/core/engine'
import { type Range, split, union, type Windows } from '@tidemark/core/engine'
import type { DiscoveredPartition, DiscoveredTable } from '../discover/catalog.ts'
import { type Failure, failureOf } from '../failure/failure.ts'
import { countText, MOST_WINDOWS } from '../plan/too-many-windows.ts'
import type { Gathered } from '../read/page-reader-options.ts'
import { type ReadRange, readRange } from '../read/read-range.ts'
import { unreadRows } from '../read/second-count.ts'
import { type Elsewhere, type ElsewhereTask, findAhead, findByKey } from '../run/elsewhere.ts'
import type { Reading } from '../run/unread-ranges.ts'
import { ALONE } from '../schedule/task.ts'
import { retry } from '../source/retry.ts'
import { type SourceWait, waitingFor } from '../source/source-wait.ts'
import { endsTheTries } from '../source/stall.ts'
import type { Clock } from '../time/clock.ts'
import { DEFAULT_RETRY, type RetryPolicy } from '../time/retry-policy.ts'
import { committedOf, type FedLook, readFed } from './verify-fed.ts'
import type { VerifyProgress } from './verify-options.ts'
import type { Slice } from './verify-slices.ts'

/** All that looking at slices needs. */
export interface LookTask {
  readonly discovered: DiscoveredTable
  readonly comparison: Comparison
  readonly destination: FedLook['destination']
  /** What is read of each partition. */
  readonly readings: ReadonlyMap<string, Reading>
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly policy: RetryPolicy | undefined
  /** How long a question may stay without an answer, and how long no page may come. */
  readonly silenceMs: number
  readonly giveUpMs: number
  readonly batchLimit: { readonly rows: number; readonly bytes: number }
  readonly redact: (text: string) => string
  readonly onProgress: (progress: VerifyProgress) => void
}

/** Rows of what was looked at. */
export interface LookedRows {
  readonly source: number
  readonly destination: number
  readonly rejected: number
  /** Rows of the source with fields that no column holds. */
  readonly undeclared: number
}

export interface Looked {
  /** Rows of a table of a feed that were not compared because they changed meanwhile. */
  readonly changed: number
  readonly rows: LookedRows
  /** By slice: rows that the source counts and its reader did not give. */
  readonly unread: ReadonlyMap<number, number>
  readonly failures: ReadonlyMap<number, Failure>
  readonly differences: Iterable<Difference>
}

/**
 * Compares slices. What differs is looked at once more before it is believed: a row may have changed, or been written,
 * between reading the one and the other.
 */
export async function look(slices: readonly Slice[], task: LookTask): Promise<Looked> {
  const { comparison, discovered, signal } = task
  const rows = { source: 0, destination: 0, rejected: 0, undeclared: 0 }
  const unread = new Map<number, number>()
  const failures = new Map<number, Failure>()
  let changed = 0
  let read = 0
  let silent: Failure | undefined
  const tell = (done: number): void => task.onProgress({ done, of: slices.length, rows: read })
  tell(0)
  for (const [done, slice] of slices.entries()) {
    try {
      // Who gave no answer once would only take as long again.
      if (silent !== undefined) {
        failures.set(slice.number, silent)
        continue
      }
      const onRows = (count: number): void => {
        read += count
        tell(done)
      }
      const seen = await lookAt(slice, task, onRows)
      const first = seen.inexact ? await lookAt(slice, task, onRows) : seen
      const last = first.doubtful > 0 || first.unread > 0 ? await lookAt(slice, task, onRows) : first
      for (const name of Object.keys(rows) as (keyof LookedRows)[]) rows[name] += last[name]
      changed += last.changed
      if (last.unread > 0) unread.set(slice.number, last.unread)
    } catch (error) {
      if (signal.aborted || isOurs(error)) throw error
      const failure = failureOf(error)
      failures.set(slice.number, failure)
      if (endsTheTries(failure.code)) silent = failure
    }
    tell(done + 1)
  }
  if (discovered.table.cursor !== undefined && silent === undefined) await excuseMoved(slices, task, failures)
  return { rows, changed, unread, failures, differences: comparison.differences() }
}

/** What the destination says ends the look; what a source says only its slice. */
function isOurs(error: unknown): boolean {
  return failureOf(error).code?.startsWith('destination') === true
}

interface Seen extends LookedRows {
  readonly doubtful: number
  readonly inexact: boolean
  readonly changed: number
  readonly unread: number
}

async function lookAt(slice: Slice, task: LookTask, onRows: (count: number) => void): Promise<Seen> {
  if (task.discovered.fed !== undefined) return await lookAtFed(slice, task, onRows)
  const { number, partition, window } = slice
  const { comparison, discovered, signal } = task
  const { table, source } = discovered
  const { value } = partitionOf(discovered, partition)
  return await again(task, async (wait) => {
    comparison.begin(number, { partition, window })
    const ranges = window === undefined ? [undefined] : windowsOf(window, discovered)
    const read = await readAll(ranges, partition, { ...task, wait }, (gathered) => {
      comparison.add(sourceRows(gathered))
      onRows(gathered.rows.length)
    })
    const { rows, rejected, doubtful, changed, inexact = false } = await comparison.end(read.keyless, signal)
    return {
      source: read.rows,
      destination: rows,
      rejected: read.rejected + rejected,
      undeclared: read.undeclared,
      doubtful,
      inexact,
      changed,
      unread: await unreadRows({ table, client: source.client, log: source.log, partition: value, ranges, wait }, read),
    }
  })
}

/** Looks at a table of a feed as a whole: which of its rows a chunk holds only its source knows. */
async function lookAtFed(
  { number, partition, window }: Slice,
  task: LookTask,
  onRows: (count: number) => void,
): Promise<Seen> {
  const { comparison, signal } = task
  return await again(task, async (wait) => {
    const begun = await committedOf(task)
    if (begun === undefined) throw new Error(`${comparison.name} is complete, and its feed has no offset`)
    comparison.begin(number, { partition, window, asOf: begun.seq })
    const read = await readFed({ ...task, onRows }, begun, wait)
    const { rows, rejected, doubtful, changed } = await comparison.end(read.keyless, signal)
    const counts = { source: read.rows, destination: rows, rejected: read.rejected + rejected, undeclared: 0 }
    return { ...counts, doubtful, inexact: false, changed, unread: 0 }
  })
}

/** The windows that a slice is read in. @throws SyncError `fix-config` where there are too many of them. */
function windowsOf(slice: Range, { name, table }: DiscoveredTable): Windows {
  const windows = split(slice, table.window)
  if (windows.count <= MOST_WINDOWS) return windows
  throw new SyncError(
    `${name}: the compared range has ${countText(windows.count)} windows of the table's "window", too many to read; give the table a longer one, or compare less with --from and --to`,
    'fix-config',
    { code: 'too-many-windows' },
  )
}

async function readAll(
  ranges: Iterable<Range | undefined>,
  partition: string,
  { discovered, comparison, signal, clock, batchLimit: part, redact, wait }: LookTask & { readonly wait: SourceWait },
  take: (gathered: Gathered) => void,
): Promise<ReadRange> {
  const { table, columns, source } = discovered
  const { value } = partitionOf(discovered, partition)
  const question = { client: source.client as never, log: source.log, partition: value as never }
  const all = { rows: 0, rejected: 0, deduped: 0, undeclared: 0, pages: 0, keyless: false }
  for (const range of ranges) {
    const { encoder } = comparison
    const read = await readRange(
      { table, columns, encoder, range, question, signal, clock, batchLimit: part, redact, wait },
      take,
    )
    for (const name of ['rows', 'rejected', 'deduped', 'undeclared', 'pages'] as const) all[name] += read[name]
    all.keyless ||= read.keyless
  }
  return all
}

/**
 * A row that changed since its window was covered has moved up the cursor, to where nothing is covered yet: it comes with
 * the next sync, and is not an extra row in its old place.
 */
async function excuseMoved(slices: readonly Slice[], task: LookTask, failures: Map<number, Failure>): Promise<void> {
  const { comparison, discovered, readings } = task
  const { encoder } = comparison
  for (const partition of new Set(slices.map((slice) => slice.partition))) {
    if (comparison.extras(partition) === 0) continue
    const own = slices.filter((slice) => slice.partition === partition)
    const above = union(own.flatMap(({ window }) => window ?? []))[0]?.from
    const places = discovered.partitions.flatMap((one) => {
      const reading = readings.get(one.id)
      return reading !== undefined && (discovered.table.globalKey || one.id === partition)
        ? [{ partition: one, reading, above }]
        : []
    })
    try {
      await again(task, async (wait) => {
        const elsewhere: ElsewhereTask = { ...task, encoder, places, wait }
        const excuse = ({ alive, deletedKeys: gone }: Elsewhere) => comparison.excuse(partition, [...alive, ...gone])
        await findByKey(comparison.extraKeys(partition), elsewhere, excuse)
        if (comparison.extras(partition) > 0) await findAhead(elsewhere, excuse)
      })
    } catch (error) {
      if (task.signal.aborted || isOurs(error)) throw error
      // Rows that could not be looked for elsewhere are not known to be too many.
      for (const { number } of own) if (!failures.has(number)) failures.set(number, failureOf(error))
    }
  }
}

async function again<T>(task: LookTask, work: (wait: SourceWait) => Promise<T>): Promise<T> {
  const { clock, policy = DEFAULT_RETRY, signal, silenceMs, giveUpMs, discovered } = task
  const { guard } = discovered.source
  const waiting = { clock, signal, silenceMs, giveUpMs, guard, slot: ALONE, isOverTime: () => false }
  return await retry(() => waitingFor(waiting, work), { clock, policy, signal })
}

function sourceRows({ rows, deletions, rejects }: Gathered) {
  return { rows, deletions, presentKeys: rejects.flatMap(({ encodedKey: seen }) => (seen === undefined ? [] : [seen])) }
}

export function partitionOf({ partitions }: DiscoveredTable, id: string): DiscoveredPartition {
  return partitions.find((one) => one.id === id)!
}
