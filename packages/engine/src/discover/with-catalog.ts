import { setTimeout as wait } from 'node:timers/promises'
import { type EventLog, type State, silent } from '@tidemark/core/engine'
import type { LookOptions } from '../options.ts'
import { systemClock } from '../time/clock.ts'
import type { Catalog, DiscoveredSource } from './catalog.ts'
import type { DiscoverOptions } from './discover-options.ts'
import { discoverSources } from './discover-sources.ts'
import { Selection } from './selection.ts'

const CLOSE_MS = 5000

/** Connects to the sources, asks what there is, does work with it, and closes them, whatever becomes of it. */
export async function withCatalog<T>(
  options: LookOptions,
  state: State,
  signal: AbortSignal,
  work: (catalog: Catalog) => Promise<T> | T,
): Promise<T> {
  const catalog = await discoverSources(discoverOptions(options, state, signal))
  try {
    return await work(catalog)
  } finally {
    await closeSources(catalog.sources)
  }
}

/** Lets all sources close what they hold; one that hangs is not waited for long. */
export async function closeSources(sources: readonly Pick<DiscoveredSource, 'close'>[]): Promise<void> {
  const closed = Promise.allSettled(sources.map((source) => source.close()))
  await Promise.race([closed, wait(CLOSE_MS, undefined, { ref: false })])
}

/** @param only as in `DiscoverOptions`. */
export function discoverOptions(
  options: LookOptions,
  state: State,
  signal: AbortSignal,
  only?: string | undefined,
): DiscoverOptions {
  const known = only === undefined ? undefined : state.tables.get(only)
  const selection = new Selection(options.select)
  const nameOf = (table: string): string => options.destination.nameOf(table)
  const { resting } = options
  const sources =
    known === undefined
      ? selection.sources(options.sources, state, nameOf)
      : options.sources.filter(({ name }) => name === known.source)
  return {
    sources: sources.filter((source) => resting?.sources.has(source.name) !== true),
    only: known?.name,
    state,
    settings: options.settings ?? {},
    clock: options.clock ?? systemClock,
    signal,
    log: options.log ?? (silent satisfies EventLog),
    nameOf,
    problemOf: (text, use) => options.destination.problemOf(text, use),
    secretsOf: options.secretsOf,
    paceOf: options.paceOf,
    names: options.destination.profile.names,
    acceptDeletions: options.acceptDeletions,
    openSources: options.openSources,
    wants: (use, table, name) => selection.wants(use, table, name) && resting?.tables.has(name) !== true,
  }
}
