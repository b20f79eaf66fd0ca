import { setTimeout as wait } from 'node:timers/promises'
import { type Logger, SyncError } from '@tidemark/core'
import { type Fact, failpoint, type Lease, type State, silent, type TableState } from '@tidemark/core/engine'
import type { Catalog, SurveyedTable } from './catalog.ts'
import { clashes } from './clash.ts'
import { systemClock } from './clock.ts'
import { besideDestination } from './clock-skew.ts'
import { type Failure, failureOf } from './failure.ts'
import { startHeartbeat } from './heartbeat.ts'
import { heldText } from './held.ts'
import { Interruption, interruptionOf } from './interruption.ts'
import { isShort, latenessText } from './lateness.ts'
import type { LookOptions, RunOptions } from './options.ts'
import { type PlanConfig, plan, type RunPlan } from './plan.ts'
import { prepareTable, recordRemoved } from './prepare-tables.ts'
import { recordTablesChecked } from './record-checks.ts'
import { tableFailure } from './record-failures.ts'
import { exitCodeOf, type Report, type SourceReport } from './report.ts'
import { type RunContext, recordOn, redacted } from './run-step.ts'
import { runSteps } from './run-steps.ts'
import { Selection } from './selection.ts'
import { startPosition } from './settings.ts'
import { survey } from './survey.ts'
import { TableRun } from './table-run.ts'
import { workOf } from './table-work.ts'
import { tracedRun } from './telemetry.ts'

const HEARTBEAT_MS = 15_000
/** Before the minute that a lease lasts. */
const GIVE_UP_MS = 45_000
const CLOSE_MS = 5000

/**
 * One run: survey, plan, read, commit, report. Resolves with the report whatever happens to sources and tables.
 *
 * @throws SyncError `fix-config` where the config or the selection cannot be right; nothing is read then.
 */
export function sync(options: RunOptions): Promise<Report> {
  return tracedRun(options, () => run(options))
}

async function run(given: RunOptions): Promise<Report> {
  const own = given.clock ?? systemClock
  // A destination that does not answer is said below, where there is a report.
  const destinationNow = await given.destination.now().catch(() => own.now())
  const clock = besideDestination(own, destinationNow, given.log)
  const options: RunOptions = { ...given, clock }
  const startedAt = clock.monotonic()
  const sinceStart = (): bigint => BigInt(Math.round((clock.monotonic() - startedAt) * 1000))
  const askedAt = (): bigint => destinationNow + sinceStart()
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  let steps = 0
  let number: number | undefined
  let catalog: Catalog | undefined
  let before: State = { tables: new Map() }
  let tables: readonly TableRun[] = []
  let failure: Report['failure']
  let isTimeUp = false
  const leases: Lease[] = []
  const { destination } = options
  const report = (): Report => {
    const sources = sourceReports(options, catalog, before)
    const done = { sources, tables: tables.map((table) => table.report()), failure }
    const stopped = interruptionOf(options.signal)
    return {
      run: number,
      durationMs: Math.round(clock.monotonic() - startedAt),
      exitCode: stopped?.exitCode ?? exitCodeOf(done),
      interrupted: stopped !== undefined,
      endedBy: stopped?.endedBy ?? (isTimeUp ? 'max-time' : undefined),
      ...done,
    }
  }
  // At once, because a second signal ends the process where it stands.
  const stopping = (): void => {
    const stopped = interruptionOf(options.signal)
    if (number === undefined || stopped === undefined) return
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
    const run = await destination.startRun()
    number = run
    stopping()
    const context: RunContext = {
      run,
      destination,
      options,
      clock,
      signal,
      stop: (reason) => stop.abort(reason),
      startedAt,
      destinationNow: askedAt,
      nextStep: () => ++steps,
    }
    before = await destination.state()
    catalog = await survey({ ...surveyOptions(options, before, signal), askedAt })
    const config = checked(catalog, before, options)
    const wanted = plan(catalog, before, config)
    const unread = unreadTables(catalog, before)
    const { leases: held, refused } = await destination.lease([
      ...wanted.tables.map((table) => table.name),
      ...unread.map(({ table }) => table.name),
    ])
    leases.push(...held)
    const leaseOf = new Map(held.map((lease) => [lease.table, lease]))
    const refusalOf = new Map(refused.map((refusal) => [refusal.table, refusal]))
    // Another runner may have been at work until the leases were ours.
    const state = await destination.state()
    const planned = plan(catalog, state, { ...config, surveyed: before })
    tables = planned.tables.map((table) => {
      const one = new TableRun(table, state.tables.get(table.name))
      one.lease = leaseOf.get(table.name)
      one.heldBy = refusalOf.get(table.name)
      if (one.heldBy !== undefined) options.log?.warn(heldText(one.heldBy))
      return one
    })
    options.onEvent?.({
      type: 'run-started',
      run,
      tables: tables.length,
      steps: countSteps(planned),
      work: tables.map(workOf),
    })
    await recordRemoved(planned.removed, state, context)
    for (const { table, failure: why } of unread) {
      const lease = leaseOf.get(table.name)
      if (lease === undefined) continue
      await destination.record(lease, [await tableFailure(table, redacted(why, options), context)])
    }
    for (const table of tables) await prepareTable(table, context)
    await recordTablesChecked(tables, context)
    isTimeUp = await runSteps(tables, context)
    signal.throwIfAborted()
    await recordStatus(tables, context)
    await recordTablesChecked(tables, context)
    warnOfLateRows(tables, options)
  } catch (error) {
    if (options.signal?.aborted !== true) failure = redacted(failureOf(error), options)
    stop.abort(error)
    if (isConfigError(error) && tables.length === 0) throw error
  } finally {
    stopHeartbeat()
    options.signal?.removeEventListener('abort', stopping)
    await destination.release(leases).catch(() => {})
    const { exitCode, endedBy, failure: ended } = report()
    if (number !== undefined)
      await destination.recordRun(number, [{ kind: 'ended', exitCode, error: ended?.message, endedBy }]).catch(() => {})
    await closeAll(catalog)
  }
  failpoint('before-report')
  const done = report()
  options.onEvent?.({ type: 'run-ended', report: done })
  return done
}

