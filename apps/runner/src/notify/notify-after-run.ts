import { type Destination, messageOf } from '@tidemark/core/engine'
import { type Session, withDestination } from '../session.ts'
import { Notifier } from './notifier.ts'

/** Before a run that ends: what is there already is not news to a new channel. */
export async function beforeRun(session: Session, destination: Destination): Promise<void> {
  await Notifier.of(session, { keepsRunning: false })?.begin(destination)
}

/** After a run that ends: sends what is due. What cannot be sent now is sent after the next run, and does not fail this one. */
export async function notifyAfterRun(session: Session): Promise<void> {
  const notifier = Notifier.of(session, { keepsRunning: false })
  if (notifier === undefined || session.interrupts.signal.aborted) return
  await withDestination(session, (destination) => notifier.notify(destination)).catch((error: unknown) =>
    session.log.warn(`notices cannot be sent now: ${messageOf(error)}`, { event: 'notice-failed' }),
  )
}
