import { SyncError } from '@tidemark/core'
import type { State } from '@tidemark/core/engine'
import type { SurveyedTable, SurveyedUse } from './catalog.ts'
import { unplacedName } from './destination-names.ts'
import { failureOf } from './failure.ts'

export interface ClashOptions {
  readonly state: State
  /** Whether names that differ only in case are one in the destination. */
  readonly names: 'exact' | 'folded'
}

/**
 * Tables that would have one name in the destination: the one that lies there by the state goes on, the others fail, each
 * by name. Where it is none's, all of them fail: which one came first must not decide whose rows they are.
 */
export function withoutClashes(uses: readonly SurveyedUse[], options: ClashOptions): readonly SurveyedUse[] {
  const placed = uses.flatMap((use) => use.tables).filter((table) => table.unplaced !== true)
  const groups = Map.groupBy(placed, ({ name }) => (options.names === 'folded' ? folded(name) : name))
  const refused = new Map<SurveyedTable, SurveyedTable>()
  for (const group of groups.values()) {
    if (group.length < 2) continue
    const owner = group.find((table) => isRecorded(table, options.state))
    for (const table of group) if (table !== owner) refused.set(table, withFailure(table, group, owner))
  }
  if (refused.size === 0) return uses
  return uses.map((use) => ({ ...use, tables: use.tables.map((table) => refused.get(table) ?? table) }))
}

/** As databases do it: ASCII alone. */
function folded(name: string): string {
  return name.replace(/[A-Z]+/g, (upper) => upper.toLowerCase())
}

function isRecorded({ name, use, table }: SurveyedTable, { tables }: State): boolean {
  const known = tables.get(name)
  return known?.source === use.name && (known.table === table.name || table.aliases.includes(known.table))
}

function withFailure(
  surveyed: SurveyedTable,
  group: readonly SurveyedTable[],
  owner: SurveyedTable | undefined,
): SurveyedTable {
  const { use, table, name } = surveyed
  const other = owner ?? group.find((one) => one !== surveyed)!
  const own = `sources.${use.name}.tables: { ${JSON.stringify(table.name)}: { name: ${JSON.stringify(`${name}_2`)} } }`
  const wayOut =
    other.use.name === use.name
      ? `give it another name in the config: ${own}`
      : `give one of the sources another "prefix" in the config, or this table another name: ${own}`
  const isCase = group.some((one) => one.name !== name)
  const failure = failureOf(
    new SyncError(
      `table "${table.name}" of "${use.name}" and table "${other.table.name}" of "${other.use.name}" both become the table "${name}"${isCase ? ' (names that differ only in case are one in this database)' : ''}; ${wayOut}`,
      'fix-config',
      { code: 'clash' },
    ),
  )
  return { ...surveyed, name: unplacedName(use.name, table.name), unplaced: true, failure, partitions: [] }
}
