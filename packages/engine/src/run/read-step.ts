import {
  type Batch,
  type Committed,
  type Completion,
  type Counts,
  type DeletionGuard,
  failpoint,
  isWhole,
  type Question,
  type Range,
  type RejectLimit,
  subtract,
  windowAt,
} from '@tidemark/core/engine'
import { type OrderedWindow, orderedWindow } from '../read/ordered-window.ts'
import { eachPage } from '../read/page-loop.ts'
import { PageReader } from '../read/page-reader.ts'
import { isSuspect } from '../read/reject-suspicion.ts'
import { type SeenRows, seenIn, truthOf } from '../read/seen-rows.ts'
import { heldBack, outOfOrder, tooManyRejects } from '../read/step-error.ts'
import { latenessOf, lookedBack } from '../report/lateness.ts'
import { addRows, NO_ROWS, type RowCounts, sumCounts } from '../report/report.ts'
import { rowsIn, type SourceWait, waitingFor } from '../source/source-wait.ts'
import { askedKeys } from './asked-keys.ts'
import { headStart } from './head-start.ts'
import { lateDeletionsOf } from './late-deletions.ts'
import type { StepTask } from './step-task.ts'
import { tracedCommit } from './telemetry.ts'

/** How far a step came; also when it failed, because what was committed stays. */
export interface Progress {
  rows: RowCounts
  pages: number
  /** Deletions were withheld because the partition would become empty. */
  empties: boolean
}

/**
 * Reads one step: pages come in, are trimmed, validated and gathered, and go out as batches. No transaction is open while
 * the source is awaited, and while a batch is written the next is read; more than one is never waiting.
 */
export class StepReader {
  readonly progress: Progress = { rows: NO_ROWS, pages: 0, empties: false }
  readonly #task: StepTask
  readonly #reader: PageReader
  readonly #staged: boolean
  /** How far under its window this step looks back; undefined: not at all, or it replaces what it reads. */
  readonly #lookedBack: bigint | undefined
  /** Nothing that it reads was read before. */
  readonly #takesBinary: boolean
  readonly #seenRows: SeenRows | undefined
  readonly #ordered: OrderedWindow | undefined
  readonly #startedAt: number
  #number = 0
  #pending: Promise<unknown> = Promise.resolve()

