import {
  type LogEvent,
  listedPartitions,
  type PartitionState,
  type Prepared,
  type Shape,
  type State,
  type StateChange,
  textAt,
} from '@tidemark/core/engine'
import { tablePlace } from '../config/config-path.ts'
import { type Failure, failureOf, isDestinationFailure, redacted } from '../failure/failure.ts'
import type { PlannedPartition, PlannedTable } from '../plan/planned-table.ts'
import { tooManyWindows } from '../plan/too-many-windows.ts'
import { partitionsMissing } from '../read/step-error.ts'
import { coverageFacts, lateNames, sayChanges } from './added-columns.ts'
import { recordOvercome } from './record-checks.ts'
import {
  failingTableOf,
  recordFailedPartitions,
  recordPartitionFailure,
  recordUnanswered,
  tableFailure,
} from './record-failures.ts'
import { type RunContext, recordOn } from './run-context.ts'
import { shapeOf } from './shape-of.ts'
import type { TableRun } from './table-run.ts'

/**
 * Makes the destination ready for a table and records what is new about it; says how the table was found.
 *
 * @param mayWait a table that somebody has locked is left as it is.
 * @returns whether it is to be prepared again, because it was locked.
 */
export async function prepareTable(table: TableRun, context: RunContext, mayWait: boolean): Promise<boolean> {
  const { planned, lease } = table
  const { destination, options } = context
  const { failure, unplaced } = planned.discovered
  if (unplaced === true && failure !== undefined) table.fail('', redacted(failure, options))
  if (lease === undefined) return false
  try {
    if (planned.pausedFor !== undefined) {
      await pause(table, planned.pausedFor, context)
      return false
    }
    if (planned.discovered.failure !== undefined) throw new FailedDiscovery(planned.discovered.failure)
    // What holds no row yet may get any shape.
    const isRefused = (planned.changes?.refuse.length ?? 0) > 0 && planned.discovered.options.mode === 'evolve'
    if (isRefused && table.known?.everFilled === false) await destination.reset(lease, table.name)
    table.prepared = await destination.prepare(lease, { ...shapeOf(planned.discovered), ...hashOf(table) })
    sayChanges(table, table.prepared, context)
    const changes = [...factsOf(planned, table), ...backfillFacts(table, table.prepared)]
    if (changes.length > 0 && !(await recordOn(table, changes, context))) return false
    announce(table, context)
    await recordFailedPartitions(table, context)
    await recordMissing(table, context)
    await recordTooMany(table, context)
    await recordOvercome(table, context)
  } catch (error) {
    if (isDestinationFailure(error) || context.signal.aborted) throw error
    const failure = redacted(error instanceof FailedDiscovery ? error.failure : failureOf(error), options)
    if (mayWait && failure.code === LOCKED) {
      options.log?.warn(failure.message, { event: 'table-locked', table: table.name })
      return true
    }
    table.fail('', failure)
    table.recorded = 'failing'
    await recordOn(table, [await tableFailure(failingTableOf(table), failure, context)], context)
  }
  return false
}

/** Somebody's lock is in the way of a change. */
const LOCKED = 'table-locked'

class FailedDiscovery extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** Only who holds the whole table says by what it is planned. */
function hashOf({ windowLeases, planned }: TableRun): Pick<Shape, 'hash'> {
  const { schemaHash: hash } = planned.discovered
  return hash === undefined || windowLeases.size > 0 ? {} : { hash }
}

async function pause(table: TableRun, pausedFor: string, context: RunContext): Promise<void> {
  const { known, name } = table
  if (known?.status !== 'paused' || known.pausedFor !== pausedFor) {
    await recordOn(table, [{ kind: 'table', status: 'paused', pausedFor }], context)
  }
  context.options.log?.warn(`${name} is paused: ${pausedFor}`, { event: 'table-paused', table: name })
}

