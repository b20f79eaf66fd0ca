import { constants } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { Interruption } from '@tidemark/engine'
import { exitNow } from './terminal.ts'

/** SIGINT and SIGTERM: the first asks for a graceful stop where there is something to finish, the next ends at once. */
export interface Interrupts {
  readonly signal: AbortSignal
  /** Whether an error says only that a signal came. */
  isOf(error: unknown): boolean
  /** 130 or 143 where a signal came. */
  exitCode(): number | undefined
  /** Ends the process with the code of the signal that came. */
  endNow(): void
  /** While this runs, the first signal only aborts `signal`; outside of it the process ends at once. */
  during<T>(work: () => Promise<T>): Promise<T>
}

/** So long the second signal waits for the record of the first. */
const RECORD_MS = 300

export function listenForInterrupts(say: (message: string) => void): Interrupts {
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
      say(`${name}: stopping; what is committed stays, the rest is for the next run (${name} again ends it at once)`)
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

/** So deep an error's causes are looked at. */
const DEPTH = 10

function isFrom(error: unknown, reason: unknown): boolean {
  for (let one = error, depth = 0; depth < DEPTH && one !== undefined && one !== null; depth++) {
    if (one === reason || (one instanceof Error && one.name === 'AbortError')) return true
    one = (one as { readonly cause?: unknown }).cause
  }
  return false
}
