import { SyncError, suggestion } from '@tidemark/core'
import type { State } from '@tidemark/core/engine'

/**
 * What a state says of tables and sources that a user named: a table by its name in the database or in its source, or all of a
 * source. Without names all of it. @throws SyncError `fix-config`, code `unknown-table`, for a name that nothing has.
 */
export function selectedState(state: State, names: readonly string[]): State {
  if (names.length === 0) return state
  const known = new Set<string>(state.failingSources?.keys())
  for (const { name, table, source } of state.tables.values()) known.add(name).add(table).add(source)
  for (const feed of state.feeds?.values() ?? []) known.add(feed.source)
  for (const name of names)
    if (!known.has(name))
      throw new SyncError(
        `no table and no source is called "${name}"; ${suggestion(name, [...known], 'tables and sources')}`,
        'fix-config',
        { code: 'unknown-table' },
      )
  const wanted = new Set(names)
  const tables = [...state.tables].filter(
    ([, { name, table, source }]) => wanted.has(name) || wanted.has(table) || wanted.has(source),
  )
  const sources = new Set([...names, ...tables.map(([, { source }]) => source)])
  const feeds = new Set(tables.flatMap(([, { fed, source }]) => (fed === undefined ? [] : [`${source} ${fed.feed}`])))
  return {
    ...state,
    tables: new Map(tables),
    ...(state.feeds === undefined
      ? {}
      : {
          feeds: new Map(
            [...state.feeds].filter(([, { source, feed }]) => wanted.has(source) || feeds.has(`${source} ${feed}`)),
          ),
        }),
    ...(state.failingSources === undefined
      ? {}
      : { failingSources: new Map([...state.failingSources].filter(([name]) => sources.has(name))) }),
  }
}