/** What the state does not know yet: new tables and partitions, revisions first seen, assumed coverage, stale windows, partitions removed or back. */
export function factsOf(planned: PlannedTable, table: TableRun): readonly StateChange[] {
  const { known, partitions } = table
  const changes: StateChange[] = []
  if (planned.tracking === 'returned') changes.push({ kind: 'table', status: 'returned', pausedFor: null })
  else if (known?.pausedFor != null) changes.push({ kind: 'table', status: 'backfilling', pausedFor: null })
  if (known?.failure !== undefined) changes.push({ kind: 'table-works', status: table.ownStatus() })
  if (known?.reportsDeletions !== true && planned.discovered.table.deletions === 'reported')
    changes.push({ kind: 'reports-deletions' })
  for (const { planned: partition, id } of partitions) {
    const before = known?.partitions.get(id)
    const isBack = before !== undefined && before.removedAt !== null
    if (
      partition.backfillEnd !== undefined ||
      partition.start !== undefined ||
      partition.pendingRevision !== undefined ||
      partition.generation !== undefined ||
      before === undefined ||
      isBack
    ) {
      changes.push({
        kind: 'partition',
        partition: id,
        backfillEnd: partition.backfillEnd,
        start: partition.start,
        pendingRevision: partition.pendingRevision,
        generation: partition.generation,
        removed: isBack ? false : undefined,
      })
    }
    if (partition.assumed !== undefined) changes.push({ kind: 'assume', partition: id, cover: partition.assumed })
    for (const window of partition.stale)
      changes.push({ kind: 'resync', partition: id, window, reason: 'the source reports it as stale' })
    for (const window of partition.replaced)
      changes.push({ kind: 'resync', partition: id, window, reason: 'its data was replaced' })
  }
  for (const { discovered, aheadOf } of planned.partitions) {
    if (aheadOf === undefined) continue
    const back = planned.discovered.table.minAge + planned.discovered.options.lookback
    changes.push({ kind: 'ahead', partition: discovered.id, end: aheadOf, back })
  }
  for (const partition of planned.removedPartitions) changes.push({ kind: 'partition', partition, removed: true })
  return changes
}

/** Requests the backfill of columns that were added later, once: from here on the request says that it is wanted. */
function backfillFacts({ planned, known }: TableRun, { schema: recorded }: Prepared): readonly StateChange[] {
  const late = lateNames(recorded)
  if (!planned.discovered.options.backfill || late.length === 0) return []
  return [...coverageFacts(known, 'a new column', 'read'), { kind: 'columns-read', columns: late }]
}

