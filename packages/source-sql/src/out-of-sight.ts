import { SyncError, type Table, type Tracked } from '@tidemark/core'
import { isExcluded } from './choose-tables.ts'
import type { SqlConfig } from './config.ts'
import type { Asked } from './database.ts'
import { failingTable } from './failing-table.ts'
import type { FoundTable } from './found-table.ts'
import type { Client } from './source.ts'

export interface SightQuestion extends Asked {
  readonly client: Client
  readonly tracked: Tracked
}

/**
 * Known tables that were not found and are still there, or may be: a table that a user may no longer read is not listed by
 * every system, and must not count as dropped. Each of them fails and says why.
 */
export async function tablesOutOfSight(
  found: readonly FoundTable[],
  { client, tracked, signal, log }: SightQuestion,
): Promise<readonly Table<Client>[]> {
  const { database, config } = client
  if (database.whyHidden === undefined) return []
  const names = new Set(found.map((table) => table.name))
  const failing: Table<Client>[] = []
  for (const name of tracked.tables?.() ?? []) {
    if (names.has(name) || isExcluded(name, config)) continue
    const reason = await database.whyHidden(name, { signal, log })
    if (reason === undefined) continue
    const problem = `${database.label}: table "${name}" can no longer be read, or was dropped (${reason}); GRANT SELECT on it, or leave it out: exclude: [${JSON.stringify(name)}]`
    failing.push(failingTable(name, tracked, new SyncError(problem, 'fix-config')))
  }
  return failing
}

/**
 * Why a known table that is found cannot be read as it was: a column of it is still there and may no longer be read. One
 * that the user leaves out by name does not count.
 */
export async function columnOutOfSight(
  table: FoundTable,
  { client, tracked, signal, log }: SightQuestion,
): Promise<SyncError | undefined> {
  const { database, config } = client
  const own = ownOf(config, table.name)
  const lost = (tracked.columns(table.name) ?? [])
    .map((column) => column.name)
    .filter((name) => own?.columns[name] !== false && !table.columns.some((column) => column.name === name))
  if (lost.length === 0) return undefined
  const hidden =
    (await database.hiddenAmong?.(table, lost, { signal, log })) ??
    lost.filter((name) => table.hidden?.includes(name) === true)
  if (hidden.length === 0) return undefined
  const [first] = hidden
  const left = `tables: { ${JSON.stringify(table.name)}: { columns: { ${hidden.map((name) => `${JSON.stringify(name)}: false`).join(', ')} } } }`
  return new SyncError(
    `${database.label}: column "${first}" of table "${table.name}" can no longer be read${hidden.length > 1 ? `, nor can ${hidden.slice(1).join(', ')}` : ''}; let the user read it (GRANT SELECT), or leave it out: ${left}`,
    'fix-config',
  )
}

function ownOf(config: SqlConfig, name: string): SqlConfig['tables'][string] | undefined {
  return Object.hasOwn(config.tables, name) ? config.tables[name] : undefined
}
