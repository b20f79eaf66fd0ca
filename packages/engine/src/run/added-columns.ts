import {
  listedPartitions,
  type Prepared,
  type RecordedSchema,
  type StateChange,
  shellCommands,
  type TableState,
  union,
} from '@tidemark/core/engine'
import type { RunContext } from './run-context.ts'
import type { TableRun } from './table-run.ts'

/** Columns that are NULL in older rows, because they were not backfilled. */
export function lateNames({ columns }: RecordedSchema): readonly string[] {
  return columns.flatMap(({ name, addedLater: late }) => (late === true ? [name] : []))
}

/**
 * Asks for all that is covered of a table to be read again: also what another system has read as the config says, or
 * only what steps have read.
 */
export function coverageFacts(
  table: TableState | undefined,
  reason: string,
  which: 'assumed' | 'read',
): readonly StateChange[] {
  const listed = listedPartitions(table)
  return listed.flatMap(({ partition, covered }) =>
    union(which === 'assumed' ? covered : covered.filter((one) => !one.assumed)).map((window) => ({
      kind: 'resync' as const,
      partition,
      window,
      reason,
    })),
  )
}

/** Says what was done to a table, and of columns that are NULL in older rows how they get their values there. */
export function sayChanges(
  { name, known, planned }: TableRun,
  { changes, schema: recorded }: Prepared,
  { options }: RunContext,
): void {
  if (known === undefined) return
  const before = new Set(known.schema === null ? [] : lateNames(known.schema))
  const late = lateNames(recorded).filter((column) => !before.has(column))
  const isSaid = late.length > 0 && !planned.discovered.options.backfill
  const own = new Set(
    recorded.columns.filter(({ name }) => late.includes(name)).map(({ column }) => `column "${column}" added`),
  )
  for (const change of changes)
    if (!isSaid || !own.has(change)) options.log?.info(`${name}: ${change}`, { event: 'table-changed', table: name })
  if (!isSaid) return
  const columns = late.map((column) => `"${column}"`).join(', ')
  const are = late.length === 1 ? `column ${columns} is` : `columns ${columns} are`
  options.log?.warn(
    `${name}: ${are} new and NULL in rows synced before; run: ${shellCommands('tidemark')('resync', [name])}`,
    { event: 'columns-late', table: name, columns: late },
  )
}
