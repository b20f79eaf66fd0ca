import type { Feed, Table } from '@tidemark/core/engine'
import type { DiscoveredFeed } from './catalog.ts'

interface Choice {
  /** All tables of the source, and those that the config does not leave out. */
  readonly found: readonly Table[]
  readonly wanted: readonly Table[]
  /** Whether this run is for a table. */
  readonly isWanted: (table: Table) => boolean
}

/** The feeds of a source as a run reads them, by name. */
export function discoveredFeeds(
  feeds: ReadonlyMap<string, Feed>,
  { found, wanted, isWanted }: Choice,
): ReadonlyMap<string, DiscoveredFeed> {
  const kept = new Set(wanted)
  return new Map(
    [...feeds].map(([name, feed]) => {
      const own = found.filter((table) => table.feed?.name === name)
      return [
        name,
        {
          feed,
          isWanted: own.some((table) => kept.has(table) && isWanted(table)),
          leftOut: own.filter((table) => !kept.has(table)).map((table) => table.name),
        },
      ]
    }),
  )
}
