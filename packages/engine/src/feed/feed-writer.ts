import { SyncError } from '@tidemark/core'
import {
  type FeedBatch,
  type FeedCommitted,
  type FeedTableBatch,
  failpoint,
  leftOutFor,
  type StepRef,
} from '@tidemark/core/engine'
import { tablePlace } from '../config/config-path.ts'
import { DEFAULT_REJECT_LIMIT } from '../read/reject-suspicion.ts'
import { heldBack } from '../read/step-error.ts'
import { recordOn } from '../run/run-context.ts'
import type { TableRun } from '../run/table-run.ts'
import type { Sequence } from '../time/sequence.ts'
import type { FeedBackfill } from './feed-backfill.ts'
import type { FeedBuffer } from './feed-buffer.ts'
import { type FeedProgress, type FeedWork, leftOutText } from './feed-work.ts'
import { goneRows, greater } from './gone-rows.ts'
import type { GatheredChanges } from './table-changes.ts'

/** What one table has come to while its feed is read. */
interface Written {
  readonly step: StepRef
  batches: number
  /** Rows of a table without a key are kept beside it until a checkpoint. */
  isStaged: boolean
}

export interface CommitOptions {
  /** Everything so far is whole: the offset to continue from (JSON text; null: from the beginning), and when the system had made it (null: it does not say). */
  readonly checkpoint?: Pick<FeedProgress, 'offset' | 'toldAt'> | undefined
  /** The feed is read to its end, or to where its source was at this moment, by the destination's clock. */
  readonly completedAt?: bigint | undefined
}

const NOTHING: GatheredChanges = {
  rows: [],
  partial: [],
  deletions: [],
  rejects: [],
  counts: { read: 0, deduped: 0, trimmed: 0, rejected: 0 },
}

/** Commits what a feed has told, of all its tables in one transaction. */
export class FeedWriter {
  /** Rows below these numbers are gone with the next checkpoint. */
  readonly replacedBelow = new Map<TableRun, bigint>()
  /** Tables of which all rows are being told, and the number from which on. */
  readonly snapshots = new Map<TableRun, bigint>()
  readonly #work: FeedWork
  readonly #backfill: FeedBackfill
  readonly #commits: Sequence
  readonly #written = new Map<TableRun, Written>()
  readonly #startedAt: number

  constructor(work: FeedWork, backfill: FeedBackfill, commits: Sequence) {
    this.#work = work
    this.#backfill = backfill
    this.#commits = commits
    this.#startedAt = work.context.clock.monotonic()
  }

  /** Rows of a table that were told before a number are gone with the next checkpoint. */
  replaceBelow(table: TableRun, seq: bigint): void {
    this.replacedBelow.set(table, greater(this.replacedBelow.get(table), seq))
  }

  /** All rows of a table without a key are being told: they are shown together, and told again by whoever does not come to their end. */
  get isWithinSnapshot(): boolean {
    return [...this.snapshots.keys()].some(isKeyless)
  }

  /** @throws SyncError where the feed has ended within such a snapshot: nothing of it is shown. */
  checkSnapshots(): void {
    const table = [...this.snapshots.keys()].find(isKeyless)
    if (table !== undefined)
      throw new SyncError(
        `feed "${this.#work.feed.name}": read() ended within the snapshot of table "${table.discovered.table.name}", which has no primary key; yield snapshotEnded() after its last row`,
        'fix-source',
      )
  }

  /** The number of the next commit. */
  get nextSeq(): bigint {
    return this.#work.state.seq + 1n
  }

  /** @throws SyncError code `fenced`; `deletion-limit`: nothing is written. */
  commit(buffer: FeedBuffer | undefined, options: CommitOptions): Promise<void> {
    return this.#commits.take(() => this.#commit(buffer, options))
  }

