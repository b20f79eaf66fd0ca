import { setTimeout as wait } from 'node:timers/promises'
import { type Destination, type EventLog, messageOf, type NoticeRecord } from '@tidemark/core/engine'
import { CHANNEL_KEY, newRecord } from './decide-notices.ts'
import type { Notifier } from './notifier.ts'

export interface NotifyLoopOptions {
  readonly notifier: Notifier
  readonly log: EventLog
  /** Lends a destination. */
  readonly withDestination: <T>(work: (destination: Destination) => Promise<T>) => Promise<T>
  /** How often the process looks for what is due. */
  readonly everyMs: number
}

/** No channel is called so: here it is remembered when a process looked last. */
const LOOKS = ''
const LONGEST_MS = 60_000
const SHORTEST_MS = 1000

/** How often a process looks that syncs this often. */
export const lookEveryMs = (everyMs: number): number => Math.min(LONGEST_MS, Math.max(SHORTEST_MS, everyMs))

/** Notifies people again and again of what the state says, beside the runs of a process. Of several processes one looks at a time. */
export class NotifyLoop {
  readonly #options: NotifyLoopOptions
  readonly #stop = new AbortController()
  #ended: Promise<void> = Promise.resolve()
  #lastProblem: string | undefined

  constructor(options: NotifyLoopOptions) {
    this.#options = options
  }

  /** Resolves when it is known what was there before the first run; it continues until `stop`. */
  async start(): Promise<void> {
    const { notifier, withDestination } = this.#options
    await this.#try(() => withDestination((destination) => notifier.begin(destination)))
    this.#ended = this.#run()
  }

  /** Waits for a message that is on its way. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }

  async #run(): Promise<void> {
    const { notifier, withDestination, everyMs } = this.#options
    const { signal } = this.#stop
    for (;;) {
      await wait(everyMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      await this.#try(() =>
        withDestination(async (destination) => {
          if (await this.#isMyTurn(destination)) await notifier.notify(destination)
        }),
      )
    }
  }

  async #isMyTurn(destination: Pick<Destination, 'recordNotices'>): Promise<boolean> {
    const pause = BigInt(Math.round(this.#options.everyMs * 750))
    let isMine = false
    await destination.recordNotices(LOOKS, (records: ReadonlyMap<string, NoticeRecord>, now) => {
      const { deliveredAt } = records.get(CHANNEL_KEY) ?? { deliveredAt: null }
      // A clock that was set back leaves a moment in the future behind.
      isMine = deliveredAt === null || now - deliveredAt >= pause || deliveredAt > now
      return isMine
        ? { set: [{ ...newRecord(CHANNEL_KEY, now), deliveredAt: now }], remove: [] }
        : { set: [], remove: [] }
    })
    return isMine
  }

  /** The runs report a database that does not answer; here it is reported once. */
  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
      this.#lastProblem = undefined
    } catch (error) {
      const problem = messageOf(error)
      if (problem !== this.#lastProblem && !this.#stop.signal.aborted)
        this.#options.log.warn(`notices cannot be sent now: ${problem}`, { event: 'notice-failed' })
      this.#lastProblem = problem
    }
  }
}
