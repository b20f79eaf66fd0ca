import { SyncError } from '@tidemark/core'
import { STATE_VERSION } from '@tidemark/core/engine'
import { refuseNewer } from './migrations.ts'

/** Who only looks cannot bring a state to this version. @throws SyncError where it is of another one, or there is none. */
export function refuseOther(version: number, place: string): void {
  refuseNewer(version, place)
  if (version === STATE_VERSION) return
  throw version === 0
    ? new SyncError(`there is no state in ${place} yet; the first "tidemark sync" makes it`, 'fix-config', {
        code: 'destination-missing',
      })
    : new SyncError(
        `the state in ${place} is of version ${version}, and this Tidemark reads version ${STATE_VERSION}; the next "tidemark sync" brings it there`,
        'fix-config',
        { code: 'destination-older' },
      )
}
