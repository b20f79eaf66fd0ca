import { SyncError } from '@tidemark/core'

/** The error of a query that was ended because its time was up. */
export function tookTooLong(limitMs: number): SyncError {
  return new SyncError(
    `the query took longer than ${limitMs / 1000} s and was canceled; ask for less, or give it more time, as with --max-time 1h`,
    'fix-config',
    { code: 'query' },
  )
}
