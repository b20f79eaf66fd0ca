import { SyncError } from '@tidemark/core'
import type { Catalog, SurveyedTable } from './catalog.ts'

/** Tables that would have one name in the destination, each with the uses and tables that want it. */
export function clashes(catalog: Catalog): readonly SyncError[] {
  const wanted = new Map<string, SurveyedTable>()
  const errors: SyncError[] = []
  for (const use of catalog.uses) {
    for (const table of use.tables) {
      const folded = table.name.toLowerCase()
      const other = wanted.get(folded)
      if (other === undefined) wanted.set(folded, table)
      else {
        const wayOut =
          other.use.name === use.name
            ? `leave one out in the config: sources.${use.name}.tables: { "${table.table.name}": false }`
            : 'give one of the sources another name or a "prefix" in the config'
        errors.push(
          new SyncError(
            `"${other.use.name}" table "${other.table.name}" and "${use.name}" table "${table.table.name}" both become the table "${table.name}" (names that differ only in case are one in a database); ${wayOut}`,
            'fix-config',
            { code: 'clash' },
          ),
        )
      }
    }
  }
  return errors
}
