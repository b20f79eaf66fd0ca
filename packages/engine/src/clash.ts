import { SyncError } from '@tidemark/core'
import type { Catalog, SurveyedTable } from './catalog.ts'

/** The names that tables take in the destination: no two may have the same. */
export class NameClaims {
  readonly #taken = new Map<string, SurveyedTable>()

  /** @returns what is wrong where another table has the name already. */
  claim(table: SurveyedTable): SyncError | undefined {
    const folded = table.name.toLowerCase()
    const other = this.#taken.get(folded)
    if (other !== undefined) return clash(other, table)
    this.#taken.set(folded, table)
    return undefined
  }
}

/** Tables that would have one name in the destination, each with the uses and tables that want it. */
export function clashes(catalog: Catalog): readonly SyncError[] {
  const names = new NameClaims()
  return catalog.uses.flatMap((use) => use.tables.flatMap((table) => names.claim(table) ?? []))
}

function clash(other: SurveyedTable, table: SurveyedTable): SyncError {
  const wayOut =
    other.use.name === table.use.name
      ? `leave one out in the config: sources.${table.use.name}.tables: { "${table.table.name}": false }`
      : 'give one of the sources another name or a "prefix" in the config'
  return new SyncError(
    `"${other.use.name}" table "${other.table.name}" and "${table.use.name}" table "${table.table.name}" both become the table "${table.name}" (names that differ only in case are one in a database); ${wayOut}`,
    'fix-config',
    { code: 'clash' },
  )
}
