import type { RunOptions } from '@tidemark/engine'
import { isLive } from './is-live.ts'
import type { Session } from './session.ts'
import { followProgress } from './show/progress.ts'

export interface Shown {
  /** Draws nothing, because another run uses the screen. */
  readonly quietly?: boolean | undefined
}

/** Does work that runs steps, and shows its progress. */
export async function withProgress<T>(
  { terminal, log, secrets, environment, interrupts }: Session,
  work: (more: Pick<RunOptions, 'onEvent' | 'log'> & { readonly stop: () => void }) => Promise<T>,
  { quietly }: Shown = {},
): Promise<T> {
  const screen = quietly !== true && isLive(process.stderr, environment) ? process.stderr : undefined
  return interrupts.during(async () => {
    const progress = followProgress({ screen, say: terminal.say, log, redact: secrets.redact })
    const { onEvent, log: heard } = progress
    let isStopped = false
    const stop = (): void => {
      if (!isStopped) progress.stop()
      isStopped = true
    }
    try {
      return await work({ onEvent, log: heard, stop })
    } finally {
      stop()
    }
  })
}
