import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { createMasker } from '@tidemark/core/values'
import type { LineProcessOptions, ProcessEnding } from './line-process-options.ts'
import { type LineProblem, LineSplitter } from './line-splitter.ts'
import { LastLines, readLogLines } from './log-lines.ts'
import { endedWith, neverEnded, notLines, notStarted, overMemory, silent } from './process-failure.ts'
import { lifelineOf, signalGroup, spawnGroup } from './process-group.ts'
import { memoryOf } from './process-memory.ts'

const LINE_BYTES = 64 * 1024 * 1024
const GRACE_MS = 5000
/** How often limits are looked at. */
const WATCH_MS = 250
/** Every so many looks its memory is measured: that opens many files. */
const LOOKS_A_MEASURE = 3
/** So long what a process that ended has left behind may hold its outputs open before nothing more is expected of them. */
const DRAIN_MS = 1000
/** So many looks in a row find nothing new before that is so. Output is read between two looks, however long they are apart. */
const DRAIN_LOOKS = DRAIN_MS / WATCH_MS + 1

type Ending = Omit<ProcessEnding, 'stderr'> & { readonly error?: Error | undefined }

/**
 * A program that writes lines. Whoever starts one disposes it (`await using`): then it and all that it started in its process
 * group are gone, as they are if this process is killed.
 */
export class LineProcess implements AsyncDisposable {
  readonly #options: LineProcessOptions
  readonly #child: ChildProcess
  readonly #output: Readable
  readonly #input: Writable | undefined
  readonly #ended: Promise<Ending>
  readonly #logsEnded: Promise<void>
  readonly #lastLines = new LastLines()
  readonly #watch: NodeJS.Timeout
  #ending: Ending | undefined
  /** Why Tidemark ended it. */
  #failure: unknown
  #isStopped = false
  /** When it last gave a sign of life, or when a line was first waited for. */
  #aliveAt = performance.now()
  #isWaiting = false
  #isMeasuring = false
  #looks = 0
  /** Looks since the process ended, or something of its output was last waited for. */
  #looksAfterEnd = 0
  /** All of its output was read though somebody holds it open. */
  #isDrained = false

