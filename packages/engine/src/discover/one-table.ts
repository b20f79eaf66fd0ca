import { SyncError } from '@tidemark/core'
import type { State } from '@tidemark/core/engine'
import type { DiscoveredTable } from './catalog.ts'
import { Selection } from './selection.ts'

/**
 * The table that a run of a range is for: the one that bears the name in the destination, else the only one that the name
 * selects. Undefined where no source that answered has it.
 *
 * @throws SyncError `fix-config`, code `usage`, where not exactly one name is given, or it selects several tables.
 */
export function oneTable(
  found: readonly DiscoveredTable[],
  state: State,
  select: readonly string[] | undefined,
): DiscoveredTable | undefined {
  const [name, ...others] = select ?? []
  if (name === undefined || others.length > 0)
    throw usage('a range is read of one table: name that table, and no other')
  const selection = new Selection([name])
  const known = [...state.tables.values()].filter(
    (table) => table.status !== 'removed' && selection.wants(table.source, table.table, table.name),
  )
  const listed = found.filter((table) => selection.wants(table.source.name, table.table.name, table.name))
  const names = new Set([...known, ...listed].map((table) => table.name))
  const meant = names.has(name) ? [name] : [...names].sort()
  if (meant.length > 1)
    throw usage(
      `a range is read of one table, and "${name}" selects ${meant.length}: ${shown(meant)}; name one of them`,
    )
  return listed.find((table) => table.name === meant[0])
}

const MAX_NAMES_SHOWN = 20

const shown = (names: readonly string[]): string =>
  `${names.slice(0, MAX_NAMES_SHOWN).join(', ')}${names.length > MAX_NAMES_SHOWN ? ', …' : ''}`

const usage = (message: string): SyncError => new SyncError(message, 'fix-config', { code: 'usage' })
