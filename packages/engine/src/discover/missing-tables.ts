import { SyncError } from '@tidemark/core'
import { isPastPartitionLimit, quotedCommand, type State, type Table, type TableState } from '@tidemark/core/engine'
import { failureOf } from '../failure/failure.ts'
import type { ConfiguredSource, MissingTables } from './catalog.ts'
import { optionsOf } from './settings.ts'

export interface Listed {
  readonly found: readonly Table[]
  readonly state: State
  /** Whatever the source no longer lists may be removed. */
  readonly acceptDeletions: boolean
}

/**
 * A source that suddenly lists no table, or few of those that it had, has mostly lost a right: nothing of it is taken for
 * removed unasked. The limit is the one for partitions.
 *
 * @returns undefined where what is not listed any more may go.
 */
export function missingTables(
  source: ConfiguredSource,
  { found, state, acceptDeletions }: Listed,
): MissingTables | undefined {
  if (acceptDeletions || source.options?.deletionLimit === 'none') return undefined
  const listed = new Set(found.flatMap(({ name, aliases }) => [name, ...aliases]))
  const known = [...state.tables.values()].filter((table) => table.source === source.name && wasRead(table))
  const wanted = known.filter(({ table }) => optionsOf(source.options, table) !== false)
  const lost = wanted.filter(({ table }) => !listed.has(table))
  if (!isPastPartitionLimit({ deleted: lost.length, of: wanted.length }, found.length)) return undefined
  const tables = lost.map(({ name }) => name).sort()
  return { tables, failure: failureOf(tablesMissing(source, lost, wanted.length, found.length)) }
}

const wasRead = ({ status, lastSyncedAt }: TableState): boolean => status !== 'removed' && lastSyncedAt !== null

function tablesMissing(use: ConfiguredSource, lost: readonly TableState[], of: number, listed: number): SyncError {
  const names = lost.map(({ table }) => table).sort()
  const some = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
  const problem =
    listed === 0 ? `no longer lists any table; it had ${of}` : `no longer lists ${lost.length} of ${of} tables`
  return new SyncError(
    `source "${use.name}" ${problem} (${some}), as happens when a permission is lost; their rows stay, and they are not complete up to now. Check what its user may still read. If they were really removed, allow it once with ${quotedCommand('sync', [use.name], '--accept-deletions')}; if any number may disappear at any time, set sources.${use.name}.deletionLimit: 'none'`,
    'fix-config',
    { code: 'no-tables' },
  )
}
