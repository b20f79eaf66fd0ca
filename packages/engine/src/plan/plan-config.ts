import type { State } from '@tidemark/core/engine'
import type { Catalog, DiscoveredTable } from '../discover/catalog.ts'
import { Selection } from '../discover/selection.ts'
import { startPosition } from '../discover/settings.ts'
import type { LookOptions } from '../options.ts'
import type { PlanConfig } from './plan.ts'

/** What planning needs of the config. @throws SyncError where a selected name is unknown. */
export function checkedConfig(catalog: Catalog, state: State, options: LookOptions): PlanConfig {
  const config = planConfig(options)
  const installed = [...config.unavailable, ...options.sources.map(({ name }) => name)]
  new Selection(options.select).check(catalog, state, installed)
  return config
}

export function planConfig(options: LookOptions): PlanConfig {
  const { resting } = options
  const selection = new Selection(options.select)
  const { synced } = options.settings ?? {}
  return {
    select: ({ source, table, name }: DiscoveredTable) =>
      selection.wants(source.name, table.name, name) && resting?.tables.has(name) !== true,
    unavailable: [...(options.unavailable ?? []).map((one) => one.name), ...(resting?.sources ?? [])],
    isWhole: (use) => selection.isWhole(use),
    acceptDeletions: options.acceptDeletions,
    synced: synced === undefined ? undefined : { tables: synced.tables, to: startPosition(synced.to, 'to_timestamp') },
  }
}
