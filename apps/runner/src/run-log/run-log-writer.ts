import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import type { Destination, RunLogLine } from '@tidemark/core/engine'
import type { RunEvent } from '@tidemark/engine'
import type { LogRecord } from '../log.ts'
import { lineOf, sizeOf } from './run-log-line.ts'

/** The newest lines of a run stay, so many and of so many bytes at most. */
const MAX_LINES = 2000
const MAX_BYTES = 1_000_000
/** What a process that is killed has not stored yet is at most so old. */
const EVERY_MS = 1000
/** The lines of a beginning come together, and are stored together. */
const FIRST_MS = 200
/** How long the end of a run waits for a database that does not answer. */
const END_MS = 3000

/** Lines that say nothing alone: a run that logs nothing else stores none. */
const FRAME: ReadonlySet<string> = new Set(['run-started', 'run-ended'])

/** Stores what a run logs beside its record in the destination, while it runs: a process that is killed loses the last second. */
export class RunLogWriter {
  static readonly #current = new AsyncLocalStorage<RunLogWriter>()
  readonly #destination: Pick<Destination, 'recordRun'>
  #run: number | undefined
  #last = 0
  /** The first line that stays, the sizes of those from there on, and their sum. */
  #from = 1
  readonly #sizes: number[] = []
  #bytes = 0
  #waiting: RunLogLine[] = []
  #isWorth = false
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #wroteAt = Number.NEGATIVE_INFINITY
  #hasEnded = false

  /** @param run its number; absent: the event of its start says it. */
  constructor(destination: Pick<Destination, 'recordRun'>, run?: number) {
    this.#destination = destination
    this.#run = run
  }

  /** Keeps a line with the run in whose asynchronous context it was logged; outside of runs nothing keeps it. */
  static keep(this: void, record: LogRecord): void {
    RunLogWriter.#current.getStore()?.add(record)
  }

  /** Does work, and keeps what it logs. */
  within<T>(work: () => Promise<T>): Promise<T> {
    return RunLogWriter.#current.run(this, work)
  }

  /** Learns the number of the run. */
  hear(event: RunEvent): void {
    if (event.type !== 'run-started') return
    this.#run = event.run
    this.#schedule()
  }

  add(record: LogRecord): void {
    if (this.#hasEnded) return
    const line = lineOf(record, ++this.#last)
    const isFrame = FRAME.has(record.event) && record.level === 'info'
    this.#isWorth ||= !isFrame
    this.#waiting.push(line)
    this.#sizes.push(sizeOf(line))
    this.#bytes += this.#sizes.at(-1)!
    while (this.#sizes.length > MAX_LINES || this.#bytes > MAX_BYTES) {
      this.#bytes -= this.#sizes.shift()!
      this.#from++
    }
    this.#schedule()
  }

  /** Stores what is left, unless the database does not answer. */
  async end(): Promise<void> {
    clearTimeout(this.#timer)
    const late = wait(END_MS, undefined, { ref: false })
    await Promise.race([late, (this.#writing ?? Promise.resolve()).then(() => this.#write())])
    clearTimeout(this.#timer)
    this.#hasEnded = true
  }

  #schedule(): void {
    if (this.#hasEnded || this.#timer !== undefined || this.#run === undefined) return
    if (!this.#isWorth || this.#waiting.length === 0) return
    const ms = Math.max(FIRST_MS, this.#wroteAt + EVERY_MS - performance.now())
    this.#timer = setTimeout(() => {
      this.#writing = this.#write().finally(() => {
        this.#timer = undefined
        this.#writing = undefined
        this.#schedule()
      })
    }, ms)
    this.#timer.unref()
  }

  async #write(): Promise<void> {
    if (!this.#isWorth || this.#run === undefined) return
    const from = this.#from
    const lines = this.#waiting.filter(({ line }) => line >= from)
    this.#waiting = []
    if (lines.length === 0) return
    this.#wroteAt = performance.now()
    try {
      await this.#destination.recordRun(this.#run, [{ kind: 'logged', lines, from }])
    } catch {
      // The run reports a database that fails; the lines are stored when it is back.
      this.#waiting = [...lines, ...this.#waiting]
    }
  }
}