  /** Does something while nothing of the feed or of its chunks is committed. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#commits.take(work)
  }

  async #commit(buffer: FeedBuffer | undefined, { checkpoint, completedAt }: CommitOptions): Promise<void> {
    const { feed, source, context, lease, tables } = this.#work
    const { destination } = context
    const batches = new Map<TableRun, FeedTableBatch>()
    for (const [table, changes] of buffer?.tables ?? []) {
      if (!tables.has(table.discovered.table.name)) continue
      batches.set(table, await this.#batch(table, changes.take(), { checkpoint, completedAt }))
    }
    for (const table of tables.values()) {
      const isDue =
        checkpoint !== undefined &&
        (this.replacedBelow.has(table) ||
          this.#isDue(table) ||
          this.#backfill.read.has(table) ||
          this.#backfill.completed.has(table))
      if (!batches.has(table) && (isDue || completedAt !== undefined))
        batches.set(table, await this.#batch(table, NOTHING, { checkpoint, completedAt }))
    }
    const leftOut = leftOutText(this.#work.leftOut)
    const batch: FeedBatch = {
      source: source.name,
      feed: feed.name,
      seq: buffer?.seq ?? this.nextSeq,
      tables: [...batches.values()],
      checkpoint: checkpoint && { ...checkpoint, toldAt: checkpoint.toldAt ?? undefined },
      completedAt,
      // With the first batch that skips changes of theirs, or nobody would know.
      leftOut: leftOut === this.#work.state.leftOut ? undefined : [...this.#work.leftOut].sort(),
    }
    failpoint('before-batch')
    const committed = await destination.commitFeed(lease, batch)
    this.#committed(batches, committed, { checkpoint, completedAt })
    this.#work.state.leftOut = leftOut
  }

  /** Rows of a table without a key that a checkpoint has made whole. */
  #isDue(table: TableRun): boolean {
    return this.#written.get(table)?.isStaged === true && !this.snapshots.has(table)
  }

  async #batch(
    table: TableRun,
    gathered: GatheredChanges,
    { checkpoint, completedAt }: CommitOptions,
  ): Promise<FeedTableBatch> {
    const { context } = this.#work
    const { options } = table.discovered
    const written = await this.#writtenOf(table)
    const isWhole = checkpoint !== undefined && !this.snapshots.has(table)
    const staging = !isKeyless(table) ? undefined : !isWhole ? 'fill' : written.isStaged ? 'move' : undefined
    // What a backfill did not find, and no change has told since, is gone.
    const backfilled = isWhole && this.#backfill.read.has(table)
    const told = checkpoint === undefined ? undefined : this.replacedBelow.get(table)
    const gone = goneRows(table, this.#work, {
      goneBelow: told,
      isBackfilled: backfilled,
      isComplete: completedAt !== undefined,
    })
    const isOpen = this.#backfill.isOpen(table)
    if (backfilled) table.fed.isBackfilled = true
    return {
      lease: table.lease!,
      step: written.step,
      number: written.batches + 1,
      ...gathered,
      rejectLimit: context.options.settings?.rejectLimit ?? DEFAULT_REJECT_LIMIT,
      purge: options.deletes === 'hard' && !isOpen,
      tombstones: isOpen || undefined,
      ...gone,
      staging,
      backfilled: backfilled || undefined,
      noneMissing: (isWhole && this.#backfill.completed.has(table)) || undefined,
      completes:
        completedAt === undefined && checkpoint === undefined
          ? undefined
          : {
              status: completedAt === undefined || !table.fed.isBackfilled ? table.ownStatus() : 'complete',
              checkedAt: completedAt,
              last: completedAt !== undefined,
            },
      durationMs: Math.round(context.clock.monotonic() - this.#startedAt),
    }
  }

  async #writtenOf(table: TableRun): Promise<Written> {
    const known = this.#written.get(table)
    if (known !== undefined) return known
    const { context } = this.#work
    const beganAt = await context.destination.now()
    const step: StepRef = {
      run: context.run,
      step: context.nextStep(),
      table: table.name,
      partition: '',
      kind: 'changes',
      window: undefined,
      attempt: 1,
      beganAt,
    }
    const one: Written = { step, batches: 0, isStaged: false }
    this.#written.set(table, one)
    context.options.onEvent?.({
      type: 'step-started',
      table: table.name,
      partition: '',
      kind: 'changes',
      step: step.step,
      attempt: 1,
      window: undefined,
      span: undefined,
      index: 1,
      of: 1,
      untilEmpty: false,
    })
    return one
  }

  /** A table needs a decision: its changes are left out from here on, and the others go on. */
  async pause(table: TableRun, why: string): Promise<void> {
    const pausedFor = this.#leave(table, why)
    await recordOn(table, [{ kind: 'table', status: 'paused', pausedFor }], this.#work.context)
  }

  #leave(table: TableRun, why: string): string {
    const { context, tables, leftOut } = this.#work
    const { name } = table.discovered.table
    tables.delete(name)
    leftOut.add(name)
    const pausedFor = leftOutFor(why)
    table.pausedFor = pausedFor
    table.recorded = 'paused'
    context.options.log?.warn(`${table.name} is paused: ${pausedFor}`, { event: 'table-paused', table: table.name })
    return pausedFor
  }

  #committed(
    batches: ReadonlyMap<TableRun, FeedTableBatch>,
    { seq, tables }: FeedCommitted,
    { checkpoint, completedAt }: CommitOptions,
  ): void {
    const { context, state, source } = this.#work
    for (const [table, batch] of batches) {
      const held = tables.get(table.name)?.withheld
      if (held === undefined) continue
      const place = tablePlace(source.name, table.discovered.table.name)
      throw heldBack({ name: table.name, place, step: batch.step, rejected: 0, why: undefined }, held)
    }
    state.seq = seq
    if (checkpoint !== undefined) {
      state.offset = checkpoint.offset
      state.offsetSeq = seq
      state.toldAt = checkpoint.toldAt
    }
    for (const [table, batch] of batches) {
      const written = this.#written.get(table)!
      const done = tables.get(table.name)
      written.batches++
      written.isStaged = batch.staging === 'fill' && (written.isStaged || batch.rows.length > 0)
      if (batch.replacedBelow !== undefined) {
        this.replacedBelow.delete(table)
        this.#backfill.truncatedAt.set(table, batch.replacedBelow)
      }
      if (batch.backfilled === true) this.#backfill.read.delete(table)
      if (batch.noneMissing === true) this.#backfill.completed.delete(table)
      if ((done?.incomplete ?? 0) > 0) this.#backfill.isMissing(table)
      if (completedAt !== undefined) table.fed.isReadToEnd = true
      const rows = {
        ...batch.counts,
        rejected: batch.counts.rejected + (done?.rejected ?? 0),
        written: done?.written ?? 0,
        unchanged: done?.unchanged ?? 0,
        deleted: done?.deleted ?? 0,
      }
      table.add(rows)
      if (done?.refused !== undefined) this.#leave(table, done.refused)
      else if (batch.completes !== undefined) table.recorded = batch.completes.status
      if (batch.deletions.length > 0) table.reportsDeletions = true
      const { step } = batch.step
      context.options.onEvent?.({ type: 'batch-committed', table: table.name, partition: '', step, rows })
    }
    if (completedAt !== undefined) state.lostFor = null
    if (checkpoint !== undefined) this.#backfill.passed()
  }

  /** The feed is read, or has failed: the steps of its tables are over. */
  end(failure: Parameters<TableRun['fail']>[1] | undefined): void {
    const { context } = this.#work
    for (const [table, { step }] of this.#written) {
      table.durationMs += context.clock.monotonic() - this.#startedAt
      if (failure === undefined) table.stepsDone++
      context.options.onEvent?.({ type: 'step-ended', table: table.name, partition: '', step: step.step, failure })
    }
  }
}

const isKeyless = ({ discovered }: TableRun): boolean => discovered.table.primaryKey.length === 0
