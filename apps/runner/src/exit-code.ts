import { SyncError } from '@tidemark/core'
import { EXIT } from '@tidemark/engine'

/** The exit code of an error that ended a command before there was a report. */
export function exitCodeFor(error: unknown): number {
  if (!SyncError.is(error)) return EXIT.bug
  if (error.code?.startsWith('destination') === true) return EXIT.destination
  if (error.code === 'held') return EXIT.held
  if (error.remedy === 'fix-config' || error.remedy === 'upgrade') return EXIT.config
  return EXIT.someFailed
}