  private constructor(options: LineProcessOptions) {
    this.#options = options
    const child = spawnGroup(options)
    this.#child = child
    this.#output = (options.lines === 'fd3' ? child.stdio[3] : child.stdout) as Readable
    this.#input = (options.input === 'fd4' ? child.stdio[4] : child.stdin) as Writable | undefined
    // What a process that is gone does not take; how it ended says why.
    this.#input?.on('error', () => {})
    this.#output.on('error', () => {})
    lifelineOf(child).on('error', () => {})
    this.#logsEnded = this.#readLogs()
    this.#ended = new Promise((resolve) => {
      const end = (ending: Ending): void => {
        this.#ending = ending
        // What it left behind would hold its output open.
        signalGroup(child.pid, 'SIGKILL')
        resolve(ending)
      }
      child.once('error', (error) => child.pid === undefined && end({ code: null, signal: null, error }))
      child.once('exit', (code, signal) => end({ code, signal }))
    })
    this.#watch = setInterval(() => this.#look(), WATCH_MS)
    options.signal.addEventListener('abort', this.#abort, { once: true })
  }

  /** Starts a program. What keeps it from starting, the first wait for its lines says. */
  static start(options: LineProcessOptions): LineProcess {
    options.signal.throwIfAborted()
    return new LineProcess(options)
  }

  /** Its process id; undefined: it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /**
   * Its lines, those that arrive together at once, without their ends; it writes no faster than they are taken. Ends when the program
   * ended with exit code 0. To be called once.
   *
   * @throws SyncError where it ended in another way, wrote no lines or broke a limit; the reason of the signal where that aborted.
   */
  async *lines(): AsyncGenerator<readonly string[]> {
    const splitter = new LineSplitter(this.#lineBytes)
    try {
      try {
        this.#wait()
        for await (const piece of this.#output as AsyncIterable<Buffer>) {
          this.#isWaiting = false
          const lines = this.#checked(splitter.take(piece))
          if (lines.length > 0) yield lines
          this.#wait()
        }
      } catch (error) {
        if (!this.#isDrained) throw this.#failure ?? error
      }
      const failure = await this.#judged()
      if (failure !== undefined) throw failure
      const rest = splitter.rest()
      if (rest !== undefined && rest !== '') yield rest === 'not UTF-8' ? this.#checked(rest) : [rest]
    } finally {
      await this.stop()
    }
  }

  /** Writes a line to its input. One that is gone takes it as well: its lines say how it ended. */
  async write(line: string): Promise<void> {
    const input = this.#input
    if (input === undefined) throw new Error('this process was started without an input')
    await new Promise<void>((resolve) => input.write(`${line}\n`, () => resolve()))
  }

  /** Ends its input. */
  endInput(): void {
    this.#input?.end()
  }

  /** Ends it and all of its process group: SIGTERM, and SIGKILL after the grace time. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#watch)
    this.#options.signal.removeEventListener('abort', this.#abort)
    if (this.#ending === undefined) {
      signalGroup(this.#child.pid, 'SIGTERM')
      const timer = setTimeout(() => signalGroup(this.#child.pid, 'SIGKILL'), this.#graceMs)
      await this.#ended
      clearTimeout(timer)
    }
    for (const stream of this.#child.stdio) stream?.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  get #lineBytes(): number {
    return this.#options.limits?.lineBytes ?? LINE_BYTES
  }

  get #graceMs(): number {
    return this.#options.limits?.graceMs ?? GRACE_MS
  }

  readonly #abort = (): void => this.#fail(this.#options.signal.reason)

  #readLogs(): Promise<void> {
    const { onLog, secrets = [], lines } = this.#options
    const masker = createMasker()
    masker.add(secrets)
    const read = (from: 'stdout' | 'stderr', stream: Readable): Promise<void> =>
      readLogLines(stream, (line) => {
        this.#aliveAt = performance.now()
        const text = masker.redact(line)
        if (from === 'stderr') this.#lastLines.add(text)
        onLog?.({ from, text })
      })
    if (lines === 'fd3') void read('stdout', this.#child.stdout!)
    return read('stderr', this.#child.stderr!)
  }

  #wait(): void {
    this.#aliveAt = performance.now()
    this.#looksAfterEnd = 0
    this.#isWaiting = true
  }

  #checked(lines: readonly string[] | LineProblem): readonly string[] {
    if (typeof lines !== 'string') return lines
    throw notLines(this.#options, lines, this.#lineBytes)
  }

  /** Ends the wait for lines, and the process with it. */
  #fail(failure: unknown): void {
    if (this.#failure !== undefined || this.#isStopped) return
    this.#failure = failure
    this.#output.destroy(failure as Error)
    signalGroup(this.#child.pid, 'SIGTERM')
  }

  #look(): void {
    const { silenceMs, memoryBytes } = this.#options.limits ?? {}
    const quietMs = performance.now() - this.#aliveAt
    if (this.#ending !== undefined) {
      // Its end may be told before its last lines, and this process may have been busy: neither says that there is nothing left.
      if (!this.#isWaiting || ++this.#looksAfterEnd < DRAIN_LOOKS) return
      this.#isDrained = true
      this.#output.destroy()
    } else if (this.#isWaiting && silenceMs !== undefined && quietMs > silenceMs) {
      this.#fail(silent(this.#options, silenceMs))
    } else if (memoryBytes !== undefined && this.#looks++ % LOOKS_A_MEASURE === 0) void this.#measure(memoryBytes)
  }

  async #measure(limit: number): Promise<void> {
    const { pid } = this.#child
    if (this.#isMeasuring || pid === undefined) return
    this.#isMeasuring = true
    const held = await memoryOf(pid)
    this.#isMeasuring = false
    if (held === undefined || held <= limit || this.#ending !== undefined) return
    this.#fail(overMemory(this.#options, held, limit))
    // It would take more while it ends.
    signalGroup(pid, 'SIGKILL')
  }

  /** How it ended, once its output did; undefined: well. */
  async #judged(): Promise<unknown> {
    this.#isWaiting = false
    const ending = await within(this.#ended, this.#options.limits?.silenceMs ?? this.#graceMs)
    if (this.#failure !== undefined) return this.#failure
    if (ending === undefined) return neverEnded(this.#options)
    if (ending.error !== undefined) return notStarted(this.#options, ending.error)
    if (ending.code === 0) return undefined
    // What it left behind may hold its stderr open.
    await within(this.#logsEnded, DRAIN_MS)
    const told: ProcessEnding = { code: ending.code, signal: ending.signal, stderr: this.#lastLines.text }
    return this.#options.judge?.(told) ?? endedWith(this.#options, told)
  }
}

/** What a promise gives, or undefined after a while. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => late.resolve(undefined), ms)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
