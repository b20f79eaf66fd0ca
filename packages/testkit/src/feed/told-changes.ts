import { type Change, defineSource, type FeedTable } from '@tidemark/core'
import type { Destination, Feed, Table } from '@tidemark/core/engine'
import type { Report } from '@tidemark/engine'
import type { z } from 'zod'
import type { OpenPlace } from '../source/place.ts'
import type { TestedFeed } from './tested-feed.ts'

/** Changes that a test tells in the place of a feed. */
export interface ToldChanges {
  readonly destination: Destination
  readonly changes: readonly Change<never>[]
  /** The run breaks before this one of them, from 0 on. */
  readonly failsBefore?: number | undefined
}

/** A table's changes, as its author makes them. */
export function changesOfTable(
  { feed }: TestedFeed,
  { name, row, primaryKey }: Table,
): FeedTable<never, z.ZodObject, string[]> {
  const draft = defineSource({ name: 'test' }).feed({ name: feed.name, offset: feed.offset as never })
  return draft.table({ name, row, primaryKey } as never) as never
}

/** One run in which the feed tells these changes as one transaction, and nothing else; in batches of one row. */
export async function tell(
  world: TestedFeed,
  place: OpenPlace,
  { destination, changes, failsBefore }: ToldChanges,
): Promise<Report> {
  const draft = defineSource({ name: 'test' }).feed({ name: world.feed.name, offset: world.feed.offset as never })
  const feed = (own: Feed): Feed => ({
    ...own,
    tables: withoutBackfill(own.tables),
    lost: undefined,
    head: undefined,
    acknowledge: undefined,
    async *read(context: never) {
      for (const [at, change] of changes.entries()) {
        if (at === failsBefore) throw new Error('stopped by the test')
        yield change
      }
      const { offset } = context as { readonly offset: unknown }
      if (offset !== undefined) yield draft.checkpoint(offset as never)
    },
  })
  const run = { destination, batchRows: 1, feed }
  return failsBefore === undefined ? await world.runWell(place, run) : await world.run(place, run)
}

/** What is missing of a row is not read by its key: that would hide what the changes left. */
function withoutBackfill(tables: Feed['tables']): Feed['tables'] {
  const alone = <T extends Table>(table: T): T => ({
    ...table,
    feed: table.feed && { ...table.feed, backfill: undefined },
  })
  if (typeof tables !== 'function') return tables.map(alone)
  return async (context) => [...(await tables(context))].map(({ table }) => ({ table: alone(table) }))
}
