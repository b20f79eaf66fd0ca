import type { FeedChunk } from '@tidemark/core/engine'
import { CONCURRENCY } from '../run/run-steps.ts'
import type { TableRun } from '../run/table-run.ts'
import type { SourceWait } from '../source/source-wait.ts'
import { Sequence } from '../time/sequence.ts'
import { cutChunks } from './cut-chunks.ts'
import { type FeedPart, type PartOptions, readPart } from './feed-part.ts'
import { FeedWaits } from './feed-waits.ts'
import { type FeedWork, waitingForFeed } from './feed-work.ts'

/** So many chunks are asked for at a time, and so many keys of rows of which something is missing. */
const CHUNKS = 100
const KEYS = 1000

/**
 * Reads what the tables of a feed held before it began, in chunks beside it. A chunk is as of a committed offset; its rows are
 * shown when the feed has passed an offset that was taken after the read: whatever the chunk may hold that is newer has
 * been told by then, and has a greater number.
 */
export class FeedBackfill {
  readonly #work: FeedWork
  readonly #stop = new AbortController()
  /** Chunks that are not begun, by table. */
  readonly #left = new Map<TableRun, FeedChunk[]>()
  readonly #commits: Sequence
  readonly #waits: FeedWaits
  readonly #partOptions: PartOptions
  #reading: Promise<void> | undefined
  /** Tables of which all chunks are read, and that is not committed yet. */
  readonly read = new Set<TableRun>()
  /** Tables of whose rows nothing is missing any more, and that is not committed yet. */
  readonly completed = new Set<TableRun>()
  /** Tables that may have rows of which something is missing, and how often that was seen. */
  readonly #incomplete = new Map<TableRun, number>()
  /** Numbers at which tables were truncated in this run. */
  readonly truncatedAt = new Map<TableRun, bigint>()
  #failed: { readonly error: unknown } | undefined

