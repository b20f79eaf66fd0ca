import {
  type Fact,
  isLoose,
  type PartitionState,
  type Shape,
  type State,
  type TableState,
  textAt,
} from '@tidemark/core/engine'
import type { SurveyedTable } from './catalog.ts'
import { tablePlace } from './config-path.ts'
import { type Failure, failureOf, isDestinationFailure } from './failure.ts'
import type { PlannedPartition, PlannedTable } from './plan.ts'
import { restAfter } from './retry.ts'
import { type RunContext, recordOn, redacted } from './run-step.ts'
import { partitionsMissing } from './step-error.ts'
import type { TableRun } from './table-run.ts'

/** Makes the destination ready for a table and records what is new about it; says how the table was found. */
export async function prepareTable(table: TableRun, context: RunContext): Promise<void> {
  const { planned, lease, known } = table
  const { destination, options } = context
  const { failure, unplaced } = planned.surveyed
  if (unplaced === true && failure !== undefined) table.fail('', redacted(failure, options))
  if (lease === undefined) return
  try {
    if (planned.pausedFor !== undefined) {
      await pause(table, planned.pausedFor, context)
      return
    }
    if (planned.surveyed.failure !== undefined) throw new FailedSurvey(planned.surveyed.failure)
    // Asked for before the columns are there: a process that dies in between must not forget it.
    const again = backfillFacts(planned)
    if (again.length > 0 && !(await recordOn(table, again, context))) return
    table.prepared = await destination.prepare(lease, shapeOf(planned.surveyed))
    for (const change of known === undefined ? [] : table.prepared.changes)
      options.log?.info(`${table.name}: ${change}`)
    const facts = factsOf(planned, table)
    if (facts.length > 0 && !(await recordOn(table, facts, context))) return
    announce(table, context)
    await recordFailedPartitions(table, context)
    await recordMissing(table, context)
  } catch (error) {
    if (isDestinationFailure(error) || context.signal.aborted) throw error
    table.fail('', redacted(error instanceof FailedSurvey ? error.failure : failureOf(error), options))
    table.recorded = 'failing'
    if (known !== undefined)
      await recordOn(
        table,
        failingFacts(known, table.failures.at(-1)?.failure, context, await destination.now()),
        context,
      )
  }
}

class FailedSurvey extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

export function shapeOf({ name, use, table, columns, options, identity }: SurveyedTable): Shape {
  return {
    name,
    source: use.name,
    table: table.name,
    columns,
    primaryKey: table.primaryKey,
    globalKey: table.globalKey,
    partitioned: table.partitions !== undefined,
    cursor: table.cursor,
    loose: isLoose(table.row),
    declared: table.columns.map((column) => column.name),
    mode: options.mode,
    identity,
    aliases: table.aliases,
  }
}

async function pause(table: TableRun, pausedFor: string, context: RunContext): Promise<void> {
  const { known, name } = table
  if (known?.status !== 'paused' || known.pausedFor !== pausedFor) {
    await recordOn(table, [{ kind: 'table', status: 'paused', pausedFor }], context)
  }
  context.options.log?.warn(`${name} is paused: ${pausedFor}`)
}

