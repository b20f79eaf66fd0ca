import type { RunRecord, TableRunRecord } from '@tidemark/destination'
import { endedByWord } from '../show/run-end.ts'
import type { RunLine, TableRunLine } from './answers.ts'

/** A run as the page shows it, with the sums of its step times. */
export function runLine(run: RunRecord, tables: Iterable<TableRunRecord>): RunLine {
  let duration = 0
  let writing = 0
  for (const table of tables) {
    duration += table.durationMs
    writing += table.writingMs
  }
  return {
    run: run.run,
    state: run.state,
    startedAt: millis(run.startedAt),
    endedAt: run.endedAt === undefined ? null : millis(run.endedAt),
    exitCode: run.exitCode ?? null,
    endedBy: endedByWord(run.endedBy) ?? null,
    error: run.error ?? null,
    tables: run.tables,
    steps: run.steps,
    failedSteps: run.failedSteps,
    foldedSteps: run.foldedSteps,
    written: run.rows.written,
    read: run.rows.read,
    rejected: run.rows.rejected,
    deleted: run.rows.deleted,
    readingMs: Math.max(0, duration - writing),
    writingMs: writing,
  }
}

/** What a run did to a table. */
export function tableRunLine({ rows, durationMs, writingMs, ...one }: TableRunRecord): TableRunLine {
  return {
    run: one.run,
    table: one.table,
    startedAt: millis(one.startedAt),
    steps: one.steps,
    failedSteps: one.failedSteps,
    read: rows.read,
    written: rows.written,
    unchanged: rows.unchanged,
    rejected: rows.rejected,
    deleted: rows.deleted,
    readingMs: Math.max(0, durationMs - writingMs),
    writingMs,
  }
}

export function millis(micros: bigint): number {
  return Number(micros / 1000n)
}

/** Of an instant as a document of `--json` has it. */
export const millisAt = (instant: string | null): number | null => (instant === null ? null : Date.parse(instant))
