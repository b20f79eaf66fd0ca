import { isPastRejectLimit, type RejectLimit } from '@tidemark/core/engine'

/** Where the config does not say. */
export const DEFAULT_REJECT_LIMIT = { share: 0.01, above: 100 }

/** Too many rejects to commit coverage in the middle of a window, also where it is still too short for the limit. */
export function isSuspect(limit: RejectLimit): boolean {
  const { rows, rejected, share } = limit
  return rejected > rows * share || isPastRejectLimit({ step: { rows, rejected }, holdsRows: false }, limit)
}
