import { constants } from 'node:os'
import { exitNow } from './terminal.ts'

/** SIGINT and SIGTERM: the first asks for a graceful stop where there is something to finish, the next ends at once. */
export interface Interrupts {
  readonly signal: AbortSignal
  /** 130 or 143 where a signal came. */
  exitCode(): number | undefined
  /** Ends the process with the code of the signal that came. */
  endNow(): void
  /** While this runs, the first signal only aborts `signal`; outside of it the process ends at once. */
  during<T>(work: () => Promise<T>): Promise<T>
}

export function listenForInterrupts(say: (message: string) => void): Interrupts {
  const controller = new AbortController()
  let graceful = 0
  let exitCode: number | undefined
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      const code = 128 + constants.signals[name]
      if (graceful === 0 || exitCode !== undefined) exitNow(code)
      exitCode = code
      say(`${name}: stopping; what is committed stays, the rest is for the next run (${name} again ends it at once)`)
      controller.abort(new Error(`stopped by ${name}`))
    })
  }
  return {
    signal: controller.signal,
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
