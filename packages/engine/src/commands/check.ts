import { lookSettings } from '../discover/look-settings.ts'
import { withCatalog } from '../discover/with-catalog.ts'
import type { Failure } from '../failure/failure.ts'
import type { LookOptions } from '../options.ts'
import { planRun } from '../plan/plan.ts'
import { checkedConfig } from '../plan/plan-config.ts'
import type { PlannedTable } from '../plan/planned-table.ts'
import { CONCURRENCY } from '../run/run-steps.ts'
import { Schedule } from '../schedule/schedule.ts'
import { silenceOf } from '../source/stall.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { checkFeeds } from './check-feeds.ts'
import { type CheckedPage, checkPage } from './check-page.ts'
import { type CheckOptions, type CheckReport, checkReport } from './check-report.ts'

/** After this many tables of a source in a row without an answer, its others are not checked. */
const MOST_SILENT = 4

/**
 * Connects to every source, asks what it has, and reads one page of each table as the next sync would. A table is well only
 * where that sync can read it. Writes nothing.
 */
export async function check(given: CheckOptions): Promise<CheckReport> {
  const clock = given.clock ?? systemClock
  const options = { ...given, clock, settings: lookSettings(given.settings) }
  const signal = options.signal ?? new AbortController().signal
  const state = await options.destination.state()
  return await withCatalog(options, state, signal, async (catalog) => {
    const planned = planRun(catalog, state, checkedConfig(catalog, state, options)).tables
    const pages =
      options.quick === true ? new Map<PlannedTable, CheckedPage>() : await readPages(planned, options, signal)
    const patience = { clock, signal, ms: silenceOf(options.settings) }
    const feeds = await checkFeeds(catalog, state, patience)
    return checkReport({ catalog, state, planned, pages, feeds, options })
  })
}

/** Side by side, as many as a run would read at once. */
async function readPages(
  tables: readonly PlannedTable[],
  options: LookOptions & { readonly clock: Clock },
  signal: AbortSignal,
): Promise<ReadonlyMap<PlannedTable, CheckedPage>> {
  const { clock, settings } = options
  const outcomes = new Map<PlannedTable, CheckedPage>()
  const silent = new Map<string, readonly Failure[]>()
  const stop = new AbortController()
  const schedule = new Schedule({
    concurrency: settings?.concurrency ?? CONCURRENCY.overall,
    perSource: settings?.perSource ?? CONCURRENCY.perSource,
    keepsFresh: 'run',
    monotonic: () => clock.monotonic(),
    sleep: (ms, stopped) => clock.sleep(ms, stopped),
    mayStartHistory: () => true,
    signal: AbortSignal.any([signal, stop.signal]),
    abort: (reason) => stop.abort(reason),
  })
  const readable = tables.filter(
    ({ discovered, pausedFor }) => discovered.failure === undefined && pausedFor === undefined,
  )
  const tasks = readable.map((table) => ({
    source: table.discovered.source.name,
    partition: table,
    lane: 'current' as const,
    to: undefined,
    run: async () => {
      const source = table.discovered.source.name
      const before = silent.get(source) ?? []
      const outcome =
        before.length < MOST_SILENT
          ? await checkPage(table, { ...options, signal })
          : { page: undefined, failure: before.at(-1) }
      // One dead endpoint of an API says nothing of its other tables.
      silent.set(source, outcome.failure?.code === 'timeout' ? [...(silent.get(source) ?? []), outcome.failure] : [])
      outcomes.set(table, outcome)
      return undefined
    },
  }))
  schedule.add(tasks)
  schedule.seal()
  await schedule.run()
  signal.throwIfAborted()
  return outcomes
}
