import { setTimeout as wait } from 'node:timers/promises'
import { messageOf, SyncError } from '@tidemark/core'
import type { EventLog } from '@tidemark/core/engine'
import type { FetchOptions, HeldJob, WorkQueue } from '@tidemark/destination'
import { Planner } from './planner.ts'
import type { FailedWindow, WindowOutcome, WorkEngine } from './work-engine.ts'

export interface WorkLoopOptions {
  readonly queue: WorkQueue
  readonly engine: WorkEngine
  /** The sources that this worker has. */
  readonly sources: readonly string[]
  /** How many windows this worker reads at once. */
  readonly concurrency: number
  /** How many windows of one source are read at once, over all workers. */
  readonly perSource: number
  /** How long after one planning of a source the next one begins. */
  readonly everyMs: number
  /** Says that this worker lives: the heartbeat of the runner that holds the leases of its windows. */
  readonly renew: () => Promise<void>
  /** How long that heartbeat counts. */
  readonly leaseMs: number
  readonly log: EventLog
  /** Stops fetching; what runs is asked to stop, and returned to the queue if it does. */
  readonly signal: AbortSignal
  /** How often is looked whether there is something to do, at most. Two seconds. */
  readonly idleMs?: number | undefined
}

const IDLE_MS = 2000
const FIRST_IDLE_MS = 100
/** Whether a source is to be planned is looked at less often than whether there is something to read. */
const LOOKS_LESS = 2.5
/** Each so manieth fetch takes a backfill, so that current windows never put them off for ever. */
const BACKFILL_EVERY = 4
/** How often is looked for workers that died. */
const SWEEP_MS = 5000
const HELD_MS = 5000
/** So long a worker leaves a source to the others that they plan in another way; each time twice as long. */
const FIRST_ALONE_MS = 1000
const LONGEST_ALONE_MS = 30_000
const RETRY_MS = 60_000
/** A database that can take the job back is there again. */
const DATABASE_MS = 5000
const LONGEST_AWAY_MS = 30_000

/** What a worker does. Times in milliseconds since 1970. */
export interface WorkerPulse {
  /** When its heartbeat was last written; undefined: not yet. */
  readonly heartbeatAt: number | undefined
  readonly reads: readonly { readonly source: string; readonly table: string; readonly since: number }[]
}

/** What `#repeat` is given where nothing is left to repeat. */
const FINISHED = Number.NEGATIVE_INFINITY

/** How a worker ends: the signal to do so, and a way to end it for good. */
interface Ending {
  readonly stop: AbortSignal
  readonly give: (error: unknown) => void
}

/** One worker: it plans what no other worker plans, takes windows, reads them, and returns what dead workers left. */
export class WorkLoop {
  readonly #options: WorkLoopOptions
  readonly #running = new Set<Promise<void>>()
  /** What it reads, and since when. */
  readonly #held = new Map<HeldJob, number>()
  #heartbeatAt: number | undefined
  /** Sources that others plan in another way, and until when they are left to them. */
  readonly #leftAlone = new Map<string, { readonly until: number; readonly ms: number }>()
  #oneEnded = (): void => {}
  #fetches = 0
  #idle = FIRST_IDLE_MS

  constructor(options: WorkLoopOptions) {
    this.#options = options
  }

