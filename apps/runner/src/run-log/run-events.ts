import type { CommandText } from '@tidemark/core/engine'
import { type Failure, heldTexts, type Report, type RunEvent, type TableReport } from '@tidemark/engine'
import type { RunEventLog } from '../log.ts'
import { type Failed, fixOf } from '../show/fix.ts'
import { plural } from '../show/numbers.ts'
import { reportSummary } from '../show/report.ts'

/** Logs what a run did, as it happens: its steps that fail, and at its end every table that changed or failed. */
export function logRunEvents(log: RunEventLog, command: CommandText): (event: RunEvent) => void {
  const logStep = logStepEvents(log)
  return (event) => {
    logStep(event)
    if (event.type === 'run-started') log.info(`run ${event.run} started`, { event: 'run-started', run: event.run })
    if (event.type === 'run-ended') logReport(log, event.report, command)
  }
}

/** The same for a part of a run, whose end is not that of the run. */
export function logStepEvents(log: RunEventLog): (event: RunEvent) => void {
  return (event) => {
    if (event.type !== 'step-ended' || event.failure === undefined) return
    const { table, partition, step, failure } = event
    log.warn(`${labelOf(table, partition)}: ${failure.message}`, {
      ...{ event: 'step-failed', table, partition, step },
      ...reasonOf(failure),
      stack: failure.stack,
    })
  }
}

function logReport(log: RunEventLog, report: Report, command: CommandText): void {
  const fix = (failure: Failure, of: Pick<Failed, 'table' | 'source'>) => fixOf({ ...failure, ...of }, command)
  for (const { name, failure } of report.sources) {
    if (failure === undefined) continue
    log.error(`source ${name}: ${failure.message}`, {
      ...{ event: 'source-failed', source: name },
      ...reasonOf(failure),
      fix: fix(failure, { source: name }),
    })
  }
  for (const table of report.tables) logTable(log, table, fix)
  for (const text of heldTexts(report.tables.flatMap(({ heldBy }) => heldBy ?? [])))
    log.warn(text, { event: 'table-held' })
  const { run, exitCode, endedBy, durationMs, failure, tables } = report
  if (failure !== undefined)
    log.error(failure.message, { event: 'run-failed', ...reasonOf(failure), fix: fix(failure, {}) })
  log[exitCode === 0 ? 'info' : 'error'](`run ${run ?? '?'}: ${reportSummary(report)}`, {
    ...{ event: 'run-ended', run, exit_code: exitCode, ended_by: endedBy, duration_ms: durationMs },
    ...{ tables: tables.length, failed: tables.filter(({ failures }) => failures.length > 0).length },
  })
}

function logTable(
  log: RunEventLog,
  { name, source, status, rows, stepsLeft, failures, durationMs }: TableReport,
  fix: (failure: Failure, of: Pick<Failed, 'table' | 'source'>) => object,
): void {
  const { read, written, unchanged, deleted, rejected } = rows
  if (written + deleted + rejected > 0)
    log.info(`${name}: ${plural(written, 'row')} written, ${deleted} deleted, ${rejected} rejected`, {
      ...{ event: 'table-synced', source, table: name, status, read, written, unchanged, deleted, rejected },
      ...{ windows_left: stepsLeft, duration_ms: durationMs },
    })
  // Windows of one partition fail for one reason.
  const reasons = new Map(failures.map((one) => [JSON.stringify([one.partition, one.failure.message]), one]))
  for (const { partition, failure } of reasons.values())
    log.error(`${labelOf(name, partition)}: ${failure.message}`, {
      ...{ event: 'table-failed', source, table: name, partition },
      ...reasonOf(failure),
      fix: fix(failure, { table: name, source }),
    })
}

const labelOf = (table: string, partition: string): string => (partition === '' ? table : `${table} (${partition})`)

const reasonOf = ({ code, remedy }: Failure): object => ({ code, remedy })
