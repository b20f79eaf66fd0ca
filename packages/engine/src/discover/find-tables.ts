import type { Context, Source, Tracked } from '@tidemark/core'
import type { Feed, Table } from '@tidemark/core/engine'
import type { Again } from './partition-question.ts'

/** The tables of a source, also those that its feeds tell. */
export interface FoundTables {
  readonly tables: readonly Table[]
  /** By name. */
  readonly feeds: ReadonlyMap<string, Feed>
}

/** Asks a source, and each of its feeds, which tables there are. */
export async function findTables(
  { tables }: Pick<Source, 'tables'>,
  context: Context<never> & { readonly tracked: Tracked },
  again: Again,
): Promise<FoundTables> {
  const listed = typeof tables === 'function' ? await again('its tables', () => tables(context)) : tables
  const found: Table[] = []
  const feeds = new Map<string, Feed>()
  for (const one of listed) {
    if (one.kind !== 'feed') {
      found.push(one)
      continue
    }
    feeds.set(one.name, one)
    const list = one.tables
    if (typeof list !== 'function') found.push(...list)
    else
      for (const { table } of await again(
        `the tables of feed "${one.name}"`,
        () => list(context as never),
        // A tap may have to be installed first.
        one.watchesSilence ? 'ends itself' : undefined,
      ))
        found.push(table)
  }
  return { tables: found, feeds }
}
