import type { RunOptions } from '@tidemark/engine'
import { isLive } from './is-live.ts'
import type { Session } from './session.ts'
import { followProgress } from './show/progress.ts'

/** Does work that runs steps, and shows how far it is. */
export async function withProgress<T>(
  { terminal, log, secrets, environment, interrupts }: Session,
  work: (more: Pick<RunOptions, 'onEvent' | 'log'>) => Promise<T>,
): Promise<T> {
  const screen = isLive(process.stderr, environment) ? process.stderr : undefined
  return interrupts.during(async () => {
    const { onEvent, log: heard, stop } = followProgress({ screen, say: terminal.say, log, redact: secrets.redact })
    try {
      return await work({ onEvent, log: heard })
    } finally {
      stop()
    }
  })
}
