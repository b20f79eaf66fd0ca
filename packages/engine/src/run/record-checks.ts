import { type RunContext, recordOn } from './run-context.ts'
import { passReadBefore } from './step-completion.ts'
import type { PartitionRun, TableRun } from './table-run.ts'

// That a source was asked and had nothing new is recorded as well: a table is as fresh as the last question.

/** A partition whose source had nothing new when it came due again. */
export async function recordPartitionChecked(partition: PartitionRun, context: RunContext): Promise<void> {
  const { table, id, asked } = partition
  partition.isChecked = true
  if (asked.at === undefined) return
  await recordAsked(
    table,
    { at: asked.at, partitions: [id], overcome: partition.failedRanges.hasNothingLeft ? [partition] : [] },
    context,
  )
}

/** Partitions that failed before, were asked now, and have nothing left to read: they fail no longer. */
export async function recordOvercome(table: TableRun, context: RunContext): Promise<void> {
  if (table.isRestricted) return
  const overcome = table.partitions.filter(
    ({ failedRanges, stepsRemaining: left, planned }) =>
      failedRanges.hasNothingLeft && left === 0 && planned.discovered.failure === undefined,
  )
  const at = overcome[0]?.asked.at
  if (at !== undefined) await recordAsked(table, { at, partitions: overcome.map(({ id }) => id), overcome }, context)
}

/** Passes that others have read to their end. */
export async function recordPasses(table: TableRun, context: RunContext): Promise<void> {
  if (table.prepared === undefined) return
  const changes = table.partitions.flatMap((partition) => passReadBefore(partition) ?? [])
  if (changes.length > 0) await recordOn(table, changes, context)
  await recordReadBefore(table, context)
}

/** What the source had when it was asked the last time, where others have read all of that by now. */
async function recordReadBefore(table: TableRun, { options, destination, run }: RunContext): Promise<void> {
  const { name, partitions, known } = table
  const asked = options.openSources?.asked
  const before = asked?.get(name)
  const isRead = ({ id }: PartitionRun): boolean => {
    const end = before?.ends.get(id)
    const state = known?.partitions.get(id)
    return end !== undefined && state?.failures === 0 && state.covered.some(({ to }) => to >= end)
  }
  if (before !== undefined && partitions.every(isRead))
    await destination.recordRun(run, [{ kind: 'checked', tables: new Map([[name, before.at]]) }])
  const at = firstAsked(partitions)
  const ends = new Map(partitions.flatMap(({ id, asked: { to } }) => (to === undefined ? [] : [[id, to] as const])))
  if (at !== undefined && ends.size === partitions.length) asked?.set(name, { at, ends })
}

interface Asked {
  readonly at: bigint
  readonly partitions: readonly string[]
  readonly overcome: readonly PartitionRun[]
}

async function recordAsked(table: TableRun, { at, partitions, overcome }: Asked, context: RunContext): Promise<void> {
  for (const partition of overcome) partition.failedRanges.isFailing = false
  const change = {
    kind: 'checked' as const,
    at,
    partitions,
    overcome: overcome.map(({ id }) => id),
    status: table.ownStatus(),
  }
  if (await recordOn(table, [change], context)) table.recorded = table.status()
}

/** Tables of which all is read that their sources had when they were asked: in one transaction, however many. */
export async function recordTablesChecked(
  tables: readonly TableRun[],
  { run, destination }: RunContext,
): Promise<void> {
  const checked = new Map<string, bigint>()
  for (const table of tables) {
    const at = checkedAtOf(table)
    if (at === undefined || table.checkedAt === at) continue
    table.checkedAt = at
    checked.set(table.name, at)
  }
  if (checked.size > 0) await destination.recordRun(run, [{ kind: 'checked', tables: checked }])
}

/** When its source was asked first for a partition, where all that it had then is read. */
function checkedAtOf({ planned, isRestricted, prepared, partitions }: TableRun): bigint | undefined {
  // What is no longer listed was not asked for, and a part is not the table.
  if (planned.missingPartitions.length > 0 || isRestricted || prepared === undefined) return undefined
  if (partitions.some(({ isChecked }) => !isChecked)) return undefined
  return partitions.length === 0 ? planned.discovered.askedAt : firstAsked(partitions)
}

function firstAsked(partitions: readonly PartitionRun[]): bigint | undefined {
  let first: bigint | undefined
  for (const { asked } of partitions) {
    if (asked.at === undefined) return undefined
    if (first === undefined || asked.at < first) first = asked.at
  }
  return first
}
