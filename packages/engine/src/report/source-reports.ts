import type { State } from '@tidemark/core/engine'
import type { Catalog } from '../discover/catalog.ts'
import { Selection } from '../discover/selection.ts'
import { redacted } from '../failure/failure.ts'
import type { LookOptions } from '../options.ts'
import type { SourceReport } from './report.ts'

/** Sources that are asked for, or whose tables are, and that cannot be loaded. */
export function unavailableSources(options: LookOptions, state: State): NonNullable<LookOptions['unavailable']> {
  const selection = new Selection(options.select)
  return (options.unavailable ?? []).filter(({ name }) => selection.concerns(name, state))
}

export function sourceReports(
  options: LookOptions,
  catalog: Catalog | undefined,
  state: State,
): readonly SourceReport[] {
  const failed = unavailableSources(options, state).map(({ name, failure }) => ({
    name,
    failure: redacted(failure, options),
  }))
  const asked = (catalog?.sources ?? []).map(({ name, failure: own, missing }) => {
    const failure = own ?? missing?.failure
    return { name, failure: failure === undefined ? undefined : redacted(failure, options) }
  })
  return [...failed, ...asked]
}
