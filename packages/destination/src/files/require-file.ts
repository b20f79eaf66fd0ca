import { type BigIntStats, statSync } from 'node:fs'
import { SyncError } from '@tidemark/core'

/** @throws SyncError where there is no file: opening would say only that it cannot. */
export function requireFile(path: string): BigIntStats {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
  if (stats !== undefined) return stats
  throw new SyncError(`there is no database ${path}; run "tidemark sync" to create it, or restore it`, 'fix-config', {
    code: 'destination-missing',
  })
}
