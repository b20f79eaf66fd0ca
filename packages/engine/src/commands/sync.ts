import { SyncError } from '@tidemark/core'
import { failpoint, type State, type StateChange } from '@tidemark/core/engine'
import type { Catalog, DiscoveredSource, DiscoveredTable } from '../discover/catalog.ts'
import { NameClaims } from '../discover/clash.ts'
import type { DiscoverOptions } from '../discover/discover-options.ts'
import { discoverSource } from '../discover/discover-sources.ts'
import { oneTable } from '../discover/one-table.ts'
import { closeSources, discoverOptions } from '../discover/with-catalog.ts'
import { failureOf, redacted } from '../failure/failure.ts'
import { Interruption, interruptionOf } from '../failure/interruption.ts'
import { endFeeds, warnOfFeeds } from '../feed/end-feeds.ts'
import { FeedRuns } from '../feed/feed-runs.ts'
import { startHeartbeat } from '../lease/heartbeat.ts'
import type { RunOptions } from '../options.ts'
import { askedRange } from '../plan/asked-range.ts'
import { removedTables } from '../plan/plan.ts'
import { checkedConfig, planConfig } from '../plan/plan-config.ts'
import { unreadFacts } from '../plan/unread.ts'
import { isShort, latenessText } from '../report/lateness.ts'
import { exitCodeOf, type Report } from '../report/report.ts'
import { sourceReports, unavailableSources } from '../report/source-reports.ts'
import { isCutShort } from '../run/cut-short.ts'
import { Intake } from '../run/intake.ts'
import { PageCounter } from '../run/page-counter.ts'
import { recordRemoved } from '../run/prepare-tables.ts'
import { recordTablesChecked } from '../run/record-checks.ts'
import { forgetSources } from '../run/record-sources.ts'
import { type RunContext, recordOn } from '../run/run-context.ts'
import { RunSteps } from '../run/run-steps.ts'
import { noticeSilence } from '../run/silent-sources.ts'
import { tableReport } from '../run/table-report.ts'
import type { TableRun } from '../run/table-run.ts'
import { tracedRun } from '../run/telemetry.ts'
import { overTime } from '../source/stall.ts'
import { systemClock } from '../time/clock.ts'
import { clampToDestination } from '../time/clock-skew.ts'

const HEARTBEAT_MS = 15_000
/** Before the minute that a lease lasts. */
const GIVE_UP_MS = 45_000

/**
 * One run: discover, plan, read, commit, report. Resolves with the report whatever happens to sources and tables.
 *
 * @throws SyncError `fix-config` where the config or the selection cannot be right; nothing is read then.
 */
export function sync(options: RunOptions): Promise<Report> {
  return tracedRun(options, () => run(options))
}

