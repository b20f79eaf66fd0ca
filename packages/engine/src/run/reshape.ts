import { type Column, SyncError } from '@tidemark/core'
import { type ColumnChanges, columnChanges, type StateChange, union } from '@tidemark/core/engine'
import type { DiscoveredTable } from '../discover/catalog.ts'
import { schemaHash } from '../discover/settings.ts'
import { isDestinationFailure } from '../failure/failure.ts'
import { factsOf } from './prepare-tables.ts'
import { type RunContext, recordOn } from './run-context.ts'
import { shapeOf } from './shape-of.ts'
import type { TableRun } from './table-run.ts'

/** A source that finds further columns for ever is no longer asked. */
const MAX_RESHAPES = 20

/** Whether a table may get other columns while it is read. */
export function mayReshape({ discovered, reshapes }: TableRun): boolean {
  const { source, options } = discovered
  return source.findTable !== undefined && options.mode === 'evolve' && reshapes < MAX_RESHAPES
}

/**
 * Gives a table the columns that its rows turned out to have. Nothing was committed of a row that has them: the step that
 * met the first of them is read again, and so no row lacks a value. Where the destination cannot take them in without loss,
 * the table stays as it is, and rows that do not fit are rejected.
 */
export async function reshape(table: TableRun, before: DiscoveredTable, context: RunContext): Promise<void> {
  const { log } = context.options
  await table.gate.change(async () => {
    // Another step of the table has met the same.
    if (table.discovered !== before || table.lease === undefined) return
    table.reshapes++
    try {
      const said = await changed(table, context)
      if (said.length === 0) table.reshapes = MAX_RESHAPES
      for (const one of said) log?.info(`${table.name}: ${one}`, { event: 'table-changed', table: table.name })
    } catch (error) {
      if (isDestinationFailure(error) || context.signal.aborted || !SyncError.is(error)) throw error
      // Whatever prevents it: what fits is still read.
      table.reshapes = MAX_RESHAPES
      log?.warn(`${table.name}: its columns stay as they are: ${error.message}`, {
        event: 'table-unchanged',
        table: table.name,
      })
    }
  })
}

/** Changes the destination and what is read. @returns what was done, for people. */
async function changed(table: TableRun, context: RunContext): Promise<readonly string[]> {
  const found = await foundNow(table, [])
  const { refuse } = found === undefined ? NO_CHANGES : changesTo(table, found)
  // What holds no row yet may get any shape.
  const isFree = table.known?.everFilled !== true && table.rows.written === 0 && table.stepsDone === 0
  const kept = isFree ? [] : refuse
  const now =
    kept.length === 0
      ? found
      : await foundNow(
          table,
          kept.map(({ name }) => name),
        )
  if (now === undefined || table.lease === undefined) return []
  const { add, widen, refuse: remade } = changesTo(table, now)
  if (add.length + widen.length + remade.length + kept.length === 0) return []
  if (remade.length > 0) await context.destination.reset(table.lease, table.name)
  table.prepared = await context.destination.prepare(table.lease, shapeOf(now))
  table.discovered = now
  table.schemaHash = schemaHash(now.table, now.columns, now.options)
  const again = remade.length > 0 ? factsOf(table.planned, table) : backfillOf(table, add.length > 0)
  if (again.length > 0) await recordOn(table, again, context)
  return [
    ...add.map(({ name }) => `column "${name}" added`),
    ...[...widen, ...remade].map(({ name, from, to }) => `column "${name}" is ${to} now, no longer ${from}`),
    ...kept.map(({ name, from, to }) => `column "${name}" stays ${from}: rows that have ${to} in it are rejected`),
  ]
}

const NO_CHANGES: ColumnChanges = { add: [], widen: [], refuse: [] }

function changesTo({ prepared }: TableRun, { table, columns }: DiscoveredTable): ColumnChanges {
  const fixed = [...table.primaryKey, ...(table.cursor === undefined ? [] : [table.cursor.column])]
  return columnChanges(prepared?.schema.columns ?? [], columns, { mode: 'evolve', fixed })
}

/** The table as its source gives it now; undefined where that is not the same table with other columns. */
async function foundNow({ discovered }: TableRun, fixed: readonly string[]): Promise<DiscoveredTable | undefined> {
  const { source, table } = discovered
  const known = table.columns.map(
    ({ name, type }): Column => ({ name, type, fixed: fixed.includes(name) || undefined }),
  )
  const now = await source.findTable?.(table.name, known)
  if (now === undefined) return undefined
  const isSame =
    String(now.table.primaryKey) === String(table.primaryKey) &&
    now.table.cursor?.column === table.cursor?.column &&
    now.table.cursor?.type === table.cursor?.type
  return isSame ? { ...discovered, ...now } : undefined
}

/** What was read before is read again for new columns, where that was asked for. */
function backfillOf({ known, discovered }: TableRun, isMore: boolean): readonly StateChange[] {
  if (!isMore || !discovered.options.backfill) return []
  return [...(known?.partitions.values() ?? [])].flatMap(({ partition, covered }) =>
    union(covered.filter((one) => !one.assumed)).map((window) => ({
      kind: 'resync' as const,
      ...{ partition, window, reason: 'a new column' },
    })),
  )
}