/** New, returned or continuing: one line per table. */
function announce(table: TableRun, { options }: RunContext): void {
  const { planned, known, name, partitions, isAnnounced } = table
  const { log } = options
  // Of the parts of a run, each of one window, only whoever plans them says it.
  const isSaid = isAnnounced || (options.partOf !== undefined && options.handOut === undefined)
  if (log === undefined || isSaid) return
  table.isAnnounced = true
  const { cursor } = planned.discovered.table
  const notKept = planned.partitions.flatMap((partition) => partition.notKept)
  const before = [...(known?.partitions.values() ?? [])]
  const found = (event: LogEvent, how: 'new' | 'known' | 'returned') => ({ event, table: name, tracking: how })
  const isUnread = (one: PartitionState) =>
    one.backfillEnd === null && one.completedAt === null && one.refreshed.length === 0
  const isAnew = partitions.length > 0 && before.every(isUnread)
  if (planned.tracking === 'new') {
    log.info(`${name} is new, needs history from ${startText(planned)}`, found('table-new', 'new'))
  } else if (isAnew) {
    log.info(`${name} is resynced, needs history from ${startText(planned)}`, found('table-resynced', 'new'))
  } else {
    const ends = partitions.flatMap(({ planned: { continuesFrom } }) =>
      continuesFrom === undefined ? [] : [continuesFrom],
    )
    const least = ends.reduce<bigint | undefined>((low, end) => (low === undefined || end < low ? end : low), undefined)
    const from = least === undefined || cursor === undefined ? '' : ` from ${textAt(least, cursor)}`
    const left = partitions.reduce((sum, partition) => sum + partition.historyStepsRemaining, 0)
    const atLeast = table.untilEmpty ? 'at least ' : ''
    const history =
      left === 0 ? '' : `, ${atLeast}${left === 1 ? 'a window' : `${left} windows`} of its backfill remaining`
    if (planned.tracking === 'returned')
      log.info(`${name} is back, continues${from}${history}`, found('table-returned', 'returned'))
    else log.info(`${name} continues${from}${history}`, found('table-continues', 'known'))
    const added = partitions.filter(({ planned: { tracking } }) => tracking === 'new')
    if (planned.discovered.table.partitions !== undefined) {
      for (const partition of added.slice(0, 10))
        log.info(
          `${name} (${partition.id}) is new, needs history from ${startOfPartition(partition.planned, planned)}`,
          {
            event: 'partition-new',
            table: name,
            partition: partition.id,
          },
        )
      const more = { event: 'partition-new', table: name } as const
      if (added.length > 10) log.info(`${name}: ${added.length - 10} more partitions are new`, more)
    }
  }
  for (const gone of planned.removedPartitions.slice(0, 10))
    log.info(`${name} (${gone}) is removed: the source no longer lists it; its rows stay`, {
      event: 'partition-removed',
      table: name,
      partition: gone,
    })
  for (const { planned: partition, id } of partitions.filter((one) => one.planned.replaced.length > 0).slice(0, 10)) {
    const [before, now] = [known?.partitions.get(id)?.generation, partition.generation]
    const label = id === '' ? name : `${name} (${id})`
    log.warn(
      `${label}: the source replaced its data as a whole (${before} is now ${now}); every covered range is resynced`,
      { event: 'data-replaced', table: name, partition: id },
    )
  }
  for (const { planned: partition } of partitions) {
    const { continuesFrom, aheadOf } = partition
    if (cursor === undefined || aheadOf === undefined || continuesFrom === undefined) continue
    log.warn(
      `${name}: it is covered until ${textAt(continuesFrom, cursor)}, which is ahead of the clock, so a clock was wrong. Tidemark resyncs what was covered in that time, from the next run until that time has passed`,
      { event: 'clock-was-ahead', table: name },
    )
    break
  }
  for (const hole of notKept.slice(0, 3)) {
    if (cursor !== undefined && hole.from !== undefined) {
      log.warn(
        `${name}: ${textAt(hole.from, cursor)} to ${textAt(hole.to, cursor)} is missing and can no longer be read: the source does not keep data that long`,
        { event: 'history-lost', table: name },
      )
    }
  }
}

function startText(planned: PlannedTable): string {
  const texts = planned.partitions.map((partition) => startOfPartition(partition, planned)).sort()
  return texts[0] ?? 'the beginning'
}

function startOfPartition({ wanted }: PlannedPartition, { discovered }: PlannedTable): string {
  const { cursor } = discovered.table
  return cursor === undefined || wanted?.from === undefined ? 'the beginning' : textAt(wanted.from, cursor)
}

/** Partitions that are missing keep what they have, and one of them says so in the state. */
async function recordMissing(table: TableRun, context: RunContext): Promise<void> {
  const { planned, known } = table
  const { discovered, missingPartitions: missing, partitions } = planned
  const [first] = missing
  if (first === undefined) return
  const of = listedPartitions(known).length
  const place = tablePlace(discovered.source.name, discovered.table.name)
  const error = partitionsMissing({ name: table.name, place, missing, of, listed: partitions.length })
  const failure = redacted(failureOf(error), context.options)
  table.fail(first, failure)
  await recordPartitionFailure({ table, partition: first, failure }, context)
}

/** Partitions with more windows than ever come to an end are failing, though some of them are read. */
async function recordTooMany(table: TableRun, context: RunContext): Promise<void> {
  for (const partition of table.partitions) {
    const error = tooManyWindows(table.planned, partition.planned)
    if (error === undefined) continue
    const failure = redacted(failureOf(error), context.options)
    table.fail(partition.id, failure)
    await recordUnanswered(partition, failure, context)
  }
}

/** Tables that are no longer tracked keep rows and state, marked removed. */
export async function recordRemoved(removed: readonly string[], state: State, context: RunContext): Promise<void> {
  if (removed.length === 0) return
  await context.destination.recordRun(
    context.run,
    removed.map((table) => ({ kind: 'removed', table })),
  )
  for (const name of removed) {
    const source = state.tables.get(name)?.source
    context.options.log?.info(
      `${name} is removed: source "${source}" is no longer installed or no longer lists it; its rows stay`,
      { event: 'table-removed', table: name, source },
    )
  }
}
