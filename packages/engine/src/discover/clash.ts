import { SyncError } from '@tidemark/core'
import { fixedTables, type State } from '@tidemark/core/engine'
import { failureOf } from '../failure/failure.ts'
import type { ConfiguredSource, DiscoveredSource, DiscoveredTable } from './catalog.ts'
import { destinationNames, type NamesOptions, unplacedName } from './destination-names.ts'
import { optionsOf } from './settings.ts'

export interface ClashOptions {
  readonly state: State
  /** Whether names that differ only in case are one in the destination. */
  readonly names: 'exact' | 'folded'
}

/**
 * Tables that would have one name in the destination: the one that the state has there continues, the others fail, each
 * by name. Where it is nobody's, all of them fail: which one came first must not decide whose rows they are.
 */
export function withoutClashes(
  sources: readonly DiscoveredSource[],
  options: ClashOptions,
): readonly DiscoveredSource[] {
  const placed = sources.flatMap((source) => source.tables).filter((table) => table.unplaced !== true)
  const groups = Map.groupBy(placed, ({ name }) => (options.names === 'folded' ? folded(name) : name))
  const refused = new Map<DiscoveredTable, DiscoveredTable>()
  for (const group of groups.values()) {
    if (group.length < 2) continue
    const owner = group.find((table) => isRecorded(table, options.state))
    for (const table of group) if (table !== owner) refused.set(table, withFailure(table, group, owner))
  }
  if (refused.size === 0) return sources
  return sources.map((source) => ({ ...source, tables: source.tables.map((table) => refused.get(table) ?? table) }))
}

/**
 * The names of a run, assumed as the sources answer: of two sources the one whose table the state has there gets it. Where
 * it is nobody's and both sources name their tables beforehand, neither has it; else the first to answer is being read.
 */
export class NameClaims {
  readonly #options: ClashOptions
  readonly #sources: ReadonlySet<string>
  readonly #taken = new Map<string, DiscoveredTable>()
  /** By name: the tables that want it, by their configured source. */
  readonly #wanted = new Map<string, Map<string, string>>()

  constructor(sources: readonly ConfiguredSource[], options: ClashOptions & NamesOptions) {
    this.#options = options
    this.#sources = new Set(sources.map(({ name }) => name))
    for (const source of sources) {
      const tracked = fixedTables(source.source.tables).filter(
        (table) => optionsOf(source.options, table.name) !== false,
      )
      for (const [table, { name, unplaced }] of destinationNames(source, tracked, options))
        if (!unplaced) this.#wantedBy(name).set(source.name, table.name)
    }
  }

  /** @returns the table as it may be read: without a place, and failing, where its name is another source's. */
  claim(table: DiscoveredTable): DiscoveredTable {
    if (table.unplaced === true || isRecorded(table, this.#options.state)) return this.#take(table)
    const { name, source } = table
    const owner = this.#options.state.tables.get(name)
    const other = [...this.#wantedBy(name)].find(([one]) => one !== source.name)
    const taken = this.#taken.get(this.#keyOf(name))
    const rival =
      owner !== undefined &&
      owner.source !== source.name &&
      owner.status !== 'removed' &&
      this.#sources.has(owner.source)
        ? { source: owner.source, table: owner.table, name }
        : taken !== undefined && taken.source.name !== source.name
          ? { source: taken.source.name, table: taken.table.name, name: taken.name }
          : other !== undefined
            ? { source: other[0], table: other[1], name }
            : undefined
    return rival === undefined ? this.#take(table) : refused(table, rival)
  }

  #take(table: DiscoveredTable): DiscoveredTable {
    if (table.unplaced !== true) this.#taken.set(this.#keyOf(table.name), table)
    return table
  }

  #wantedBy(name: string): Map<string, string> {
    const key = this.#keyOf(name)
    const tables = this.#wanted.get(key) ?? new Map()
    this.#wanted.set(key, tables)
    return tables
  }

  #keyOf(name: string): string {
    return this.#options.names === 'folded' ? folded(name) : name
  }
}

/** As databases do it: ASCII alone. */
function folded(name: string): string {
  return name.replace(/[A-Z]+/g, (upper) => upper.toLowerCase())
}

function isRecorded({ name, source, table }: DiscoveredTable, { tables }: State): boolean {
  const known = tables.get(name)
  return known?.source === source.name && (known.table === table.name || table.aliases.includes(known.table))
}

function withFailure(
  discovered: DiscoveredTable,
  group: readonly DiscoveredTable[],
  owner: DiscoveredTable | undefined,
): DiscoveredTable {
  const { source, table, name } = owner ?? group.find((one) => one !== discovered)!
  return refused(discovered, { source: source.name, table: table.name, name })
}

interface Rival {
  readonly source: string
  readonly table: string
  readonly name: string
}

function refused(discovered: DiscoveredTable, other: Rival): DiscoveredTable {
  const { source, table, name } = discovered
  const own = `sources.${source.name}.tables: { ${JSON.stringify(table.name)}: { name: ${JSON.stringify(`${name}_2`)} } }`
  const wayOut =
    other.source === source.name
      ? `give it another name in the config: ${own}`
      : `give one of the sources another "prefix" in the config, or this table another name: ${own}`
  const isCase = other.name !== name
  const failure = failureOf(
    new SyncError(
      `table "${table.name}" of "${source.name}" and table "${other.table}" of "${other.source}" both become the table "${name}"${isCase ? ' (in this database, names that differ only in case are the same)' : ''}; ${wayOut}`,
      'fix-config',
      { code: 'clash' },
    ),
  )
  return { ...discovered, name: unplacedName(source.name, table.name), unplaced: true, failure, partitions: [] }
}
