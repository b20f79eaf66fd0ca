import { SyncError } from '@tidemark/core'
import type { State, Table, TableState } from '@tidemark/core/engine'
import { tablePlace } from '../config/config-path.ts'
import type { ConfiguredSource } from './catalog.ts'
import { otherProject } from './other-project.ts'
import type { ProblemOf } from './storable-text.ts'

/** What a table is called in the destination. */
export interface DestinationName {
  /** For people, where it has none there. */
  readonly name: string
  /** Why it has none, or why its rows may be those of another table. */
  readonly problem: SyncError | undefined
  /** Nothing in the destination is called so. */
  readonly unplaced: boolean
}

export interface NamesOptions {
  readonly state: State
  /** What a wanted name becomes in the destination. */
  readonly nameOf: (table: string) => string
  readonly problemOf: ProblemOf
}

/** What a table is called, for people, that has no place in the destination. */
export function unplacedName(use: string, table: string): string {
  return `${use}.${table}`
}

/**
 * The names of a configured source's tables. A table that was renamed at its source stays in its old place, so that views, grants and
 * indexes live on; but not where the old name belongs to a table of its own by now: whose rows lie there nobody can tell.
 */
export function destinationNames(
  source: ConfiguredSource,
  tables: readonly Table[],
  options: NamesOptions,
): ReadonlyMap<Table, DestinationName> {
  const names = new Map<Table, DestinationName>()
  const naming = new Naming(source, tables, options)
  const contested = new Map<Table, SyncError>()
  for (const table of tables) {
    for (const alias of naming.contested(table)) {
      const problem = contestedAlias(source, table, alias)
      for (const one of [table, alias]) if (!contested.has(one)) contested.set(one, problem)
    }
  }
  for (const table of tables) names.set(table, naming.nameOf(table, contested.get(table)))
  return names
}

class Naming {
  readonly #source: ConfiguredSource
  readonly #tables: ReadonlyMap<string, Table>
  readonly #options: NamesOptions
  /** Those that were read, by their names at the source. */
  readonly #known: ReadonlyMap<string, TableState>

  constructor(use: ConfiguredSource, tables: readonly Table[], options: NamesOptions) {
    this.#source = use
    this.#tables = new Map(tables.map((table) => [table.name, table]))
    this.#options = options
    const own = [...options.state.tables.values()].filter(
      ({ source, schema: recorded }) => source === use.name && recorded !== null,
    )
    // One that is read under a name of its own by now may have left another behind.
    const [gone, tracked] = [own.filter(isRemoved), own.filter((one) => !isRemoved(one))]
    this.#known = new Map([...gone, ...tracked].map((one) => [one.table, one]))
  }

  nameOf(table: Table, contested: SyncError | undefined): DestinationName {
    try {
      this.#checkHeld(table)
      const known = this.#known.get(table.name)?.name
      if (contested !== undefined && this.#given(table.name) === undefined) {
        const unplaced = known === undefined
        return { name: known ?? unplacedName(this.#source.name, table.name), problem: contested, unplaced }
      }
      const name = this.#place(table)
      const problem = this.#options.problemOf(name)
      if (problem !== undefined) throw unheldName(this.#source, table, name, problem)
      const foreign = this.#options.state.others?.get(name)
      if (foreign !== undefined) throw otherProject(foreign)
      return { name, problem: undefined, unplaced: false }
    } catch (error) {
      if (!SyncError.is(error)) throw error
      return { name: unplacedName(this.#source.name, table.name), problem: error, unplaced: true }
    }
  }

  /** @throws SyncError where the state cannot say which table it is. */
  #checkHeld({ name }: Table): void {
    const { problemOf } = this.#options
    const [own, its] = [problemOf(this.#source.name), problemOf(name)]
    if (own === undefined && its === undefined) return
    throw new SyncError(
      `table ${JSON.stringify(name)} of ${JSON.stringify(this.#source.name)}: the ${its === undefined ? "source's" : "table's"} name ${its ?? own}; give it another name`,
      its === undefined ? 'fix-config' : 'fix-source',
      { code: 'schema' },
    )
  }

  /** Tables that are called as this one was, where nobody can say whose rows are whose. */
  contested(table: Table): readonly Table[] {
    if (this.#given(table.name) !== undefined) return []
    return table.aliases.flatMap((alias) => {
      const other = alias === table.name ? undefined : this.#tables.get(alias)
      return other === undefined || this.#isSettled(table, other) ? [] : [other]
    })
  }

  /** Whether it is known whose rows lie under a name that a table had before and another one has now. */
  #isSettled(table: Table, other: Table): boolean {
    const [own, its] = [this.#known.get(table.name), this.#known.get(other.name)]
    // Nothing was read of either: both begin, each under its own name.
    if (own === undefined && its === undefined) return true
    // It has continued there, before the other one came, or both were read as they are now.
    if (own !== undefined && own.name === this.#former(other.name)) return true
    if (own?.schema?.aliases?.includes(other.name) === true) return true
    // The user says that the other one is new.
    return own === undefined && this.#given(other.name) !== undefined
  }

  #place(table: Table): string {
    const given = this.#given(table.name)
    if (given !== undefined) return this.#options.nameOf(given)
    const name = this.#wanted(table.name)
    const { tables } = this.#options.state
    if (tables.has(name)) return name
    const before = table.aliases.find((alias) => {
      const its = tables.get(this.#former(alias) ?? '')
      if (its?.source !== this.#source.name) return false
      const other = this.#tables.get(alias)
      return (
        its.table === table.name || (its.table === alias && (other === undefined || this.#given(alias) !== undefined))
      )
    })
    return (before === undefined ? undefined : this.#former(before)) ?? name
  }

  /** The name that the config gives. */
  #given(table: string): string | undefined {
    const { tables = {} } = this.#source.options ?? {}
    const own = Object.hasOwn(tables, table) ? tables[table] : undefined
    return own === undefined || own === false ? undefined : own.name
  }

  /** Undefined for a name that no table can have here. */
  #former(alias: string): string | undefined {
    try {
      return this.#wanted(alias)
    } catch (error) {
      if (SyncError.is(error)) return undefined
      throw error
    }
  }

  #wanted(table: string): string {
    return this.#options.nameOf(`${this.#source.options?.prefix ?? this.#source.name}_${table}`)
  }
}

const isRemoved = ({ status }: TableState): boolean => status === 'removed'

function unheldName(use: ConfiguredSource, table: Table, name: string, problem: string): SyncError {
  const place = tablePlace(use.name, table.name)
  return new SyncError(
    `table "${table.name}" of "${use.name}": its name in the destination, ${JSON.stringify(name)}, ${problem}; give it another one with ${place}.name, or the source another "prefix"`,
    'fix-config',
    { code: 'schema' },
  )
}

function contestedAlias(source: ConfiguredSource, table: Table, other: Table): SyncError {
  const place = `${source.options?.prefix ?? source.name}_${other.name}`
  const named = [
    [table.name, place],
    [other.name, `${place}_2`],
  ].map(([name, its]) => `${JSON.stringify(name)}: { name: ${JSON.stringify(its)} }`)
  return new SyncError(
    `table "${table.name}" of "${source.name}" says that it was called "${other.name}" before, but "${other.name}" is also a table, so Tidemark cannot tell whose rows are in "${place}"; if they are of "${table.name}", say so in the config: sources.${source.name}.tables: { ${named.join(', ')} }; else give "${table.name}" another name there`,
    'fix-config',
    { code: 'alias' },
  )
}