/** What the state does not know yet: first sights, revisions first seen, claims, stale windows, partitions gone or back. */
export function factsOf(planned: PlannedTable, { known, partitions }: TableRun): readonly Fact[] {
  const facts: Fact[] = []
  if (planned.sight === 'returned') facts.push({ kind: 'table', status: 'returned', pausedFor: null })
  else if (known?.pausedFor != null) facts.push({ kind: 'table', status: 'history', pausedFor: null })
  for (const { planned: partition, id } of partitions) {
    const before = known?.partitions.get(id)
    const isBack = before !== undefined && before.goneAt !== null
    if (
      partition.cut !== undefined ||
      partition.start !== undefined ||
      partition.seen !== undefined ||
      before === undefined ||
      isBack ||
      isRecovered(partition, before)
    ) {
      facts.push({
        kind: 'partition',
        partition: id,
        cut: partition.cut,
        start: partition.start,
        seen: partition.seen,
        gone: isBack ? false : undefined,
        failing: isRecovered(partition, before) ? false : undefined,
      })
    }
    if (partition.claim !== undefined) facts.push({ kind: 'claim', partition: id, cover: partition.claim })
    for (const window of partition.stale)
      facts.push({ kind: 'reread', partition: id, window, reason: 'the source calls it stale' })
  }
  for (const { surveyed, aheadOf } of planned.partitions) {
    if (aheadOf === undefined) continue
    const back = planned.surveyed.table.settle + planned.surveyed.options.lookback
    facts.push({ kind: 'ahead', partition: surveyed.id, end: aheadOf, back })
  }
  for (const partition of planned.gone) facts.push({ kind: 'partition', partition, gone: true })
  return facts
}

/** It failed before, and now that it was asked there is nothing to read: no commit will say so. */
function isRecovered({ surveyed, steps }: PlannedPartition, before: PartitionState | undefined): boolean {
  return surveyed.failure === undefined && steps.length === 0 && (before?.failures ?? 0) > 0
}

/** What is read again for the sake of new columns. */
function backfillFacts({ partitions }: PlannedTable): readonly Fact[] {
  return partitions.flatMap(({ surveyed, backfill }) =>
    backfill.map((window) => ({ kind: 'reread' as const, partition: surveyed.id, window, reason: 'a new column' })),
  )
}

/** First sight, return, going on: one line a table. */
function announce({ planned, known, name, partitions }: TableRun, { options }: RunContext): void {
  const { log } = options
  if (log === undefined) return
  const { cursor } = planned.surveyed.table
  const notKept = planned.partitions.flatMap((partition) => partition.notKept)
  const before = [...(known?.partitions.values() ?? [])]
  const found = (how: 'new' | 'known' | 'returned') => ({ table: name, sight: how })
  const isAnew = partitions.length > 0 && before.every((one) => one.cut === null && one.completedAt === null)
  if (planned.sight === 'new') {
    log.info(`${name} is new, needs history from ${startText(planned)}`, found('new'))
  } else if (isAnew) {
    log.info(`${name} is read anew, needs history from ${startText(planned)}`, found('new'))
  } else {
    const ends = partitions.flatMap(({ planned: { goesOnFrom } }) => (goesOnFrom === undefined ? [] : [goesOnFrom]))
    const least = ends.reduce<bigint | undefined>((low, end) => (low === undefined || end < low ? end : low), undefined)
    const from = least === undefined || cursor === undefined ? '' : ` from ${textAt(least, cursor)}`
    const left = partitions.reduce((sum, partition) => sum + partition.historyLeft, 0)
    const history = left === 0 ? '' : `, ${left === 1 ? 'a window' : `${left} windows`} of its history still to come`
    const how = planned.sight === 'returned' ? 'returned' : 'known'
    log.info(`${name} ${how === 'returned' ? 'is back, goes on' : 'goes on'}${from}${history}`, found(how))
    const added = partitions.filter(({ planned: { sight } }) => sight === 'new')
    if (planned.surveyed.table.partitions !== undefined) {
      for (const partition of added.slice(0, 10))
        log.info(`${name} (${partition.id}) is new, needs history from ${startOfPartition(partition.planned, planned)}`)
      if (added.length > 10) log.info(`${name}: ${added.length - 10} more partitions are new`)
    }
  }
  for (const gone of planned.gone.slice(0, 10))
    log.info(`${name} (${gone}) is gone: the source no longer lists it; its rows stay`)
  for (const { planned: partition } of partitions) {
    const { goesOnFrom, aheadOf } = partition
    if (cursor === undefined || aheadOf === undefined || goesOnFrom === undefined) continue
    log.warn(
      `${name}: it is covered until ${textAt(goesOnFrom, cursor)}, which is ahead of the clock: one was wrong. What was covered since then is read again, from the next run on and until that time has passed`,
    )
    break
  }
  for (const hole of notKept.slice(0, 3)) {
    if (cursor !== undefined && hole.from !== undefined) {
      log.warn(
        `${name}: ${textAt(hole.from, cursor)} to ${textAt(hole.to, cursor)} is missing and can no longer be had, the source does not keep that long`,
      )
    }
  }
}

