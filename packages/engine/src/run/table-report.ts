import { unreadOf } from '../plan/unread.ts'
import type { TableReport } from '../report/report.ts'
import type { TableRun } from './table-run.ts'

/** What happened to a table in a run. */
export function tableReport(table: TableRun): TableReport {
  const { planned, name, rows, stepsDone, stepsLeft, failures, heldBy, durationMs } = table
  const { discovered } = planned
  return {
    name,
    source: discovered.source.name,
    table: discovered.table.name,
    status: table.status(),
    feed: discovered.fed?.feed.name ?? null,
    pausedFor: table.pausedFor,
    rows,
    lateRows: table.lateness,
    stepsDone,
    stepsLeft,
    untilEmpty: table.untilEmpty,
    unread: unreadOf(table),
    failures,
    heldBy,
    ...(table.isPlannedOtherwise ? { isPlannedOtherwise: true } : {}),
    durationMs: Math.round(durationMs),
  }
}
