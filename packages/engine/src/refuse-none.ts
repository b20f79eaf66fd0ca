import { SyncError } from '@tidemark/core'
import type { State, Table } from '@tidemark/core/engine'
import type { Use } from './catalog.ts'

/** A source that suddenly has no table at all has mostly lost a right: nothing of it is taken for removed. */
export function refuseNone(use: Use, found: readonly Table[], state: State): void {
  const known = [...state.tables.values()].filter(({ source, status }) => source === use.name && status !== 'removed')
  if (found.length > 0 || known.length === 0) return
  throw new SyncError(
    `source "${use.name}" lists no table any more; it had ${known.length}. See what its user may still read; where it shall not be synced any more, take it out of the config`,
    'fix-config',
    { code: 'no-tables' },
  )
}
