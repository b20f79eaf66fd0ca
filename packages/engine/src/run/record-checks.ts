import { type RunContext, recordOn } from './run-context.ts'
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
  const checked = tables.filter(({ checkedAt, isCheckedAt }) => isCheckedAt !== undefined && checkedAt !== isCheckedAt)
  if (checked.length === 0) return
  for (const table of checked) table.checkedAt = table.isCheckedAt
  await destination.recordRun(run, [
    { kind: 'checked', tables: new Map(checked.map(({ name, checkedAt }) => [name, checkedAt!])) },
  ])
}
