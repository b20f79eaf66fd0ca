import {
  type Committed,
  type Completion,
  type Counts,
  type Destination,
  type EncodedKey,
  failpoint,
  isDeleted,
  type Lease,
  type Logger,
  type Part,
  type Prepared,
  type Question,
  type Rail,
  type Range,
  type RejectLimit,
  type StepRef,
  type Table,
  type TableColumn,
  windowAt,
} from '@tidemark/core/engine'
import { abortable } from './abortable.ts'
import type { Clock } from './clock.ts'
import { type Lateness, latenessOf, lookedBack } from './lateness.ts'
import { PageReader } from './page-reader.ts'
import type { Step } from './plan.ts'
import { addRows, NO_ROWS, type RowCounts } from './report.ts'
import { heldBack, notPages, outOfOrder, tooManyRejects } from './step-error.ts'
import { tracedCommit } from './telemetry.ts'

/** All that reading one step needs; decided by the schedule, which alone knows what else is left. */
export interface StepTask {
  readonly step: Step
  readonly ref: StepRef
  /** The window as it was planned; after a retry the step's own is what is left of it. */
  readonly origin: Range | undefined
  readonly table: Table
  readonly columns: readonly TableColumn[]
  readonly prepared: Prepared
  readonly lease: Lease
  readonly destination: Destination
  readonly client: unknown
  readonly partition: unknown
  readonly signal: AbortSignal
  readonly log: Logger
  readonly clock: Clock
  readonly redact: (text: string) => string
  readonly part: { readonly rows: number; readonly bytes: number }
  readonly rejectLimit: { readonly share: number; readonly above: number }
  readonly rail: Rail['limit']
  /** Rows of the table that this run has marked or replaced away so far. */
  readonly goneBefore: () => number
  /** Older versions may still come from other windows of the partition. */
  readonly olderToCome: () => boolean
  /** What the step's last part commits beside its range. */
  readonly completion: (last: boolean, deletions: boolean) => Omit<Completion, 'cover' | 'last'>
  /** Looks for rows that did not come back with their window. @returns whether it can be told which of them are gone. */
  readonly elsewhere:
    | ((missing: Missing, take: (alive: readonly EncodedKey[]) => Promise<void>) => Promise<boolean>)
    | undefined
  readonly onPart: (rows: Partial<RowCounts>, late: Lateness | undefined) => void
}

/** Keys of rows that did not come back. */
export type Missing = ReturnType<Destination['missing']>

/** How long pages may be taken in at a stretch. */
const TURN_MS = 2

/** How far a step came; also when it failed, because what was committed stays. */
export interface Progress {
  rows: RowCounts
  /** What is covered of an ascending window so far: up to, and without, this. */
  coveredTo: bigint | undefined
}

/**
 * Reads one step: pages come in, are trimmed, validated and gathered, and go out as parts. No transaction is open while
 * the source is awaited, and while a part is written the next is read; more than one is never waiting.
 */
export class StepReader {
  readonly progress: Progress = { rows: NO_ROWS, coveredTo: undefined }
  readonly #task: StepTask
  readonly #reader: PageReader
  readonly #staged: boolean
  /** How far under its window this step looks back; undefined: not at all, or it replaces what it reads. */
  readonly #lookedBack: bigint | undefined
  readonly #startedAt: number
  #number = 0
  #turnedAt: number
  #pending: Promise<unknown> = Promise.resolve()
  /** Greatest position of the pages that came in whole. */
  #seenTo: number | bigint | undefined

  constructor(task: StepTask) {
    this.#task = task
    const { table, columns, prepared, step, redact, part } = task
    this.#reader = new PageReader({ table, columns, encoder: prepared.encoder, range: step.read, redact, part })
    // A table read whole, a window read again and rows without a key are replaced, so nothing of them may show before all is there.
    this.#staged = step.kind === 'whole' || step.kind === 'reread' || table.primaryKey.length === 0
    this.#lookedBack = this.#staged ? undefined : lookedBack(step)
    this.#startedAt = task.clock.monotonic()
    this.#turnedAt = this.#startedAt
  }

