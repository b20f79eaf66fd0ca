import { feedLost, SyncError } from '@tidemark/core'
import { asChange, asCheckpoint, type FeedCheckpoint, type TableChange } from '@tidemark/core/engine'
import { describe } from '../read/reject.ts'
import type { SourceWait } from '../source/source-wait.ts'
import type { FeedBackfill } from './feed-backfill.ts'
import { FeedBuffer } from './feed-buffer.ts'
import { type NextItem, toldBy, weightOf } from './feed-item.ts'
import { type FeedWork, waitingForFeed } from './feed-work.ts'
import type { FeedWriter } from './feed-writer.ts'
import { letGo } from './let-go.ts'
import { reshapeFed } from './reshape-fed.ts'

/** A checkpoint waits no longer than this for its commit. */
const COMMIT_MS = 1000
/** How long changes may be taken in at a stretch. */
const TURN_MS = 2
/** After so much of a batch a checkpoint is committed, so that a batch seldom ends between two of them. */
const HALF = 0.5
/** The most changes between two looks at how much has gathered. */
const LOOK_EVERY = 64

/**
 * How reading ended: the feed is read to its end, or to where its source was; it has told all it had, while chunks of its tables
 * are being read; the time of the run is over.
 */
export type FeedEnd = 'complete' | 'more' | 'over-time'

/**
 * Reads a feed once, from its committed offset: takes changes in, folds them by key, and commits at checkpoints, at the latest
 * after a second; a transaction larger than a batch in parts without an offset. While a batch is written the next is read.
 */
export class FeedReader {
  readonly #work: FeedWork
  readonly #writer: FeedWriter
  readonly #backfill: FeedBackfill
  readonly #redact: (text: string) => string
  readonly #lookEvery: number
  #buffer: FeedBuffer
  #pending: Promise<void> = Promise.resolve()
  #committedAt: number
  /** The offset that it began with. */
  readonly #beganAt: string | null
  #looks = 0
  #askedAt = 0n
  /** Changes came since the last look that are many by themselves. */
  #isLarge = false
  /** Changes came since the last checkpoint, of which a part may be written. */
  #isWithin = false
  /** Another offset was committed: a later failure is another one. */
  hasProgress = false

  constructor(work: FeedWork, writer: FeedWriter, backfill: FeedBackfill) {
    this.#work = work
    this.#writer = writer
    this.#backfill = backfill
    this.#redact = work.context.options.redact ?? ((text) => text)
    this.#lookEvery = Math.min(LOOK_EVERY, work.context.options.settings?.batch?.rows ?? LOOK_EVERY)
    this.#buffer = this.#nextBuffer(writer.nextSeq)
    this.#committedAt = work.context.clock.monotonic()
    this.#beganAt = work.state.offset
  }