async function run(given: RunOptions): Promise<Report> {
  const own = given.clock ?? systemClock
  // What follows reports a destination that does not answer, once there is a report.
  const destinationNow = await given.destination.now().catch(() => own.now())
  const clock = clampToDestination(own, destinationNow, given.log)
  const options: RunOptions = { ...given, clock }
  const startedAt = clock.monotonic()
  const askedAt = (): bigint => destinationNow + BigInt(Math.round((clock.monotonic() - startedAt) * 1000))
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  let steps = 0
  let number: number | undefined
  let before: State = { tables: new Map() }
  let intake: Intake | undefined
  let failure: Report['failure']
  let isTimeUp = false
  const discovered: DiscoveredSource[] = []
  /** Sources that are done before the run is, and how they close. */
  const left = new Map<DiscoveredSource, Promise<void>>()
  const { destination } = options
  const tables = (): readonly TableRun[] => intake?.tables ?? []
  // A window of a plan that is elsewhere is committed in one turn: it has none to spare for counts.
  const pages = new PageCounter(clock, async (counted) => {
    if (number !== undefined && options.partOf === undefined) await destination.recordRun(number, counted)
  })
  const report = (): Report => {
    const catalog = { sources: inOrder(discovered, options) }
    const sources = sourceReports(options, catalog, before)
    const done = { sources, tables: inCatalogOrder(tables(), catalog).map(tableReport), failure }
    const stopped = interruptionOf(options.signal)
    return {
      run: number,
      durationMs: Math.round(clock.monotonic() - startedAt),
      exitCode: stopped?.exitCode ?? exitCodeOf(done, (options.resting?.sources.size ?? 0) > 0),
      interrupted: stopped !== undefined,
      endedBy: stopped?.endedBy ?? (isTimeUp ? 'max-time' : undefined),
      ...done,
    }
  }
  // At once, because a second signal ends the process where it is.
  const stopping = (): void => {
    const stopped = interruptionOf(options.signal)
    if (number === undefined || stopped === undefined || options.partOf !== undefined) return
    const recorded = destination.recordRun(number, [{ kind: 'stopping', endedBy: stopped.endedBy }]).catch(() => {})
    if (stopped instanceof Interruption) stopped.recorded = recorded
  }
  options.signal?.addEventListener('abort', stopping, { once: true })
  const stopHeartbeat = startHeartbeat({
    renew: () => destination.renew(),
    monotonic: () => clock.monotonic(),
    everyMs: HEARTBEAT_MS,
    giveUpMs: GIVE_UP_MS,
    onLost: (error) => stop.abort(error),
  })
  try {
    const run = options.partOf?.run ?? (await destination.startRun())
    number = run
    stopping()
    options.onEvent?.({ type: 'run-started', run })
    const { maxTimeMs } = options.settings ?? {}
    const context: RunContext = {
      run,
      destination,
      options,
      clock,
      signal,
      stop: (reason) => stop.abort(reason),
      startedAt,
      destinationNow: askedAt,
      isOverTime: () => context.timeLeftMs() <= 0,
      timeLeftMs: () =>
        maxTimeMs === undefined ? Number.POSITIVE_INFINITY : maxTimeMs - (clock.monotonic() - startedAt),
      lateTables: new Set(),
      pages,
      nextStep: () => options.partOf?.nextStep() ?? ++steps,
    }
    // Part of a run is for one table, called by the name that it has here.
    const isOfOne = options.partOf !== undefined && options.asPlanned === true
    before = await destination.state(isOfOne ? options.select : undefined)
    const runSteps = new RunSteps(context, {
      release: (table) => release(table, context),
      leave: (source) => {
        const closing = source.close()
        closing.catch(() => {})
        left.set(source, closing)
        options.onEvent?.({ type: 'source-ended', source: source.name })
      },
    })
    const only = isOfOne ? options.select?.[0] : undefined
    const asked = { ...discoverOptions(options, before, signal, only), askedAt, partition: options.range?.partition }
    // Whoever planned it has settled whose its name is.
    const names = new NameClaims(asked.only === undefined ? asked.sources : [], asked)
    const feeds = new FeedRuns(
      context,
      (fed) => runSteps.fed(fed),
      (found) => taking.takeFound(found),
    )
    const taking = new Intake({
      context,
      steps: runSteps,
      feeds,
      config: { ...planConfig(options), restartFeed: options.restartFeed },
      names,
      before,
    })
    intake = taking
    const discovering = discover({ context, asked, intake: taking, before, discovered })
      .catch((error: unknown) => {
        stop.abort(error)
        throw error
      })
      .finally(() => runSteps.seal())
    const feeding = discovering.then(() => feeds.end())
    const ends = await Promise.allSettled([discovering, runSteps.run(), feeding])
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    await runSteps.released()
    isTimeUp = context.isOverTime() && isCutShort(tables(), discovered)
    signal.throwIfAborted()
    for (const table of tables()) if (!table.isReleased) await recordStatus(table, context)
    warnOfLateRows(tables(), options)
  } catch (error) {
    if (options.signal?.aborted !== true) failure = redacted(failureOf(error), options)
    stop.abort(error)
    if (isConfigError(error) && tables().length === 0) throw error
  } finally {
    stopHeartbeat()
    options.signal?.removeEventListener('abort', stopping)
    await destination.release(tables().flatMap(({ leases }) => leases)).catch(() => {})
    const { exitCode, endedBy, failure: ended } = report()
    if (number !== undefined && options.partOf === undefined) {
      const counted = await pages.end()
      const change = { kind: 'ended' as const, exitCode, error: ended?.message, endedBy }
      await destination.recordRun(number, [...counted, change]).catch(() => {})
    }
    await closeSources(discovered.map((source) => ({ close: () => left.get(source) ?? source.close() })))
  }
  failpoint('before-report')
  const done = report()
  options.onEvent?.({ type: 'run-ended', report: done })
  return done
}

/** A table has nothing left to do: what its commits could not say is recorded, and another run may take it. */
async function release(table: TableRun, context: RunContext): Promise<void> {
  await recordStatus(table, context)
  const { leases } = table
  table.lease = undefined
  await context.destination.release(leases)
}

