import { setTimeout as wait } from 'node:timers/promises'
import { SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import type { WindowJob } from '@tidemark/destination'
import { type HandedOut, OpenSources, type Report, type RunOptions, sync } from '@tidemark/engine'
import { sourceFailureOf } from '../feed-failure.ts'
import { RunLogWriter } from '../run-log/run-log-writer.ts'
import { FairOrder } from './fair-order.ts'
import type { FailedWindow, WindowContext, WindowOutcome, WorkEngine } from './work-engine.ts'
import { WorkFeeds } from './work-feeds.ts'

/** So long all windows of this process belong to one run; then it ends, and another one begins. */
const RUN_MS = 3_600_000
/**
 * While tables become known, so many windows are planned beside the newest of each: a queue that is full of the first tables
 * would keep the last ones waiting. As many again where none became known for a while.
 */
const AHEAD = 1000
const CALM_MS = 5000
/** What a run says of a table that no source of this process lists. */
const NOT_HERE = ['unknown-table', 'other-project']

export interface RunWindowsOptions {
  readonly destination: Destination
  /** As for a run of all sources. */
  readonly run: RunOptions
  /** Makes what hears the events of one run of the engine. */
  readonly hear?: (() => NonNullable<RunOptions['onEvent']>) | undefined
}

/** A run that windows are recorded under. */
interface RunRecord {
  readonly number: number
  readonly beganAt: number
  readonly log: RunLogWriter
  steps: number
}

/**
 * Plans and reads windows by runs of the engine. All of them are parts of one run, in whose place a new one begins every hour,
 * and their sources stay connected.
 */
export class RunWindows implements WorkEngine {
  readonly #options: RunWindowsOptions
  readonly #sources = new OpenSources()
  readonly #feeds: WorkFeeds
  /** Sources of which more windows may become known. */
  readonly #listing = new Set<string>()
  #run: Promise<RunRecord> | undefined

  constructor(options: RunWindowsOptions) {
    this.#options = options
    this.#feeds = new WorkFeeds({ sync: (more) => this.#sync(more), log: options.run.log })
  }

  async *plan(source: string, signal: AbortSignal): AsyncGenerator<WindowJob> {
    // Its ends as they are now.
    await this.#sources.end(source)
    const found: HandedOut[] = []
    const backfills = new FairOrder<WindowJob>()
    this.#listing.add(source)
    const fed: string[] = []
    let wake = (): void => {}
    let isDone = false
    const isWoken = async (): Promise<boolean> => {
      const woken = new Promise<true>((resolve) => (wake = () => resolve(true)))
      const calm = new AbortController()
      const waited = wait(CALM_MS, false as const, { signal: calm.signal }).catch(() => false as const)
      return await Promise.race([woken, waited]).finally(() => calm.abort())
    }
    const stop = new AbortController()
    const planned = this.#sync({
      select: [source],
      signal: AbortSignal.any([signal, stop.signal]),
      handOut: (handed) => {
        if (handed.table.fed === undefined) found.push(handed)
        else fed.push(handed.table.name)
        wake()
      },
    }).finally(() => {
      isDone = true
      wake()
    })
    // However long the queue is full: feeds do not wait for windows.
    planned.then(
      () => this.#feeds.read(source, fed, signal),
      () => {},
    )
    try {
      for (let ahead = 0; ; ) {
        // What is new in any table, and the newest of its past, come before what is older in all of them.
        for (const handed of found.splice(0)) {
          yield* windowsOf(source, handed, 'current')
          const backfill = windowsOf(source, handed, 'backfill')
          const newest = backfill.next()
          if (newest.done !== true) yield newest.value
          backfills.add(backfill)
        }
        if (found.length > 0) continue
        if (isDone) this.#listing.delete(source)
        const next = isDone || ahead < AHEAD ? backfills.next() : undefined
        if (next !== undefined) {
          ahead++
          yield next
        } else if (isDone) break
        else if (!(await isWoken())) ahead = 0
      }
      const failure = sourceFailureOf(await planned, source)
      if (failure !== undefined)
        throw new SyncError(failure.message, failure.remedy, failure.code === undefined ? {} : { code: failure.code })
    } finally {
      this.#listing.delete(source)
      stop.abort(new DOMException('its windows are not asked for any more', 'AbortError'))
    }
  }

  isListing(source: string): boolean {
    return this.#listing.has(source)
  }

  async run(window: WindowJob, { signal, completeWithin }: WindowContext): Promise<WindowOutcome> {
    const { source, table, partition, from, to, lane } = window
    // What is newest is planned by an end that an older connection may not know.
    if (lane === 'current') await this.#sources.end(source)
    const of = partition === '' ? {} : { partition }
    const range = to === undefined ? (partition === '' ? undefined : of) : { ...of, window: { from, to } }
    // A job is one of those that its source may serve at once, over all workers: its key ranges follow each other.
    const settings = { ...this.#options.run.settings, perTable: 1 }
    const asked = { select: [table], range, signal, within: completeWithin, settings, asPlanned: true }
    let report: Report
    try {
      report = await this.#sync(asked)
    } catch (error) {
      if (SyncError.is(error) && NOT_HERE.includes(error.code ?? '')) return await this.#missing(table)
      throw error
    }
    const [read] = report.tables
    if (read?.isPlannedOtherwise === true) {
      // Of a connection that is older than what was planned, the next one may know it.
      await this.#sources.end(source)
      return 'changed'
    }
    if (report.interrupted || read?.heldBy !== undefined) return 'held'
    const failure = read?.failures[0]?.failure ?? sourceFailureOf(report, source)
    if (failure === undefined) return 'done'
    const { message, remedy, code, retryAfterMs } = failure
    // Another worker has it by now, or a newer version of this program changed the table.
    if (code === 'fenced' || code === 'held') return 'held'
    return { message, remedy, code, retryAfterMs } satisfies FailedWindow
  }

  /**
   * This worker has no such table. If the state has it as one that is synced, a worker with another build does. If not, nobody
   * does: it was removed since it was planned, or is another project's by now, so that nothing is left to read.
   */
  async #missing(table: string): Promise<WindowOutcome> {
    const known = (await this.#options.destination.state([table])).tables.get(table)
    return known === undefined || known.status === 'removed' ? 'done' : 'changed'
  }

  /** Ends the run, and lets the sources go. */
  async close(): Promise<void> {
    await this.#feeds.close()
    await this.#endRun()
    await this.#sources.close()
  }

  async #sync(more: Partial<RunOptions>): Promise<Report> {
    const { run } = this.#options
    const record = await this.#record()
    const options = {
      ...run,
      openSources: this.#sources,
      onEvent: this.#options.hear?.(),
      partOf: { run: record.number, nextStep: () => ++record.steps },
      ...more,
    }
    return await record.log.within(() => sync(options))
  }

  async #record(): Promise<RunRecord> {
    const now = await this.#run
    if (now !== undefined && performance.now() - now.beganAt < RUN_MS) return now
    if (now !== undefined) await this.#endRun()
    this.#run ??= this.#startRun()
    return await this.#run
  }

  /** Starts a run; after a failure the next window starts one. */
  async #startRun(): Promise<RunRecord> {
    try {
      const { destination } = this.#options
      const number = await destination.startRun()
      return { number, beganAt: performance.now(), log: new RunLogWriter(destination, number), steps: 0 }
    } catch (error) {
      this.#run = undefined
      throw error
    }
  }

  async #endRun(): Promise<void> {
    const run = await this.#run?.catch(() => undefined)
    this.#run = undefined
    if (run === undefined) return
    await run.log.end()
    await this.#options.destination
      .recordRun(run.number, [{ kind: 'ended', exitCode: 0, error: undefined }])
      .catch(() => {})
  }
}

/** The steps of a partition in one lane as windows, as they are planned. */
function* windowsOf(
  source: string,
  { table, partition, steps, most }: HandedOut,
  lane: WindowJob['lane'],
): Generator<WindowJob> {
  let left = most ?? Number.POSITIVE_INFINITY
  let isWhole = false
  for (const { window } of steps.only((span) => span.lane === lane)) {
    // What is read in ranges of its key is read by one worker, as what is read at once is.
    if (window === undefined && isWhole) continue
    isWhole ||= window === undefined
    if (left-- <= 0) return
    yield { source, table: table.name, partition, from: window?.from, to: window?.to, lane }
  }
}
