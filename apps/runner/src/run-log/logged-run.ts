import type { Destination } from '@tidemark/core/engine'
import type { RunOptions } from '@tidemark/engine'
import type { Session } from '../session.ts'
import { logRunEvents } from './run-events.ts'
import { RunLogWriter } from './run-log-writer.ts'

type Logged = Pick<RunOptions, 'onEvent'> & { readonly destination: Pick<Destination, 'recordRun'> }

/** Does a run, and stores what it logs with its record. */
export async function loggedRun<O extends Logged, T>(
  { log, command }: Pick<Session, 'log' | 'command'>,
  options: O,
  run: (options: O) => Promise<T>,
): Promise<T> {
  const writer = new RunLogWriter(options.destination)
  const logEvent = logRunEvents(log.runEvents, command)
  const onEvent: RunOptions['onEvent'] = (event) => {
    options.onEvent?.(event)
    writer.hear(event)
    logEvent(event)
  }
  try {
    return await writer.within(() => run({ ...options, onEvent }))
  } finally {
    await writer.end()
  }
}
