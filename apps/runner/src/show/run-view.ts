import type { RunEvent, Segment, TableWork } from '@tidemark/engine'
import { oneLine } from './plain.ts'

/** The progress of a table in a run. */
export interface RunningTable {
  readonly name: string
  readonly source: string
  readonly state: 'working' | 'waiting' | 'failed' | 'done'
  readonly rows: number
  /** Recent rows per second; undefined while nothing is committed. */
  readonly rate: number | undefined
  /** A feed tells its changes: there are no windows to count. */
  readonly isFed: boolean
  /** `17 of 42`. */
  readonly index: number
  readonly of: number
  /** There may be more windows than `of`. */
  readonly untilEmpty: boolean
  readonly done: number
  /** The current coverage. Undefined: full refresh. */
  readonly segments: readonly Segment[] | undefined
  /** Why it failed, or is tried again. */
  readonly problem: string | undefined
  /** How long it waits, and for what. */
  readonly wait: { readonly ms: number; readonly why: string } | undefined
  /** How long the rest takes at the current pace; undefined while no window is done. */
  readonly leftMs: number | undefined
}

export interface RunView {
  readonly tables: readonly RunningTable[]
  readonly planned: number
  readonly idle: number
  readonly done: number
  readonly failed: number
  readonly rows: number
  readonly elapsedMs: number
  readonly leftMs: number | undefined
}

interface Entry {
  readonly work: TableWork
  readonly working: Map<number, { readonly span: Span | undefined }>
  readonly commits: { at: number; rows: number }[]
  segments: readonly Segment[] | undefined
  rows: number
  place: number
  of: number
  untilEmpty: boolean
  isFed: boolean
  done: number
  /** By partition: why its last step failed. */
  readonly failures: Map<string, string>
  firstAt: number | undefined
  retry:
    | { readonly partition: string; readonly until: number; readonly attempt: number; readonly problem: string }
    | undefined
}

type Span = { readonly from: number; readonly to: number }

const RATE_MS = 15_000

/** Follows a run by its events and its log. Time is an argument, in milliseconds of a monotonic clock. */
export class RunFollower {
  readonly #tables = new Map<string, Entry>()
  readonly #waits = new Map<string, number>()
  #startedAt: number | undefined

  take(event: RunEvent, now: number): void {
    if (event.type === 'run-started') {
      this.#startedAt = now
      return
    }
    if (event.type === 'tables-planned') {
      for (const work of event.work) this.#tables.set(work.table, entryOf(work))
      return
    }
    if (event.type === 'run-ended' || 'source' in event) return
    const entry = this.#tables.get(event.table)
    if (entry === undefined) return
    if (event.type === 'step-started') {
      entry.firstAt ??= now
      entry.isFed = event.kind === 'changes'
      if (entry.isFed) entry.failures.clear()
      entry.place = Math.max(entry.place, event.index)
      entry.of = event.of
      entry.untilEmpty = event.untilEmpty
      entry.working.set(event.step, { span: event.span })
    } else if (event.type === 'batch-committed') {
      const rows = event.rows.read ?? 0
      entry.rows += rows
      entry.commits.push({ at: now, rows })
    } else if (event.type === 'retry') {
      const { partition, delayMs, attempt, failure } = event
      entry.retry = { partition, until: now + delayMs, attempt: attempt + 1, problem: oneLine(failure.message) }
      entry.failures.delete(partition)
    } else {
      this.#ended(entry, event)
    }
  }

  /** A source pauses its requests for this long because of a rate limit. */
  waits(source: string, ms: number, now: number): void {
    this.#waits.set(source, Math.max(this.#waits.get(source) ?? 0, now + ms))
  }

  view(now: number): RunView {
    const entries = [...this.#tables.values()]
    const busy = entries.filter(({ work, place }) => work.steps > 0 || place > 0)
    const tables = busy.map((entry) => this.#viewOf(entry, now))
    const started = this.#startedAt ?? now
    const done = busy.reduce((sum, one) => sum + one.done, 0)
    // Nobody knows how many changes a feed still tells.
    const isLeast = busy.some((one) => (one.untilEmpty || (one.isFed && one.done < one.of)) && one.failures.size === 0)
    const left = busy.reduce((sum, one) => sum + (one.failures.size > 0 ? 0 : Math.max(0, one.of - one.done)), 0)
    return {
      tables,
      planned: entries.length,
      idle: entries.length - busy.length,
      done: tables.filter(({ state }) => state === 'done').length,
      failed: tables.filter(({ state }) => state === 'failed').length,
      rows: busy.reduce((sum, one) => sum + one.rows, 0),
      elapsedMs: now - started,
      leftMs: done === 0 || left === 0 || isLeast ? undefined : ((now - started) / done) * left,
    }
  }

  #ended(entry: Entry, { step, partition, failure }: RunEvent & { readonly type: 'step-ended' }): void {
    const span = entry.working.get(step)?.span
    entry.working.delete(step)
    if (entry.retry?.partition === partition) entry.retry = undefined
    entry.failures.delete(partition)
    if (failure !== undefined) {
      entry.failures.set(partition, oneLine(failure.message))
      return
    }
    entry.done++
    if (span === undefined || entry.segments === undefined || span.from >= span.to) return
    // One more of its partitions has this window.
    entry.segments = [...entry.segments, { ...span, share: 1 / Math.max(1, entry.work.partitions) }]
  }

  #viewOf(entry: Entry, now: number): RunningTable {
    const { work, working, commits, rows, isFed, place, of, untilEmpty, done, failures, firstAt, retry } = entry
    while (commits[0] !== undefined && commits[0].at < now - RATE_MS) commits.shift()
    const over = firstAt === undefined ? 0 : Math.min(RATE_MS, now - firstAt)
    const isDone = working.size === 0 && done >= of
    const limited = (this.#waits.get(work.source) ?? 0) - now
    const state = isDone ? 'done' : working.size > 0 ? 'working' : failures.size > 0 ? 'failed' : 'waiting'
    const left = Math.max(0, of - done)
    return {
      name: work.table,
      source: work.source,
      state,
      rows,
      isFed,
      rate:
        commits.length === 0 || over < 500
          ? undefined
          : (commits.reduce((sum, one) => sum + one.rows, 0) / over) * 1000,
      index: place,
      of,
      untilEmpty,
      done,
      segments: entry.segments,
      problem: isDone ? undefined : (retry?.problem ?? [...failures.values()].at(-1)),
      wait: isDone ? undefined : waitOf(limited, state === 'working', retry, now),
      leftMs:
        firstAt === undefined || done === 0 || left === 0 || failures.size > 0 || untilEmpty
          ? undefined
          : ((now - firstAt) / done) * left,
    }
  }
}

function waitOf(limited: number, isWorking: boolean, retry: Entry['retry'], now: number): RunningTable['wait'] {
  if (retry !== undefined && retry.until > now) return { ms: retry.until - now, why: `try ${retry.attempt}` }
  return isWorking && limited > 0 ? { ms: limited, why: 'rate limit' } : undefined
}

function entryOf(work: TableWork): Entry {
  return {
    work,
    working: new Map(),
    commits: [],
    segments: work.coverage?.segments,
    rows: 0,
    place: 0,
    of: work.steps,
    untilEmpty: work.untilEmpty,
    isFed: false,
    done: 0,
    failures: new Map(),
    firstAt: undefined,
    retry: undefined,
  }
}
