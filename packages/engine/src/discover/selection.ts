import { SyncError } from '@tidemark/core'
import { didYouMean, fixedTables, type State } from '@tidemark/core/engine'
import type { Catalog, ConfiguredSource } from './catalog.ts'
import { otherProject } from './other-project.ts'

/** What a user named on the command line: tables by their name in the destination or in the source, or whole sources. */
export class Selection {
  readonly #names: ReadonlySet<string> | undefined

  constructor(names: readonly string[] | undefined) {
    this.#names = names === undefined || names.length === 0 ? undefined : new Set(names)
  }

  /** Whether all tables of a configured source are selected: by its own name, or because nothing is. */
  isWhole(use: string): boolean {
    return this.#names === undefined || this.#names.has(use)
  }

  /**
   * The configured sources that hold what is selected, as far as is known before the engine calls them: their own names, tables that
   * the state knows, tables that a source lists in its code. All of them where a name is found in none.
   */
  sources(
    sources: readonly ConfiguredSource[],
    state: State,
    nameOf: (table: string) => string,
  ): readonly ConfiguredSource[] {
    if (this.#names === undefined) return sources
    const found = new Set<string>()
    for (const name of this.#names) {
      const holding = holders(name, sources, state, nameOf)
      if (holding.length === 0) return sources
      for (const use of holding) found.add(use)
    }
    return sources.filter((source) => found.has(source.name))
  }

  /** Whether a configured source that cannot run holds something that was selected. */
  concerns(use: string, state: State): boolean {
    if (this.wants(use, use, use)) return true
    return [...state.tables.values()].some((table) => table.source === use && this.wants(use, table.table, table.name))
  }

  wants(use: string, table: string, name: string): boolean {
    return this.#names === undefined || this.#names.has(name) || this.#names.has(table) || this.#names.has(use)
  }

  /**
   * @param installed names of the configured sources of this run, also of those that cannot be loaded, or are not called now
   * @throws SyncError `fix-config`, code `unknown-table`, where a name fits nothing that was found or is known, or a table
   * whose source is not there.
   */
  check(catalog: Catalog, state: State, installed: readonly string[]): void {
    if (this.#names === undefined) return
    const tables = new Set<string>(state.tables.keys())
    const others = new Set<string>(installed)
    for (const source of catalog.sources) {
      others.add(source.name)
      for (const table of source.tables) {
        tables.add(table.name)
        others.add(table.table.name)
      }
    }
    for (const table of state.tables.values()) others.add(table.table).add(table.source)
    for (const name of this.#names) {
      const foreign = tables.has(name) || others.has(name) ? undefined : state.others?.get(name)
      if (foreign !== undefined) throw otherProject(foreign)
      if (!tables.has(name) && !others.has(name)) throw unknownTable(name, [...tables], [...others])
      const away = notListed(name, catalog, state) ?? notInstalled(name, installed, state)
      if (away !== undefined) throw away
    }
  }
}

/** A table that was synced, of a source that was asked and does not list it: it is not read, and no one else would say so. */
function notListed(name: string, { sources }: Catalog, state: State): SyncError | undefined {
  const isMeant = (table: { readonly name: string }, own: string): boolean => table.name === name || own === name
  const isListed = sources.some(
    (source) => source.name === name || source.tables.some((one) => isMeant(one, one.table.name)),
  )
  const known = [...state.tables.values()].find((table) => isMeant(table, table.table))
  const asked = sources.find((source) => source.name === known?.source)
  if (isListed || known === undefined || asked === undefined || (asked.failure ?? asked.missing) !== undefined) return
  return new SyncError(
    `source "${asked.name}" no longer has a table "${known.table}", or the config leaves it out: "${known.name}" is not read; its rows stay`,
    'fix-config',
    { code: 'unknown-table' },
  )
}

/** A table that was synced, or a source, of which this project has no more than the rows. */
function notInstalled(name: string, installed: readonly string[], state: State): SyncError | undefined {
  const meant = [...state.tables.values()].filter((one) => [one.name, one.table, one.source].includes(name))
  const [known] = meant
  if (known === undefined || meant.some(({ source }) => installed.includes(source))) return undefined
  const { source } = known
  const what = name === source ? 'its tables are' : `"${known.name}" is`
  return new SyncError(
    `source "${source}" is not installed, or the config switches it off: ${what} not read; the rows stay`,
    'fix-config',
    { code: 'unknown-table' },
  )
}

/** Names of the configured sources that a selected name can mean. */
function holders(
  name: string,
  sources: readonly ConfiguredSource[],
  state: State,
  nameOf: (table: string) => string,
): readonly string[] {
  const known = [...state.tables.values()]
    .filter((table) => table.name === name || table.table === name)
    .map((table) => table.source)
  const listed = sources.filter(({ name: use, source, options }) => {
    if (use === name) return true
    return fixedTables(source.tables).some(
      (table) => table.name === name || nameOf(`${options?.prefix ?? use}_${table.name}`) === name,
    )
  })
  return [...known, ...listed.map((source) => source.name)]
}

const MAX_NAMES_LISTED = 20

/** @param others names that are accepted too: short ones, and those of sources. */
export function unknownTable(name: string, known: readonly string[], others: readonly string[] = []): SyncError {
  const near = didYouMean(name, [...known, ...others])
  const listed =
    known.slice(0, MAX_NAMES_LISTED).join(', ') +
    (known.length > MAX_NAMES_LISTED ? ` and ${known.length - MAX_NAMES_LISTED} more` : '')
  const all = known.length === 0 ? 'no table has been synced yet' : `known names are ${listed}`
  const hint = near === undefined ? all : `did you mean "${near}"?`
  return new SyncError(`there is no table or source "${name}"; ${hint}`, 'fix-config', { code: 'unknown-table' })
}
