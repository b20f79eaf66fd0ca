import { type Batch, type FeedChunk, failpoint, type StepRef } from '@tidemark/core/engine'
import { DEFAULT_PART } from '../read/part-size.ts'
import type { TableRun } from '../run/table-run.ts'
import type { SourceWait } from '../source/source-wait.ts'
import type { Sequence } from '../time/sequence.ts'
import type { FeedWaits } from './feed-waits.ts'
import { type FeedWork, offsetOf } from './feed-work.ts'
import { readPages } from './read-pages.ts'
import { TableChanges } from './table-changes.ts'

/** What is read of a table beside its feed: a chunk, or rows by their keys. */
export interface FeedPart {
  readonly table: TableRun
  readonly chunk?: FeedChunk
  readonly keys?: readonly Readonly<Record<string, unknown>>[]
}

/** What reading a part needs. */
export interface PartOptions {
  readonly work: FeedWork
  /** Commits of the feed and of its parts follow one another. */
  readonly commits: Sequence
  readonly waits: FeedWaits
  /** Numbers at which tables were truncated in this run. */
  readonly truncatedAt: ReadonlyMap<TableRun, bigint>
  asking<T>(work: (wait: SourceWait) => Promise<T>): Promise<T>
}

/**
 * Reads a part, and commits it when its feed has passed it.
 *
 * @returns false where a truncation or a change of its columns has overtaken it: it is to be read once more.
 */
export async function readPart(
  { table, chunk, keys }: FeedPart,
  { work, commits, waits, truncatedAt, asking }: PartOptions,
): Promise<boolean> {
  const { context, source, state } = work
  const { destination, options } = context
  const { backfill } = table.discovered.table.feed!
  const { lease: tableLease, prepared } = table
  if (tableLease === undefined || prepared === undefined) return true
  const asOf = offsetOf(work)
  const asOfSeq = state.offsetSeq
  const lease = await table.stepLeases.acquire(tableLease, destination)
  const beganAt = await destination.now()
  const step: StepRef = {
    run: context.run,
    step: context.nextStep(),
    table: table.name,
    partition: '',
    kind: 'backfill',
    window: undefined,
    attempt: 1,
    beganAt,
  }
  const startedAt = context.clock.monotonic()
  const limit = options.settings?.batch ?? DEFAULT_PART
  const redact = options.redact ?? ((text: string) => text)
  const fresh = (): TableChanges =>
    new TableChanges({ discovered: table.discovered, encoder: prepared.encoder, seq: asOfSeq, redact })
  let changes = fresh()
  let number = 0
  const batchOf = (more: Partial<Batch>): Batch => {
    const { rows, rejects, counts } = changes.take()
    changes = fresh()
    number++
    const durationMs = Math.round(context.clock.monotonic() - startedAt)
    return { step, number, rows, deletions: [], rejects, counts, tombstones: true, durationMs, ...more }
  }
  try {
    const pages = { source, backfill: backfill!, asOf, label: chunk?.label, keys }
    const high = await asking((wait) =>
      readPages(pages, wait, async (page) => {
        changes.upsert(page, undefined)
        if (changes.size < limit.rows && changes.bytes < limit.bytes) return
        await destination.commit(lease, batchOf({ staging: 'fill' }))
      }),
    )
    await waits.until(() => isAtLeast(work, high))
    return await commits.take(async () => {
      if ((truncatedAt.get(table) ?? 0n) > asOfSeq || table.prepared !== prepared) return false
      failpoint('before-batch')
      const batch = batchOf({
        staging: number > 0 ? 'move' : undefined,
        completes: {
          last: true,
          status: table.ownStatus(),
          purge: false,
          chunk: { ordinal: chunk?.ordinal },
        },
      })
      const committed = await destination.commit(lease, batch)
      table.add({
        ...batch.counts,
        written: committed.written,
        unchanged: committed.unchanged,
        deduped: batch.counts.deduped + committed.deduped,
        rejected: batch.counts.rejected + committed.rejected,
      })
      table.stepsDone++
      return true
    })
  } catch (error) {
    // What is staged has the columns of before: the destination refuses what would follow it.
    if (table.prepared !== prepared) return false
    throw error
  } finally {
    table.stepLeases.release(lease)
  }
}

/** Whether the committed offset is at or past another one. */
function isAtLeast(work: FeedWork, offset: unknown): boolean {
  const now = offsetOf(work)
  return now !== undefined && work.feed.isPast?.(now as never, offset as never) === true
}