  /**
   * @param head where the source was; undefined: the feed ends by itself.
   * @param askedAt when that was asked, by the destination's clock: up to then the tables have all, once it is read.
   */
  async run(offset: unknown, head: unknown, askedAt: bigint): Promise<FeedEnd> {
    this.#askedAt = askedAt
    const { watchesSilence } = this.#work.feed
    const patience = watchesSilence ? { giveUpMs: Number.POSITIVE_INFINITY } : {}
    return await waitingForFeed(this.#work, (wait) => this.#read(wait, offset, head), patience)
  }

  async #read(wait: SourceWait, offset: unknown, head: unknown): Promise<FeedEnd> {
    const { feed, source, context } = this.#work
    const { client, log, guard } = source
    const items = guard.run(() => feed.read({ client, signal: wait.signal, log, offset } as never))
    if (typeof items?.[Symbol.asyncIterator] !== 'function')
      throw new SyncError(
        `feed "${feed.name}": read() must be an async generator that yields changes and checkpoints, async *read({ client, offset }) { yield … }`,
        'fix-source',
      )
    const iterator = items[Symbol.asyncIterator]()
    let isOver = false
    let isPast = this.#isPast(offset, head)
    let turnedAt = context.clock.monotonic()
    let next: Promise<NextItem> | undefined
    try {
      for (;;) {
        this.#backfill.throwIfFailed()
        if (isPast && (await this.#isSettled(wait))) return await this.#end()
        next ??= wait.page(() => iterator.next(), weightOf)
        const item = await this.#next(wait, next, isPast)
        if (item === undefined) continue
        next = undefined
        const { done, value } = item
        isOver = done === true
        if (context.clock.monotonic() - turnedAt >= TURN_MS) {
          await context.clock.turn()
          turnedAt = context.clock.monotonic()
          context.signal.throwIfAborted()
        }
        if (isOver) {
          this.#writer.checkSnapshots()
          await this.#flushAll(wait)
          if (this.#backfill.isSettled()) return await this.#end()
          return 'more'
        }
        const checkpoint = asCheckpoint(value)
        if (checkpoint !== undefined) {
          if (!this.#writer.isWithinSnapshot) {
            await this.#checkpoint(checkpoint, wait)
            isPast ||= this.#isPast(checkpoint.offset, head)
          }
          if (!context.isOverTime()) continue
          await this.#flush(wait)
          return 'over-time'
        }
        const change = asChange(value)
        if (change === undefined)
          throw new SyncError(
            `feed "${feed.name}": read() yielded ${describe(value)}; it yields changes of its tables, such as orders.upserted([…]), and checkpoint(offset)`,
            'fix-source',
          )
        await this.#change(change)
      }
    } finally {
      // Whatever comes next begins with what is committed.
      await this.#pending.catch(() => {})
      next?.catch(() => {})
      wait.end()
      if (!isOver) await letGo(iterator, context.clock)
    }
  }

  /** Whether the feed may end here: nothing waits to be read beside it. What it has told is committed first. */
  async #isSettled(wait: SourceWait): Promise<boolean> {
    if (!this.#backfill.isDone || this.#isWithin) return false
    await this.#flush(wait)
    return this.#backfill.isSettled()
  }

  /**
   * The next item; undefined: there is something else to do. A checkpoint does not wait for it longer than a second, and a
   * feed that has come to where the source was ends when its chunks are read.
   */
  async #next(wait: SourceWait, next: Promise<NextItem>, isPast: boolean): Promise<NextItem | undefined> {
    const { checkpoint } = this.#buffer
    const isWaiting = !this.#backfill.isDone
    if (checkpoint === undefined && !(isPast && isWaiting)) return await next
    const { clock } = this.#work.context
    const came = new AbortController()
    const settled = next.then(
      () => 'item' as const,
      () => 'item' as const,
    )
    const left = isWaiting ? 0 : Math.max(0, COMMIT_MS - (clock.monotonic() - this.#committedAt))
    const first = await Promise.race([
      settled,
      ...(checkpoint === undefined
        ? []
        : [
            clock.sleep(left, came.signal).then(
              () => 'time' as const,
              () => 'item' as const,
            ),
          ]),
      ...(isWaiting ? [this.#backfill.done.then(() => 'backfill' as const)] : []),
    ])
    came.abort()
    if (first === 'item') return await next
    if (first === 'time') await this.#flush(wait)
    return undefined
  }

  async #change(change: TableChange): Promise<void> {
    const { tables, leftOut, feed } = this.#work
    const table = tables.get(change.table)
    if (table === undefined) {
      if (leftOut.has(change.table)) return
      throw new SyncError(
        `feed "${feed.name}" told a change of table "${change.table}", which is not one of its tables; name it in of([…])`,
        'fix-source',
      )
    }
    switch (change.kind) {
      case 'schema-changed':
        await this.#write()
        await this.#pending
        await reshapeFed(table, change, this.#work, this.#writer)
        return
      case 'snapshot-started':
        // What was told before has a smaller number.
        await this.#write()
        this.#writer.snapshots.set(table, this.#buffer.seq)
        return
      case 'snapshot-ended': {
        const from = this.#writer.snapshots.get(table)
        if (from === undefined)
          throw new SyncError(
            `feed "${feed.name}": table "${change.table}" ended a snapshot that was not started`,
            'fix-source',
          )
        this.#writer.snapshots.delete(table)
        this.#isWithin = true
        this.#writer.replaceBelow(table, from)
        this.#buffer.checkpoint = undefined
        return
      }
      default:
        this.#buffer.add(change, table)
        this.#isWithin = true
        if (change.kind === 'truncated') this.#writer.replaceBelow(table, this.#buffer.seq)
        this.#isLarge ||= change.kind === 'upserted' && change.rows.length > this.#lookEvery
        if (++this.#looks % this.#lookEvery !== 0 && !this.#isLarge) return
        this.#isLarge = false
        if (this.#buffer.isFull() && this.#buffer.mayBeToldAgain()) await this.#write()
    }
  }

  async #checkpoint(checkpoint: FeedCheckpoint, wait: SourceWait): Promise<void> {
    const { clock } = this.#work.context
    this.#buffer.checkpoint = checkpoint
    this.#isWithin = false
    const isDue = clock.monotonic() - this.#committedAt >= COMMIT_MS || this.#buffer.isFull(HALF)
    const { waits, lost } = checkpoint.options
    if (waits === true || lost === true || isDue) await this.#flush(wait)
    if (lost === true) throw feedLost(`feed "${this.#work.feed.name}" has lost rows of some of its tables`)
  }

  /** Commits the checkpoint that was come to, and tells the source. */
  async #flush(wait: SourceWait): Promise<void> {
    const { checkpoint } = this.#buffer
    if (checkpoint === undefined) return
    await this.#write()
    await this.#pending
    const { feed, source } = this.#work
    const { acknowledge } = feed
    if (acknowledge === undefined) return
    const { client, log } = source
    await wait.answer(() => acknowledge({ client, log, signal: wait.signal, offset: checkpoint.offset } as never))
  }

  /** Hands what has gathered on, once what was before is written. */
  async #write(): Promise<void> {
    await this.#pending
    const buffer = this.#buffer
    this.#committedAt = this.#work.context.clock.monotonic()
    if (buffer.isEmpty) return
    const { checkpoint } = buffer
    this.#buffer = this.#nextBuffer(buffer.seq + 1n)
    const commit = this.#writer.commit(buffer, {
      checkpoint: checkpoint && toldBy(checkpoint),
    })
    const pending = commit.then(() => this.#progress())
    pending.catch(() => {})
    this.#pending = pending
  }

  /** The source has told all it has: what came last is whole, also where that is nothing new. */
  async #end(): Promise<FeedEnd> {
    await this.#commitWhole(this.#askedAt)
    return 'complete'
  }

  /** The same, while chunks are still being read. */
  async #flushAll(wait: SourceWait): Promise<void> {
    if (this.#buffer.checkpoint !== undefined) await this.#flush(wait)
    else if (!this.#buffer.isEmpty) await this.#commitWhole(undefined)
  }

  async #commitWhole(completedAt: bigint | undefined): Promise<void> {
    await this.#pending
    const buffer = this.#buffer
    const { offset, toldAt } = this.#work.state
    const { checkpoint } = buffer
    this.#buffer = this.#nextBuffer(buffer.seq + 1n)
    await this.#writer.commit(buffer, {
      checkpoint: checkpoint === undefined ? { offset, toldAt } : toldBy(checkpoint),
      completedAt,
    })
    this.#progress()
  }

  /** A source that yields the same again gets no further. */
  #progress(): void {
    this.hasProgress ||= this.#work.state.offset !== this.#beganAt
  }

  #isPast(offset: unknown, head: unknown): boolean {
    const { isPast } = this.#work.feed
    return head !== undefined && offset !== undefined && isPast?.(offset as never, head as never) === true
  }

  #nextBuffer(seq: bigint): FeedBuffer {
    return new FeedBuffer({ seq, limit: this.#work.context.options.settings?.batch, redact: this.#redact })
  }
}
