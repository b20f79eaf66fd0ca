// Loaded by `--import` into a process of the runner, which then lives by the clock of a test. With a channel to the test its
// time stands still, jumps from timer to timer as far as the test lets it, and only when all that was begun is done;
// without one its clocks are set forward, and its timers run as ever.
import { createRequire, syncBuiltinESMExports } from 'node:module'
import type { DatabaseSync as Database } from 'node:sqlite'

const require = createRequire(import.meta.url)
const timers = require('node:timers') as Record<string, unknown>
const promises = require('node:timers/promises') as Record<string, unknown>
const sqlite = require('node:sqlite') as { DatabaseSync: typeof Database }
const hooks = require('node:perf_hooks') as typeof import('node:perf_hooks')

const pause = globalThis.setTimeout
const RealDate = globalThis.Date
const startedAt = Number(process.env['TIDEMARK_TEST_CLOCK'])
const began = performance.now()
const isStepped = process.send !== undefined
let steppedTo = startedAt
const now = (): number => (isStepped ? steppedTo : startedAt + performance.now() - began)

class TestDate extends RealDate {
  constructor(...given: readonly unknown[]) {
    super(...((given.length === 0 ? [now()] : given) as [number]))
  }

  static override now(): number {
    return Math.floor(now())
  }
}
globalThis.Date = TestDate as DateConstructor

// SQLite asks the machine for the time; a destination takes it from there.
const { DatabaseSync } = sqlite
sqlite.DatabaseSync = class extends DatabaseSync {
  constructor(...given: ConstructorParameters<typeof Database>) {
    super(...given)
    this.function('unixepoch', { varargs: true }, () => now() / 1000)
  }
}

class Timer {
  at: number
  readonly run: () => void
  readonly every: number | undefined

  constructor(run: () => void, ms: number, every?: number) {
    this.run = run
    this.at = steppedTo + Math.max(1, Number.isFinite(ms) ? ms : 1)
    this.every = every
    waiting.add(this)
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  close(): void {
    waiting.delete(this)
  }
}

const waiting = new Set<Timer>()

if (isStepped) {
  const setTimeout = (run: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) =>
    new Timer(() => run(...args), ms)
  const setInterval = (run: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) =>
    new Timer(() => run(...args), ms, Math.max(1, ms))
  const clear = (timer: unknown): void => void waiting.delete(timer as Timer)
  const wait = (ms = 1, value?: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const aborted = (): void => {
        timer.close()
        reject(Object.assign(new Error('The operation was aborted', { cause: signal?.reason }), { name: 'AbortError' }))
      }
      const timer = new Timer(() => {
        signal?.removeEventListener('abort', aborted)
        resolve(value)
      }, ms)
      if (signal?.aborted === true) aborted()
      else signal?.addEventListener('abort', aborted, { once: true })
    })
  const own = { setTimeout, setInterval, clearTimeout: clear, clearInterval: clear }
  Object.assign(globalThis, own)
  Object.assign(timers, own)
  promises['setTimeout'] = wait
  hooks.performance.now = () => steppedTo - startedAt

  let last = Promise.resolve()
  process.on('message', ({ to }: { readonly to: number }) => {
    last = last.then(() => advance(to))
  })
}
syncBuiltinESMExports()

let isLoaded = false

async function advance(to: number): Promise<void> {
  if (!isLoaded) await rest()
  isLoaded = true
  for (;;) {
    const at = Math.min(...[...waiting].map((timer) => timer.at))
    if (!(at <= to)) break
    steppedTo = Math.max(steppedTo, at)
    for (const timer of [...waiting].filter((one) => one.at <= steppedTo)) {
      if (!waiting.has(timer)) continue
      if (timer.every === undefined) waiting.delete(timer)
      else timer.at = steppedTo + timer.every
      timer.run()
    }
    await rest()
  }
  steppedTo = Math.max(steppedTo, to)
  await rest()
  process.send?.({ at: steppedTo })
}

const QUIET_MS = 4
const QUIET_TIMES = 4
/** What a process waits for that is at work: files, names, other processes. A connection may hang. */
const AT_WORK = /^(?:FSReq|ProcessWrap|GetAddrInfo|TCPConnect|PipeConnect|Zlib|Worker|DNS)/

/** Waits until nothing is at work: the event loop has had nothing to do for some time, and no file or process is waited for. */
async function rest(): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TIMES; ) {
    const before = hooks.performance.eventLoopUtilization()
    await new Promise((resolve) => pause(resolve, QUIET_MS))
    const { active } = hooks.performance.eventLoopUtilization(before)
    const isAtWork = process.getActiveResourcesInfo().some((one) => AT_WORK.test(one))
    quiet = active > 1 || isAtWork ? 0 : quiet + 1
  }
}