function startText(planned: PlannedTable): string {
  const texts = planned.partitions.map((partition) => startOfPartition(partition, planned)).sort()
  return texts[0] ?? 'the beginning'
}

function startOfPartition({ wanted }: PlannedPartition, { surveyed }: PlannedTable): string {
  const { cursor } = surveyed.table
  return cursor === undefined || wanted?.from === undefined ? 'the beginning' : textAt(wanted.from, cursor)
}

/** Partitions that could not be asked fail alone, with their error in the state. */
async function recordFailedPartitions(table: TableRun, context: RunContext): Promise<void> {
  for (const partition of table.partitions) {
    const { failure } = partition.planned.surveyed
    if (failure === undefined || table.lease === undefined) continue
    partition.failed = true
    partition.stopped = true
    await recordFailure(table, partition.id, redacted(failure, context.options), context)
  }
}

/** Partitions that are missing keep what they have, and one of them says so in the state. */
async function recordMissing(table: TableRun, context: RunContext): Promise<void> {
  const { planned, known } = table
  const { surveyed, missing, partitions } = planned
  const [first] = missing
  if (first === undefined) return
  const of = [...(known?.partitions.values() ?? [])].filter(({ goneAt }) => goneAt === null).length
  const place = tablePlace(surveyed.use.name, surveyed.table.name)
  const error = partitionsMissing({ name: table.name, place, missing, of, listed: partitions.length })
  await recordFailure(table, first, redacted(failureOf(error), context.options), context)
}

async function recordFailure(table: TableRun, partition: string, failure: Failure, context: RunContext): Promise<void> {
  table.fail(partition, failure)
  const beganAt = await context.destination.now()
  const step = {
    run: context.run,
    step: context.nextStep(),
    table: table.name,
    partition,
    kind: 'live' as const,
    window: undefined,
    attempt: 1,
    beganAt,
  }
  const counts = { read: 0, deduped: 0, trimmed: 0, rejected: 0 }
  const nextTryAt = restUntil(beganAt, table.known?.partitions.get(partition), failure)
  await recordOn(table, [{ kind: 'failure', step, counts, error: failure.message, nextTryAt, durationMs: 0 }], context)
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
    )
  }
}

/** A known table that could not be asked at all is failing, with the reason where people look for it. */
export function failingFacts(
  known: TableState,
  failure: Failure | undefined,
  context: RunContext,
  now: bigint,
): readonly Fact[] {
  const status: Fact = { kind: 'table', status: 'failing', pausedFor: null }
  const all = [...known.partitions.values()]
  const partition = (all.find(({ goneAt }) => goneAt === null) ?? all[0])?.partition
  if (partition === undefined || failure === undefined) return [status]
  const step = {
    run: context.run,
    step: context.nextStep(),
    table: known.name,
    partition,
    kind: 'live' as const,
    window: undefined,
    attempt: 1,
    beganAt: now,
  }
  const counts = { read: 0, deduped: 0, trimmed: 0, rejected: 0 }
  const nextTryAt = restUntil(now, known.partitions.get(partition), failure)
  return [status, { kind: 'failure', step, counts, error: failure.message, nextTryAt, durationMs: 0 }]
}

function restUntil(now: bigint, known: PartitionState | undefined, failure: Failure): bigint {
  return now + BigInt(Math.round(restAfter((known?.failures ?? 0) + 1, failure) * 1000))
}