  /** @param commits lets commits of the feed and of its chunks follow one another. */
  constructor(work: FeedWork, commits: Sequence) {
    this.#work = work
    this.#commits = commits
    this.#waits = new FeedWaits(this.#stop.signal)
    this.#partOptions = {
      work,
      commits,
      waits: this.#waits,
      truncatedAt: this.truncatedAt,
      asking: (ask) => this.#asking(ask),
    }
  }

  /** Nothing is being read. */
  get isDone(): boolean {
    return this.#reading === undefined
  }

  /**
   * The feed has told all it has for now. @returns whether nothing is left to be read: rows of which something is missing are
   * read by their keys from here on.
   */
  isSettled(): boolean {
    if (this.#reading !== undefined) return false
    if (this.#incomplete.size === 0 || this.#failed !== undefined || this.#work.context.isOverTime()) return true
    this.#begin(async () => {
      for (const table of [...this.#incomplete.keys()]) await this.#complete(table)
    })
    return false
  }

  /** Something is missing of rows of a table. */
  isMissing(table: TableRun): void {
    if (table.discovered.table.feed?.backfill?.rows === undefined) return
    this.#incomplete.set(table, (this.#incomplete.get(table) ?? 0) + 1)
    this.completed.delete(table)
  }

  /** Ends when all is read, or failed. */
  get done(): Promise<void> {
    return this.#reading ?? Promise.resolve()
  }

  /** Whether older versions of rows of a table may still come, with a chunk or by their keys. */
  isOpen(table: TableRun): boolean {
    return this.#left.has(table) || this.#incomplete.has(table)
  }

  /** @throws what reading a chunk threw. */
  throwIfFailed(): void {
    if (this.#failed !== undefined) throw this.#failed.error
  }

  /** Cuts tables that are not cut for their present life, and begins to read. Call it when the feed has an offset. */
  async begin(): Promise<void> {
    const { destination } = this.#work.context
    const names = [...this.#work.tables.values()].map(({ name }) => name)
    const state = names.length === 0 ? undefined : await destination.state(names)
    for (const table of this.#work.tables.values()) {
      const fed = state?.tables.get(table.name)?.fed
      const { backfill } = table.discovered.table.feed ?? {}
      if (backfill === undefined || fed === undefined || table.lease === undefined) continue
      table.fed.isBackfilled = fed.backfilledSeq !== null && fed.backfilledSeq >= fed.epochSeq
      table.fed.epochSeq = fed.epochSeq
      if (fed.hasMissing) this.isMissing(table)
      if (table.fed.isBackfilled) continue
      if (fed.chunks === null || fed.chunks.epochSeq < fed.epochSeq) {
        const labels = await this.#cut(table)
        await destination.record(table.lease, [{ kind: 'chunks', epochSeq: fed.epochSeq, labels }])
      }
      this.#left.set(table, [])
    }
    if (this.#left.size === 0) return
    const most = this.#work.context.options.settings?.perSource ?? CONCURRENCY.perSource
    this.#begin(() => this.#readAll(most))
  }

  #begin(work: () => Promise<void>): void {
    this.#reading = work()
      .catch((error: unknown) => {
        this.#failed ??= { error }
      })
      .finally(() => {
        this.#reading = undefined
      })
  }

  /** The feed has committed an offset: what waited for it goes on. */
  passed(): void {
    this.#waits.look()
  }

  /** Reads no more. */
  async end(): Promise<void> {
    this.#stop.abort(new DOMException('the feed is let go', 'AbortError'))
    await this.#reading?.catch(() => {})
  }

  async #cut(table: TableRun): Promise<readonly string[]> {
    const { context, source } = this.#work
    const asked = { table: table.discovered.table, source }
    return await this.#asking((wait) => cutChunks(asked, wait, context.signal))
  }

  async #readAll(most: number): Promise<void> {
    await Promise.all(
      Array.from({ length: most }, async () => {
        for (let part = await this.#next(); part !== undefined; part = await this.#next()) await this.#readPart(part)
      }),
    ).catch((error: unknown) => {
      this.#stop.abort(error)
      throw error
    })
    for (const table of this.#left.keys()) {
      // The time of the run may be over before all of them are read.
      if ((await this.#work.context.destination.chunks(table.name, 1)).length > 0) continue
      this.#left.delete(table)
      this.read.add(table)
    }
  }

  /** One after another takes the next chunk of any table. */
  readonly #taking = new Sequence()
  readonly #taken = new Map<TableRun, number>()

  #next(): Promise<FeedPart | undefined> {
    return this.#taking.take(async () => {
      const { destination, isOverTime } = this.#work.context
      if (this.#stop.signal.aborted || isOverTime()) return undefined
      for (const [table, chunks] of this.#left) {
        if (chunks.length === 0) {
          const last = this.#taken.get(table) ?? -1
          const more = await destination.chunks(table.name, CHUNKS + CONCURRENCY.overall * CHUNKS)
          chunks.push(...more.filter(({ ordinal }) => ordinal > last))
        }
        const chunk = chunks.shift()
        if (chunk === undefined) continue
        this.#taken.set(table, chunk.ordinal)
        return { table, chunk }
      }
      return undefined
    })
  }

  /** Reads rows by their keys of which something is missing. */
  async #complete(table: TableRun): Promise<void> {
    const { context, state } = this.#work
    let before: { readonly keys: string; readonly times: number | undefined } | undefined
    for (;;) {
      // While no commit is on its way, or a row may have a greater number than is known here.
      const { seq, times, keys } = await this.#commits.take(async () => ({
        seq: state.seq,
        times: this.#incomplete.get(table),
        keys: await context.destination.incomplete(table.name, KEYS),
      }))
      // As of a number below theirs they would count as older than what is there.
      await this.#waits.until(() => state.offsetSeq >= seq)
      const now = JSON.stringify(keys, (_, one) => (typeof one === 'bigint' ? String(one) : one))
      // Those that did not come back are gone at the source: their deletions come with the feed.
      const isOver = keys.length === 0 || (now === before?.keys && times === before.times)
      if (isOver && this.#incomplete.get(table) === times) break
      before = { keys: now, times }
      if (!isOver) await this.#readPart({ table, keys })
    }
    this.#incomplete.delete(table)
    this.completed.add(table)
  }

  /** Reads a part, and commits it when its feed has passed it. One that a truncation has overtaken is read once more. */
  async #readPart(part: FeedPart): Promise<void> {
    while (!(await readPart(part, this.#partOptions))) this.#stop.signal.throwIfAborted()
  }

  #asking<T>(work: (wait: SourceWait) => Promise<T>): Promise<T> {
    const signal = AbortSignal.any([this.#work.context.signal, this.#stop.signal])
    return waitingForFeed(this.#work, work, { signal })
  }
}
