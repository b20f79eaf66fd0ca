import { SyncError } from '@tidemark/core'
import type { Lease } from '@tidemark/core/engine'

/** The error of a runner whose lease another one has by now. */
export function fenced({ table }: Lease): SyncError {
  return new SyncError(
    `another runner took over the table "${table}", because this one sent no heartbeat for too long; nothing of this batch was written`,
    'retry',
    { code: 'fenced' },
  )
}
