import { formatInstant } from '@tidemark/core/engine'
import type { RecordedRows, RunRecord, TableRunRecord } from '@tidemark/destination'
import { countText, durationText, plural } from './numbers.ts'
import { oneLine } from './plain.ts'
import { endText } from './run-end.ts'
import { textTable } from './text-table.ts'

/** A step with its window as text. */
export interface StepLine {
  readonly step: number
  readonly table: string
  readonly partition: string
  readonly kind: string
  readonly from: string | null
  readonly to: string | null
  readonly attempt: number
  readonly beganAt: bigint
  readonly rows: RecordedRows
  readonly error: string | undefined
}

/** The last runs, one line each. */
export function runsText(runs: readonly RunRecord[], now: bigint, columns: number | undefined): string {
  const header = ['run', 'started', 'took', 'end', 'tables', 'steps', 'read', 'written', 'rejected', 'failed']
  const rows = runs.map((run) => [
    run.run,
    when(run.startedAt),
    tookText(run, now),
    endText(run),
    run.tables,
    run.steps,
    run.rows.read,
    run.rows.written,
    run.rows.rejected,
    run.failedSteps,
  ])
  return textTable(header, rows, { columns })
}

export interface RunDetail {
  readonly run: RunRecord
  readonly tables: readonly TableRunRecord[]
  readonly failures: readonly StepLine[]
  readonly running: readonly StepLine[]
}

/** One run: what it did to each table, what failed, and what it is reading now. */
export function runText(
  { run, tables, failures, running }: RunDetail,
  now: bigint,
  columns: number | undefined,
): string {
  const header = [
    'table',
    'steps',
    'failed',
    'read',
    'written',
    'unchanged',
    'deleted',
    'rejected',
    'reading',
    'writing',
  ]
  const rows = tables.map((table) => [
    table.table,
    table.steps,
    table.failedSteps,
    table.rows.read,
    table.rows.written,
    table.rows.unchanged,
    table.rows.deleted,
    table.rows.rejected,
    durationText(Math.max(0, table.durationMs - table.writingMs)),
    durationText(table.writingMs),
  ])
  return [
    `Run ${run.run} started ${when(run.startedAt)} on ${oneLine(run.host)} (process ${run.pid}), took ${tookText(run, now)}: ${endText(run)}.`,
    ...(run.error === undefined ? [] : [`failed: the run: ${oneLine(run.error)}`]),
    '',
    ...(rows.length > 0 ? [textTable(header, rows, { columns })] : run.foldedSteps === 0 ? ['It read nothing.'] : []),
    ...(run.foldedSteps === 0 ? [] : [`Steps that changed nothing (only counted): ${countText(run.foldedSteps)}.`]),
    ...(failures.length === 0 ? [] : ['']),
    ...failures.slice(0, MAX_STEPS_SHOWN).map((step) => `failed: ${placeText(step)}: ${oneLine(step.error ?? '')}`),
    ...(failures.length > MAX_STEPS_SHOWN ? [`failed: ${countText(failures.length - MAX_STEPS_SHOWN)} more`] : []),
    ...(running.length === 0 ? [] : ['']),
    ...running.map((step) => `reading: ${placeText(step)}, ${plural(step.rows.read, 'row')} so far`),
  ].join('\n')
}

const MAX_STEPS_SHOWN = 50

function placeText({ table, partition, from, to, attempt }: StepLine): string {
  const of = partition === '' ? '' : `, partition ${oneLine(partition)}`
  const window = to === null ? '' : `, ${from ?? 'the beginning'} to ${to}`
  return `table ${oneLine(table)}${of}${window}${attempt > 1 ? ` (attempt ${attempt})` : ''}`
}

function tookText({ state, startedAt, endedAt }: RunRecord, now: bigint): string {
  const end = endedAt ?? (state === 'running' ? now : undefined)
  return end === undefined ? '' : durationText(Number((end - startedAt) / 1000n))
}

function when(instant: bigint): string {
  return formatInstant(instant, 'Z', 0).replace('T', ' ')
}