  async run(): Promise<void> {
    if (this.#task.step.kind !== 'unchanged') await this.#readPages()
    await this.#pending
    await this.#finish()
  }

  /**
   * After a failure: what has gathered of an ascending window is committed up to and without the last value seen, so that
   * the next attempt goes on from there. An API that breaks now and then must still get somewhere.
   */
  async salvage(): Promise<void> {
    const { counts, disordered } = this.#reader
    if (this.#staged || this.#task.table.ordered !== 'ascending' || disordered || counts.read === 0) return
    await this.#write()
    await this.#pending
  }

  /** What came in and is in no part yet. */
  get untaken(): Counts {
    return this.#reader.counts
  }

  async #readPages(): Promise<void> {
    const { table } = this.#task
    // Given up or done, the source is told to stop whatever it still does for this step.
    const given = new AbortController()
    const { signal } = given
    const pages = table.read(this.#question(signal))
    if (typeof pages?.[Symbol.asyncIterator] !== 'function') {
      // It may be a promise that rejects later, and nobody would be there.
      Promise.resolve(pages as unknown).catch(() => {})
      throw notPages(table)
    }
    const iterator = pages[Symbol.asyncIterator]()
    const stopped = (): void => given.abort(this.#task.signal.reason)
    // Not AbortSignal.any: a million steps must leave nothing behind on the signal of the run.
    if (this.#task.signal.aborted) stopped()
    this.#task.signal.addEventListener('abort', stopped, { once: true })
    let ended = false
    let past = false
    try {
      for (;;) {
        const next = await abortable(iterator.next(), signal)
        await this.#turn()
        ended = next.done === true
        // Behind the page that passed the window only the deletions that belong to it are of interest.
        if (ended || (past && !isDeleted(next.value))) break
        for (const _ of this.#reader.add(next.value)) await this.#write()
        past = past || (await this.#isPast())
      }
    } catch (error) {
      this.#pending.catch(() => {})
      throw error
    } finally {
      this.#task.signal.removeEventListener('abort', stopped)
      given.abort(new DOMException('the step is over', 'AbortError'))
      // Lets the source close what it opened. One that hangs is not waited for.
      if (!ended) void Promise.try(() => iterator.return?.()).catch(() => {})
    }
  }

  /** Now and then everything else has its turn, however fast the pages come. */
  async #turn(): Promise<void> {
    const { clock, signal } = this.#task
    if (clock.monotonic() - this.#turnedAt < TURN_MS) return
    await clock.turn()
    this.#turnedAt = clock.monotonic()
    signal.throwIfAborted()
  }

  #question(signal: AbortSignal): Question {
    const { table, step, client, log, partition } = this.#task
    const { cursor } = table
    const { read } = step
    const bounds = cursor === undefined || read === undefined ? {} : windowAt(read, cursor)
    return { client, signal, log, partition, ...bounds } as unknown as Question
  }

  /** Whether an ordered table has passed the window; keeps track of how far its pages came. */
  async #isPast(): Promise<boolean> {
    const { table, step } = this.#task
    const { lowest, highest } = this.#reader
    if (table.ordered === undefined || step.read === undefined || lowest === undefined || highest === undefined)
      return false
    if (this.#reader.disordered) await this.#goesBack()
    if (table.ordered === 'descending') return step.read.from !== undefined && lowest < step.read.from
    this.#seenTo = highest
    return highest >= step.read.to
  }

  async #goesBack(): Promise<never> {
    const { step, table, destination, lease, origin } = this.#task
    await this.#pending
    const coveredTo = this.progress.coveredTo ?? step.window?.from
    if (origin !== undefined && coveredTo !== undefined && (origin.from === undefined || origin.from < coveredTo)) {
      const window = { from: origin.from, to: coveredTo }
      await destination.record(lease, [
        { kind: 'reread', partition: step.partition, window, reason: 'a page went back' },
      ])
    }
    throw outOfOrder(table)
  }

  /** Hands the part on, once the one before is written. */
  async #write(): Promise<void> {
    const { completion } = this.#task
    await this.#pending
    const cover = this.#staged ? undefined : this.#coverSoFar()
    const pending = this.#commit(
      cover === undefined ? undefined : { cover, last: false, ...completion(false, this.#reader.anyDeleted) },
    )
    pending.catch(() => {})
    this.#pending = pending
  }

  /** What an ascending table has completed: up to the last value of the pages that came in whole, without it. */
  #coverSoFar(): Range | undefined {
    const { table, step } = this.#task
    if (table.ordered !== 'ascending' || step.window === undefined || this.#seenTo === undefined || this.#isSuspect())
      return undefined
    const from = this.progress.coveredTo ?? step.window.from
    const seenTo = BigInt(this.#seenTo)
    const to = seenTo < step.window.to ? seenTo : step.window.to
    return from === undefined || from < to ? { from, to } : undefined
  }

  async #finish(): Promise<void> {
    const { step, table, prepared, completion } = this.#task
    const { window } = step
    const cover = window === undefined ? undefined : { from: this.progress.coveredTo ?? window.from, to: window.to }
    const completes = { cover, last: true, ...completion(true, this.#reader.anyDeleted) }
    const first = await this.#commit(completes)
    const committed = first.missing === undefined ? first : await this.#lookElsewhere(completes)
    const { rejected } = this.progress.rows
    if (committed.overLimit === true) throw tooManyRejects(table.name, this.#limit(this.progress.rows))
    if (committed.held !== undefined) throw heldBack(prepared.name, committed.held, this.#reader.keyless ? rejected : 0)
  }

  /** Before rows that did not come back are called gone, the source is asked whether it has them elsewhere. */
  async #lookElsewhere(completes: Completion): Promise<Committed> {
    const { destination, lease, ref, elsewhere } = this.#task
    const canTell = await elsewhere?.(destination.missing(lease, ref), async (alive) => {
      if (alive.length > 0) await this.#commit(undefined, { alive })
    })
    return await this.#commit(completes, { mark: canTell === true })
  }

  /** Rejects against rows of the window, as far as they have come in. */
  #limit(counts: Counts): RejectLimit {
    return { ...this.#task.rejectLimit, rows: counts.read - counts.trimmed, rejected: counts.rejected }
  }

  /** Too many rejects for a claim of coverage in the middle of a window, also where it is still too short for the limit. */
  #isSuspect(): boolean {
    const { rows, rejected, share } = this.#limit(sum(this.progress.rows, this.#reader.counts))
    return rejected > rows * share
  }

  async #commit(
    completes: Completion | undefined,
    more: { readonly alive?: readonly EncodedKey[]; readonly mark?: boolean } = {},
  ): Promise<Committed> {
    const { step, ref, destination, lease, rail, goneBefore, olderToCome, clock, onPart } = this.#task
    const { undeclared, ...gathered } = this.#reader.take()
    this.#number++
    const last = completes?.last === true
    const part: Part = {
      step: ref,
      number: this.#number,
      ...gathered,
      alive: more.alive,
      staging: this.#staged ? (last ? 'move' : 'fill') : undefined,
      lateBelow: this.#lookedBack === undefined ? undefined : step.window?.from,
      tombstones: !last || olderToCome(),
      rejectLimit: completes === undefined ? undefined : this.#limit(sum(this.progress.rows, gathered.counts)),
      rail: last && this.#staged ? { ...this.#marking(more.mark), limit: rail, goneBefore: goneBefore() } : undefined,
      completes,
      durationMs: Math.round(clock.monotonic() - this.#startedAt),
    }
    failpoint('before-part')
    const committed = await tracedCommit(this.#task, part, () => destination.commit(lease, part))
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
    const isDone = committed.held === undefined && committed.overLimit !== true && committed.missing === undefined
    if (completes?.cover !== undefined && isDone) this.progress.coveredTo = completes.cover.to
    onPart(rows, latenessOf(committed, step, this.#lookedBack))
    return committed
  }

  /** Whether rows that did not come back may be marked, or only counted first. */
  #marking(mark: boolean | undefined): Pick<Rail, 'mark' | 'ask'> {
    if (this.#reader.keyless || mark === false) return { mark: false }
    return mark === undefined && this.#task.elsewhere !== undefined ? { mark: true, ask: true } : { mark: true }
  }
}

function sum(a: Counts, b: Counts): Counts {
  return {
    read: a.read + b.read,
    deduped: a.deduped + b.deduped,
    trimmed: a.trimmed + b.trimmed,
    rejected: a.rejected + b.rejected,
  }
}