  pulse(): WorkerPulse {
    const reads = [...this.#held].map(([{ window }, since]) => ({ source: window.source, table: window.table, since }))
    return { heartbeatAt: this.#heartbeatAt, reads }
  }

  /** Works until the signal. @throws what no later try can fix. */
  async run(): Promise<void> {
    const { signal, queue, sources, leaseMs, log } = this.#options
    // Ends when the windows that run have ended, too: their leases need the heartbeat until then.
    const left = new AbortController()
    const fatal = new AbortController()
    const stop = AbortSignal.any([signal, fatal.signal])
    const give = (error: unknown): void => fatal.abort(error)
    await this.#renew()
    await queue.register(this.#options.concurrency)
    const heartbeat = this.#repeat(left.signal, give, async () => {
      await this.#renew()
      return leaseMs / 3
    })
    const others = [
      this.#repeat(stop, give, () => this.#sweep()),
      ...sources.map((source) => this.#repeat(stop, give, this.#planning(source, stop))),
      this.#repeat(stop, give, () => this.#take({ stop, give })),
    ]
    await Promise.all(others)
    await Promise.allSettled(this.#running)
    left.abort()
    await heartbeat
    await queue
      .leave()
      .catch((error: unknown) =>
        log.warn(`this worker could not sign off: ${messageOf(error)}`, { event: 'worker-failed' }),
      )
    if (fatal.signal.aborted) throw fatal.signal.reason
  }

  async #renew(): Promise<void> {
    await this.#options.renew()
    this.#heartbeatAt = Date.now()
  }

  /** Does something again and again; what may pass is tried again after a while. */
  async #repeat(signal: AbortSignal, give: (error: unknown) => void, work: () => Promise<number>): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const ms = await work()
        if (ms === FINISHED) return
        failures = 0
        if (ms > 0) await sleep(ms, signal)
      } catch (error) {
        if (signal.aborted) return
        if (!SyncError.is(error) || error.remedy !== 'retry') return give(error)
        const ms = Math.min(LONGEST_AWAY_MS, 1000 * 2 ** failures++)
        this.#options.log.warn(`${messageOf(error)}; trying again in ${Math.round(ms / 1000)} s`, {
          event: 'worker-failed',
        })
        await sleep(ms, signal)
      }
    }
  }

  async #sweep(): Promise<number> {
    const { queue, concurrency, leaseMs, log } = this.#options
    const returned = await queue.returnLostJobs([...this.#held.keys()])
    if (returned > 0)
      log.info('returned windows that nobody reads to the queue', { event: 'windows-returned', windows: returned })
    await queue.register(concurrency)
    return Math.min(SWEEP_MS, leaseMs / 4)
  }

  #planning(source: string, signal: AbortSignal): () => Promise<number> {
    const { queue, engine, everyMs, log } = this.#options
    const planner = new Planner({
      ...{ queue, source, everyMs, signal },
      plan: (...asked) => engine.plan(...asked),
      isListing: () => engine.isListing?.(source) === true,
      lookMs: this.#idleMs * LOOKS_LESS,
      onFailure: (error) =>
        log.warn(`the windows of ${source} cannot be listed now: ${messageOf(error)}`, {
          event: 'source-failed',
          source,
        }),
    })
    return () => planner.look()
  }

  get #idleMs(): number {
    return this.#options.idleMs ?? IDLE_MS
  }

  /** Fetches as many windows as this worker has places for. */
  async #take(ending: Ending): Promise<number> {
    const { concurrency } = this.#options
    const limit = concurrency - this.#running.size
    if (limit <= 0) {
      await this.#untilOneEnds(ending.stop)
      return 0
    }
    const jobs = await this.#fetch(limit)
    for (const job of jobs) {
      this.#held.set(job, Date.now())
      const running = this.#work(job, ending).finally(() => {
        this.#held.delete(job)
        this.#running.delete(running)
        this.#oneEnded()
      })
      this.#running.add(running)
    }
    this.#idle = jobs.length > 0 ? FIRST_IDLE_MS : Math.min(this.#idleMs, this.#idle * 2)
    // What ends meanwhile may make room for what is behind it.
    if (jobs.length === 0) await this.#untilOneEnds(ending.stop, this.#idle)
    return 0
  }

  /** Waits for the end of any window. Not by a race: each would leave something behind on a window that takes hours. */
  async #untilOneEnds(signal: AbortSignal, ms?: number): Promise<void> {
    if (signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#oneEnded = resolve
    const stop = () => resolve()
    signal.addEventListener('abort', stop, { once: true })
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
    await promise
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }

  async #fetch(limit: number): Promise<readonly HeldJob[]> {
    const { queue, perSource } = this.#options
    const sources = this.#options.sources.filter((source) => !this.#isLeftAlone(source))
    if (sources.length === 0) return []
    const options: FetchOptions = { limit, sources, perSource }
    if (++this.#fetches % BACKFILL_EVERY === 0) {
      const jobs = await queue.fetch({ ...options, lane: 'backfill' })
      if (jobs.length > 0) return jobs
    }
    return await queue.fetch(options)
  }

  #isLeftAlone(source: string): boolean {
    const until = this.#leftAlone.get(source)?.until
    return until !== undefined && performance.now() < until
  }

  /** Windows that this worker had taken by then count as one. */
  #leaveAlone(source: string): void {
    if (this.#isLeftAlone(source)) return
    const before = this.#leftAlone.get(source)
    const ms = before === undefined ? FIRST_ALONE_MS : Math.min(LONGEST_ALONE_MS, before.ms * 2)
    this.#leftAlone.set(source, { until: performance.now() + ms, ms })
    this.#options.log.info(
      `windows of ${source} are planned in another way than this worker reads them, so it leaves them to others for now`,
      { event: 'windows-left-alone', source },
    )
  }

  /** Reads one window, and ends its job. */
  async #work(job: HeldJob, { stop, give }: Ending): Promise<void> {
    const { queue, engine } = this.#options
    let isCompleted = false
    const completeWithin = async (...[execute]: Parameters<ReturnType<WorkQueue['completing']>>): Promise<void> => {
      await queue.completing(job)(execute)
      isCompleted = true
    }
    const outcome = await engine.run(job.window, { signal: stop, completeWithin }).catch(failed)
    if (outcome === 'done') this.#leftAlone.delete(job.window.source)
    if (outcome === 'changed') this.#leaveAlone(job.window.source)
    if (outcome === 'done' && isCompleted) return
    // Whoever ends now returns all that it still holds: what stopped because of that is no failure.
    if (stop.aborted) return outcome === 'done' ? await queue.complete(job).catch(() => {}) : undefined
    await this.#repeat(stop, give, async () => {
      await this.#finish(job, outcome)
      return FINISHED
    })
  }

  async #finish(job: HeldJob, outcome: WindowOutcome): Promise<void> {
    const { queue } = this.#options
    if (outcome === 'done') return await queue.complete(job)
    if (outcome === 'held') return await queue.release(job, HELD_MS)
    if (outcome === 'changed') {
      await queue.release(job, HELD_MS)
      return await queue.planSoon(job.window.source)
    }
    if (outcome.remedy !== 'retry') return await queue.fail(job, outcome)
    const { code } = outcome
    const { retryAfterMs = code?.startsWith('destination') === true ? DATABASE_MS : RETRY_MS } = outcome
    if (code === 'rate-limited') await queue.pause(job.window.source, retryAfterMs)
    await queue.release(job, retryAfterMs)
  }
}

/** What was thrown, as a failure: of an error that nobody expected, its source's author must know. */
function failed(error: unknown): FailedWindow {
  if (!SyncError.is(error)) return { message: messageOf(error), remedy: 'fix-source', code: undefined }
  const { message, remedy, code, retryAfterMs } = error
  return { message, remedy, code, retryAfterMs }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {})
}
