import { SyncError } from '@tidemark/core'
import type { Lease } from '@tidemark/core/engine'

/** The error of a runner whose lease another one has by now. */
export function fenced({ table, feed }: Lease): SyncError {
  return new SyncError(
    `another runner took over the ${feed === true ? 'feed' : 'table'} "${table}", because this one sent no heartbeat for too long; nothing of this batch was written`,
    'retry',
    { code: 'fenced' },
  )
}

/** Whoever changes a table needs all of it. */
export function notAlone(table: string): SyncError {
  return new SyncError(
    `table "${table}" must be changed first, which a runner that holds a window of it may not; run again when the windows at work are read`,
    'retry',
    { code: 'held' },
  )
}