  constructor(task: StepTask) {
    this.#task = task
    const { table, columns, prepared, step, redact, batchLimit: part } = task
    const knownBelow = step.window?.from
    const { encoder } = prepared
    // A table read whole, a window read again and rows without a key are replaced, so nothing of them may show before all is there.
    this.#staged = step.kind === 'full_refresh' || step.kind === 'resync' || table.primaryKey.length === 0
    this.#lookedBack = this.#staged ? undefined : lookedBack(step)
    this.#seenRows = this.#staged ? undefined : seenIn(task)
    const seen = this.#seenRows
    // What is looked back for, or tried again, is remembered by its keys, and what changed is merged.
    const isNew = this.#staged || (step.kind === 'backfill' && this.#lookedBack === undefined && seen === undefined)
    this.#takesBinary = isNew && encoder.binary !== undefined && !isWhole(table.row)
    this.#reader = new PageReader({
      table,
      columns,
      encoder,
      range: step.read,
      keyRange: step.keyRange,
      knownBelow,
      redact,
      batchLimit: part,
      takesBinary: this.#takesBinary,
      seenRows: seen,
    })
    this.#ordered = orderedWindow(table, step.window, step.read)
    this.#startedAt = task.clock.monotonic()
  }

  /** What is left of the window behind what was committed of it so far; undefined: all. */
  get remaining(): Range | undefined {
    return this.#ordered?.remaining
  }

  async run(): Promise<void> {
    await waitingFor(this.#task, async (wait) => {
      if (this.#task.step.kind !== 'unchanged') await this.#readPages(wait)
    })
    await this.#pending
    await this.#finish()
  }

  /**
   * After a failure: what has gathered of an ordered window is committed up to and without the last value seen, so that
   * the next attempt continues from there. An API that breaks now and then must still get somewhere.
   */
  async commitPartial(): Promise<void> {
    const { counts, disordered } = this.#reader
    if (this.#staged || this.#task.table.ordered === undefined || disordered || counts.read === 0) return
    await this.#write()
    await this.#pending
  }

  /** Whether any row that came in lies in the window. */
  get hasRows(): boolean {
    return this.#reader.inWindow > 0
  }

  /** What came in and is in no batch yet. */
  get uncommittedCounts(): Counts {
    return this.#reader.counts
  }

  async #readPages(wait: SourceWait): Promise<void> {
    const { table, guard, clock, signal } = this.#task
    try {
      await eachPage({
        table,
        read: () => guard.run(() => table.read(this.#question(wait.signal))),
        next: (ask) => wait.page(ask, rowsIn),
        take: async (page) => {
          this.progress.pages++
          for (const _ of this.#reader.add(page)) await this.#write().then(() => headStart(this.#pending, this.#task))
          return (await this.#isPast()) ? 'past' : 'more'
        },
        stop: () => wait.end(),
        clock,
        signal,
      })
    } catch (error) {
      this.#pending.catch(() => {})
      throw error
    }
  }

  #question(signal: AbortSignal): Question {
    const { table, step, client, log, partition, mayChangeColumns, prepared } = this.#task
    const { cursor } = table
    const { read } = step
    const bounds = cursor === undefined || read === undefined ? askedKeys(this.#task) : windowAt(read, cursor)
    const more = {
      ...(mayChangeColumns ? { mayChangeColumns } : {}),
      ...(this.#takesBinary ? { binary: prepared.encoder.binary } : {}),
    }
    return { client, signal, log, partition, ...bounds, ...more } as unknown as Question
  }

  /** Whether an ordered table has passed the window; keeps track of how far its pages came. */
  async #isPast(): Promise<boolean> {
    if (this.#ordered === undefined) return false
    if (this.#reader.disordered) await this.#goesBack()
    return this.#ordered.sawPage(this.#reader)
  }

  async #goesBack(): Promise<never> {
    const { step, table, destination, lease, wholeWindow } = this.#task
    await this.#pending
    const left = this.remaining ?? step.window
    const covered = wholeWindow === undefined || left === undefined ? [] : subtract([wholeWindow], [left])
    const again = covered.map((window) => ({
      kind: 'resync' as const,
      partition: step.partition,
      window,
      reason: 'a page went back',
    }))
    if (again.length > 0) await destination.record(lease, again)
    throw outOfOrder(table)
  }

  /** Hands the batch on, once the one before is written. */
  async #write(): Promise<void> {
    await this.#pending
    const cover = this.#staged || this.#isSuspect() ? undefined : this.#ordered?.complete
    const pending = this.#commit(cover === undefined ? undefined : { cover, last: false, ...this.#completion(false) })
    pending.catch(() => {})
    this.#pending = pending
  }

  async #finish(): Promise<void> {
    const { step, prepared, owner } = this.#task
    const { window } = step
    const cover = this.remaining ?? window
    const completes = { cover, last: true, ...this.#completion(true) }
    const lateDeletions = await lateDeletionsOf(this.#task, this.#seenRows)
    const first = await this.#commit(completes, { lateDeletions })
    const committed = first.missing === undefined ? first : await this.#lookElsewhere(first.missing, completes)
    const rejected = this.#reader.keyless ? this.progress.rows.rejected : 0
    if (committed.overLimit === true) throw tooManyRejects(prepared.name, this.#limit(this.progress.rows), this.#why)
    if (committed.withheld === undefined) {
      if (step.kind !== 'unchanged') owner.ended({ ...this.#reader.leftOut, undeclared: this.#reader.undeclared.names })
      return
    }
    this.progress.empties = committed.withheld.empties === true
    throw heldBack({ ...this.#task, name: prepared.name, rejected, why: this.#why }, committed.withheld)
  }

  /** Before rows that did not come back count as deleted, the source is asked whether it has them elsewhere. */
  async #lookElsewhere(missing: number, completes: Completion): Promise<Committed> {
    const { destination, lease, ref, elsewhere, prepared, log } = this.#task
    const canTell = await elsewhere?.(destination.missing(lease, ref), async (alive) => {
      if (alive.length > 0) await this.#commit(undefined, { alive })
    })
    if (canTell !== true)
      log.warn(
        `${prepared.name}: ${missing === 1 ? 'a row' : `${missing} rows`} did not come back, and Tidemark could not ask the source everywhere they may be; they stay, and the next sync looks again`,
      )
    return await this.#commit(completes, { mark: canTell === true })
  }

  #completion(last: boolean): Omit<Completion, 'cover' | 'last'> {
    return this.#task.owner.completion(last, this.#reader.anyDeleted)
  }

  /** Why most rows were rejected. */
  get #why(): string | undefined {
    return this.#reader.reasons.text(this.#task.columns, this.#task.redact)
  }

  /** Rejects against rows of the window, as far as they have come in, without what was looked back for. */
  #limit(counts: Counts): RejectLimit {
    const { known } = this.#reader
    const rows = counts.read - counts.trimmed - known.rows
    return { ...this.#task.rejectLimit, rows, rejected: counts.rejected - known.rejected }
  }

  #isSuspect(): boolean {
    return isSuspect(this.#limit(sumCounts(this.progress.rows, this.#reader.counts)))
  }

  async #commit(
    completes: Completion | undefined,
    more: Pick<Batch, 'alive' | 'lateDeletions'> & { readonly mark?: boolean } = {},
  ): Promise<Committed> {
    const marks = this.#staged && completes?.last === true
    return marks ? await this.#task.owner.inTurn(() => this.#send(completes, more)) : await this.#send(completes, more)
  }

  async #send(
    completes: Completion | undefined,
    more: Pick<Batch, 'alive' | 'lateDeletions'> & { readonly mark?: boolean },
  ): Promise<Committed> {
    const { step, ref, destination, lease, owner, clock } = this.#task
    const { undeclared, ...gathered } = this.#reader.take()
    this.#number++
    const last = completes?.last === true
    const batch: Batch = {
      step: ref,
      number: this.#number,
      ...gathered,
      alive: more.alive,
      lateDeletions: more.lateDeletions,
      truth: this.#number === 1 && last ? undefined : truthOf(this.#task, this.#seenRows),
      staging: this.#staged ? (last ? 'move' : 'fill') : undefined,
      lateBelow: this.#lookedBack === undefined ? undefined : step.window?.from,
      tombstones: !last || owner.hasOlderSteps,
      rejectLimit: completes === undefined ? undefined : this.#limit(sumCounts(this.progress.rows, gathered.counts)),
      deletionGuard: last && this.#staged ? { ...this.#marking(more.mark), ...owner.deletionGuard } : undefined,
      completes: completes && { ...completes, undeclared: owner.undeclaredWith(this.#reader.undeclared.names) },
      durationMs: Math.round(clock.monotonic() - this.#startedAt),
    }
    failpoint('before-batch')
    const within = last ? owner.within : undefined
    const committed = await tracedCommit(this.#task, batch, () => destination.commit(lease, batch, within))
    const rows: Partial<RowCounts> = {
      ...gathered.counts,
      deduped: gathered.counts.deduped + committed.deduped,
      rejected: gathered.counts.rejected + committed.rejected,
      written: committed.written,
      unchanged: committed.unchanged,
      deleted: committed.deleted,
      undeclared,
    }
    this.progress.rows = addRows(this.progress.rows, rows)
    const isDone = committed.withheld === undefined && committed.overLimit !== true && committed.missing === undefined
    if (completes?.cover !== undefined && !last && isDone) this.#ordered?.covered(completes.cover)
    owner.committed({
      rows,
      lateRows: latenessOf(committed, step, this.#lookedBack),
      completes: isDone ? batch.completes : undefined,
      isRefreshed: committed.refreshed === true,
      deletions: this.#reader.anyDeleted,
    })
    return committed
  }

  /** Whether rows that did not come back may be marked, or only counted first. */
  #marking(mark: boolean | undefined): Pick<DeletionGuard, 'markDeleted' | 'ask'> {
    if (this.#reader.keyless || mark === false) return { markDeleted: false }
    return mark === undefined && this.#task.elsewhere !== undefined
      ? { markDeleted: true, ask: true }
      : { markDeleted: true }
  }
}
