import type { Destination } from '@tidemark/core/engine'
import { messageOf } from '@tidemark/core/engine'
import { countRejects, isAlive, type WorkStatus } from '@tidemark/destination'
import { type Estimate, type PromiseOptions, promisedBy } from '@tidemark/engine'
import { type Activity, askActivity } from '../activity.ts'
import { type ConcurrencyConfig, createLeftReader, type LeftReader } from '../left-reader.ts'
import { type FeedMetrics, feedMetrics } from './feed-metrics.ts'
import { type TableMetrics, tableMetrics } from './table-metrics.ts'

/** The answer of the database. */
export interface ProbedState {
  readonly standings: readonly TableMetrics[]
  readonly feeds: readonly FeedMetrics[]
  /** By name. */
  readonly failingSources: readonly string[]
  readonly activity: Activity
  /** What is left to read of all tables. */
  readonly workLeft: Estimate
  /** What workers share; undefined if none ever did. */
  readonly work: WorkStatus | undefined
}

/** Asks what workers share. Absent: they cannot share such a destination. */
type AskWork = ((destination: Destination) => Promise<WorkStatus | undefined>) | undefined

export interface StateProbeOptions {
  readonly redact: (text: string) => string
  readonly freshness: PromiseOptions & ConcurrencyConfig
  readonly askWork: AskWork
}

export type ProbeResult = ProbedState | { readonly problem: string }

/** How long an answer is cached, so that many requests cost no more than one. */
const FRESH_MS = 2000
const LONGEST_MS = 10_000

/** Reads the state for monitors. */
export class StateProbe {
  readonly #open: <T>(work: (destination: Destination) => Promise<T>) => Promise<T>
  readonly #redact: (text: string) => string
  readonly #freshness: PromiseOptions
  readonly #askWork: AskWork
  readonly #leftOf: LeftReader
  #looking: { readonly at: number; readonly result: Promise<ProbeResult> } | undefined

  constructor(
    open: <T>(work: (destination: Destination) => Promise<T>) => Promise<T>,
    { redact, freshness, askWork }: StateProbeOptions,
  ) {
    this.#open = open
    this.#redact = redact
    this.#freshness = freshness
    this.#askWork = askWork
    this.#leftOf = createLeftReader(freshness)
  }

  look(): Promise<ProbeResult> {
    const now = performance.now()
    if (this.#looking === undefined || now - this.#looking.at > FRESH_MS)
      this.#looking = { at: now, result: this.#patiently() }
    return this.#looking.result
  }

  async #patiently(): Promise<ProbeResult> {
    const late = Promise.withResolvers<ProbeResult>()
    const timer = setTimeout(() => late.resolve({ problem: `no answer within ${LONGEST_MS / 1000} s` }), LONGEST_MS)
    try {
      return await Promise.race([this.#ask(), late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async #ask(): Promise<ProbeResult> {
    try {
      return await this.#open((destination) => lookAt(destination, this.#freshness, this.#askWork, this.#leftOf))
    } catch (error) {
      return { problem: this.#redact(messageOf(error)) }
    }
  }
}

async function lookAt(
  destination: Destination,
  freshness: PromiseOptions,
  askWork: AskWork,
  leftOf: LeftReader,
): Promise<ProbeResult> {
  const [state, rejects, now] = [await destination.state(), await countRejects(destination), await destination.now()]
  const activity = await askActivity(destination, isAlive)
  const promised = promisedBy({ ...freshness, everyMs: activity.every_ms ?? freshness.everyMs })
  const left = await leftOf(destination, state)
  return {
    standings: tableMetrics(state, { rejects, now, promised, workLeft: left }),
    workLeft: left.all,
    feeds: feedMetrics(state, now),
    // A source that has not answered yet has not failed.
    failingSources: [...(state.failingSources ?? [])].filter(([, { failures }]) => failures > 0).map(([name]) => name),
    activity,
    work: await askWork?.(destination),
  }
}
