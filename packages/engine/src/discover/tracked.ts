import type { Tracked } from '@tidemark/core'
import type { State } from '@tidemark/core/engine'
import type { ConfiguredSource } from './catalog.ts'
import { modeOf } from './settings.ts'

/** What a source may ask of what was synced before: its own tables as the state has them. */
export function trackedBy({ name: use, options = {} }: ConfiguredSource, state: State): Tracked {
  const own = [...state.tables.values()].filter((table) => table.source === use)
  const known = new Map(own.map((table) => [table.table, table.schema]))
  const stateOf = (name: string) => own.find((table) => table.table === name)
  return {
    tables: () => own.filter((table) => table.status !== 'removed').map((table) => table.table),
    primaryKey: (table) => known.get(table)?.primaryKey,
    columns: (table) => {
      // A type that may not grow is kept by the source too: or it would hand on all rows in a form that does not fit.
      const fixed = modeOf(options, table) === 'discard-row' ? { fixed: true as const } : {}
      return known.get(table)?.columns.map(({ name, type }) => ({ name, type, ...fixed }))
    },
    cursor: (table) => {
      const recorded = known.get(table)
      return recorded == null ? undefined : (recorded.cursor?.column ?? null)
    },
    partitions: (table) => {
      const partitions = stateOf(table)?.partitions
      return (
        partitions &&
        new Map(
          [...partitions].map(([id, { revision, removedAt }]) => [
            id,
            { revision: revision?.text, removed: removedAt !== null },
          ]),
        )
      )
    },
    undeclared: (table) => stateOf(table)?.undeclared ?? [],
  }
}
