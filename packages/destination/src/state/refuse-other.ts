import { SyncError } from '@tidemark/core'
import { OLDEST_READABLE_STATE, STATE_VERSION } from '@tidemark/core/engine'
import { refuseNewer } from './migrations.ts'

/** Who only looks cannot bring a state to this version. @throws SyncError where its version is not read, or it has none. */
export function refuseOther(version: number, place: string): void {
  refuseNewer(version, place)
  if (version >= OLDEST_READABLE_STATE) return
  const readable =
    OLDEST_READABLE_STATE === STATE_VERSION
      ? `version ${STATE_VERSION}`
      : `versions ${OLDEST_READABLE_STATE} to ${STATE_VERSION}`
  throw version === 0
    ? new SyncError(`there is no state in ${place} yet; the first "tidemark sync" creates it`, 'fix-config', {
        code: 'destination-missing',
      })
    : new SyncError(
        `the state in ${place} has version ${version}, and this Tidemark reads ${readable}; read it with the Tidemark that wrote it, or run "tidemark sync" with this one, which migrates it (older runners are refused after that)`,
        'fix-config',
        { code: 'destination-older' },
      )
}
