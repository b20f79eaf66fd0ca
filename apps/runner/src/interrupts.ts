import { constants } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import type { LogFields } from '@tidemark/core/engine'
import { Interruption } from '@tidemark/engine'
import { exitNow } from './terminal.ts'

/** SIGINT and SIGTERM: the first requests a graceful stop if there is work to finish, the second ends the process at once. */
export interface Interrupts {
  readonly signal: AbortSignal
  /** Whether an error was caused only by a signal. */
  isOf(error: unknown): boolean
  /** 130 or 143 after a signal. */
  exitCode(): number | undefined
  /** Ends the process with the exit code of the received signal. */
  endNow(): void
  /** While the work runs, the first signal only aborts `signal`; otherwise the process ends at once. */
  during<T>(work: () => Promise<T>): Promise<T>
}

/** How long the second signal waits until the first one is recorded. */
const RECORD_MS = 300

export function listenForInterrupts(say: (message: string, fields: LogFields) => void): Interrupts {
  const controller = new AbortController()
  let graceful = 0
  let exitCode: number | undefined
  let first: Interruption | undefined
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      const code = 128 + constants.signals[name]
      if (first !== undefined) {
        const late = wait(RECORD_MS)
        void Promise.race([first.recorded, late]).then(() => exitNow(code))
        return
      }
      if (graceful === 0) exitNow(code)
      exitCode = code
      first = new Interruption(name, code)
      controller.abort(first)
      say(
        `${name}: stopping; what is committed stays, and the next run reads the rest (${name} again ends the process at once)`,
        { event: 'stopping', signal: name },
      )
    })
  }
  return {
    signal: controller.signal,
    isOf: (error) => controller.signal.aborted && isFrom(error, controller.signal.reason),
    exitCode: () => exitCode,
    endNow: () => exitNow(exitCode ?? 1),
    async during(work) {
      graceful++
      try {
        return await work()
      } finally {
        graceful--
      }
    },
  }
}

/** Maximum depth of an error's causes to inspect. */
const DEPTH = 10

function isFrom(error: unknown, reason: unknown): boolean {
  for (let one = error, depth = 0; depth < DEPTH && one !== undefined && one !== null; depth++) {
    if (one === reason || (one instanceof Error && one.name === 'AbortError')) return true
    one = (one as { readonly cause?: unknown }).cause
  }
  return false
}