interface Discovery {
  readonly context: RunContext
  readonly asked: DiscoverOptions
  readonly intake: Intake
  readonly before: State
  readonly discovered: DiscoveredSource[]
}

/** Asks all sources at once; none waits for another. Ends when all of them have answered, or were given up. */
async function discover({ context, asked, intake, before, discovered }: Discovery): Promise<void> {
  const { options, clock } = context
  const { maxTimeMs } = options.settings ?? {}
  const { range } = options
  const endsFeeds = range === undefined && options.partOf === undefined && options.handOut === undefined
  /** Of a restricted run: nothing is read before it is known which table is meant. */
  const found: DiscoveredTable[] = []
  for (const one of unavailableSources(options, before)) intake.asked(one)
  const answered = new AbortController()
  const outOfTime = new AbortController()
  if (maxTimeMs !== undefined)
    clock.sleep(maxTimeMs, answered.signal, 'limit').then(
      () => outOfTime.abort(overTime()),
      () => {},
    )
  const onSilent = noticeSilence(context, (source, question) => intake.silent(source, question))
  const withLimit = { ...asked, outOfTime: outOfTime.signal, onSilent }
  const all = await Promise.allSettled(
    asked.sources.map(async (source) => {
      const one = await discoverSource(source, withLimit, (table) => {
        if (range === undefined) intake.add(table)
        else found.push(table)
      }).catch((error: unknown) => {
        context.stop(error)
        throw error
      })
      discovered.push(one)
      if (endsFeeds) await endFeeds(one, before, context)
      if (range === undefined) intake.asked(one)
    }),
  ).finally(() => answered.abort())
  if (range !== undefined && all.every(({ status }) => status === 'fulfilled')) {
    const table = oneTable(found, before, options.select)
    if (table !== undefined) askedRange(table, range)
    if (table !== undefined) intake.add(table)
    for (const source of discovered) intake.asked(source)
  }
  await intake.end()
  for (const one of all) if (one.status === 'rejected') throw one.reason
  const catalog = { sources: discovered }
  const config = checkedConfig(catalog, before, options)
  if (range === undefined) await recordRemoved(removedTables(catalog, before, config), before, context)
  await forgetSources(before, context)
  if (endsFeeds) warnOfFeeds(before, context)
}

/** Sources in the order of the config, whichever answered first. */
function inOrder(discovered: readonly DiscoveredSource[], { sources }: RunOptions): readonly DiscoveredSource[] {
  const place = new Map(sources.map(({ name }, at) => [name, at]))
  return discovered.toSorted((a, b) => (place.get(a.name) ?? 0) - (place.get(b.name) ?? 0))
}

/** Tables in the order in which their sources list them. */
function inCatalogOrder(tables: readonly TableRun[], { sources }: Catalog): readonly TableRun[] {
  const place = new Map(sources.flatMap((source) => source.tables).map(({ table }, at) => [table, at]))
  const placeOf = ({ planned }: TableRun): number => place.get(planned.discovered.table) ?? Number.MAX_SAFE_INTEGER
  return tables.toSorted((a, b) => placeOf(a) - placeOf(b))
}

function isConfigError(error: unknown): boolean {
  return (
    SyncError.is(error) &&
    error.remedy === 'fix-config' &&
    ['unknown-table', 'config', 'other-project', 'usage'].includes(error.code ?? '')
  )
}

/** A lookback that only just found what came late misses what comes later. */
function warnOfLateRows(tables: readonly TableRun[], { log }: RunOptions): void {
  for (const { name, lateness: late, planned } of tables) {
    const { table, source } = planned.discovered
    if (late === undefined || table.cursor === undefined || !isShort(late)) continue
    const where = `sources.${source.name}.tables.${table.name}.lookback`
    log?.warn(latenessText({ name, where, cursor: table.cursor.type }, late), {
      event: 'lookback-short',
      table: name,
    })
  }
}

/** What commits could not say: failures, pauses that were lifted, tables with nothing to read, steps that ended together. */
async function recordStatus(table: TableRun, context: RunContext): Promise<void> {
  if (table.prepared === undefined) return
  const status = table.status()
  const changes: StateChange[] = table.recorded === status ? [] : [{ kind: 'table', status, pausedFor: null }]
  if (table.reportsDeletions && table.known?.reportsDeletions !== true) changes.push({ kind: 'reports-deletions' })
  changes.push(...unreadFacts(table))
  if (changes.length > 0) await recordOn(table, changes, context)
  // Of a table without partitions the commit said it.
  if (table.partitions.length > 1) await recordTablesChecked([table], context)
}