/** Lets all sources close what they hold; one that hangs is not waited for long. */
export async function closeAll(catalog: Catalog | undefined): Promise<void> {
  const closed = Promise.allSettled((catalog?.uses ?? []).map((use) => use.close()))
  await Promise.race([closed, wait(CLOSE_MS, undefined, { ref: false })])
}

function isConfigError(error: unknown): boolean {
  return (
    SyncError.is(error) &&
    error.remedy === 'fix-config' &&
    (error.code === 'clash' || error.code === 'unknown-table' || error.code === 'config')
  )
}

export function surveyOptions(options: LookOptions, state: State, signal: AbortSignal): Parameters<typeof survey>[0] {
  const selection = new Selection(options.select)
  const nameOf = (table: string): string => options.destination.nameOf(table)
  const { resting } = options
  return {
    uses: selection.uses(options.uses, state, nameOf).filter((use) => resting?.uses.has(use.name) !== true),
    state,
    settings: options.settings ?? {},
    clock: options.clock ?? systemClock,
    signal,
    log: options.log ?? (silent satisfies Logger),
    nameOf,
    wants: (use, table, name) => selection.wants(use, table, name) && resting?.tables.has(name) !== true,
  }
}

/** What planning needs of the config. @throws SyncError where names clash or a selected one is unknown. */
export function checked(catalog: Catalog, state: State, options: LookOptions): PlanConfig {
  const [clash] = clashes(catalog)
  if (clash !== undefined) throw clash
  const { resting } = options
  const unavailable = [...(options.unavailable ?? []).map((one) => one.name), ...(resting?.uses ?? [])]
  const selection = new Selection(options.select)
  selection.check(catalog, state, unavailable)
  const { synced } = options.settings ?? {}
  return {
    select: ({ use, table, name }: SurveyedTable) =>
      selection.wants(use.name, table.name, name) && resting?.tables.has(name) !== true,
    unavailable,
    isPartial: !selection.isAll,
    synced: synced === undefined ? undefined : { tables: synced.tables, to: startPosition(synced.to, 'to_timestamp') },
  }
}

export function sourceReports(
  options: LookOptions,
  catalog: Catalog | undefined,
  state: State,
): readonly SourceReport[] {
  const selection = new Selection(options.select)
  const concerned = (options.unavailable ?? []).filter(({ name }) => selection.concerns(name, state))
  const failed = concerned.map(({ name, failure }) => ({ name, failure: redacted(failure, options) }))
  const asked = (catalog?.uses ?? []).map(({ name, failure }) => ({
    name,
    failure: failure === undefined ? undefined : redacted(failure, options),
  }))
  return [...failed, ...asked]
}

/** A lookback that only just found what came late misses what comes later. */
function warnOfLateRows(tables: readonly TableRun[], { log }: RunOptions): void {
  for (const { name, late, planned } of tables) {
    const { table, use } = planned.surveyed
    if (late === undefined || table.cursor === undefined || !isShort(late)) continue
    const where = `sources.${use.name}.tables.${table.name}.lookback`
    log?.warn(latenessText({ name, where, cursor: table.cursor.type }, late))
  }
}

function countSteps(planned: RunPlan): number {
  return planned.tables.reduce(
    (sum, table) => sum + table.partitions.reduce((inner, partition) => inner + partition.steps.length, 0),
    0,
  )
}

/** Known tables of sources that could not be asked: they are failing until their source answers again. */
function unreadTables(
  catalog: Catalog,
  state: State,
): readonly { readonly table: TableState; readonly failure: Failure }[] {
  const failed = new Map(
    catalog.uses.flatMap((use) => (use.failure === undefined ? [] : [[use.name, use.failure] as const])),
  )
  return [...state.tables.values()].flatMap((table) => {
    const why = failed.get(table.source)
    return why === undefined || table.status === 'removed' || table.status === 'paused' ? [] : [{ table, failure: why }]
  })
}

/** What commits could not say: failures, pauses that were lifted, tables with nothing to read, steps that ended together. */
async function recordStatus(tables: readonly TableRun[], context: RunContext): Promise<void> {
  for (const table of tables) {
    if (table.prepared === undefined) continue
    const status = table.status()
    const facts: Fact[] = table.recorded === status ? [] : [{ kind: 'table', status, pausedFor: null }]
    if (table.reportsDeletions && table.known?.reportsDeletions !== true) facts.push({ kind: 'reports-deletions' })
    if (facts.length > 0) await recordOn(table, facts, context)
  }
}
