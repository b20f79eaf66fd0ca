import { isPastRejectLimit, type RejectLimit } from '@tidemark/core/engine'

/** Too many rejects for a claim of coverage in the middle of a window, also where it is still too short for the limit. */
export function isSuspect(limit: RejectLimit): boolean {
  const { rows, rejected, share } = limit
  return rejected > rows * share || isPastRejectLimit({ step: { rows, rejected }, holdsRows: false }, limit)
}
