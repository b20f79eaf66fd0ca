import { positionText, type State } from '@tidemark/core/engine'
import type { StepRecord } from '@tidemark/destination'
import type { StepAnswer } from './answers.ts'
import { millis } from './run-line.ts'

/** A step as the page shows it; its window as positions of its table's cursor. */
export function stepLine(step: StepRecord, state: State): StepAnswer {
  const text = (position: bigint): string => positionText(state.tables.get(step.table), position) ?? String(position)
  const { window } = step
  return {
    run: step.run,
    step: step.step,
    table: step.table,
    partition: step.partition,
    kind: step.kind,
    window:
      window === undefined ? null : { from: window.from === undefined ? null : text(window.from), to: text(window.to) },
    attempts: 1,
    attempt: step.attempt,
    beganAt: millis(step.beganAt),
    endedAt: step.endedAt === undefined ? null : millis(step.endedAt),
    written: step.rows.written,
    rejected: step.rows.rejected,
    durationMs: step.durationMs,
    error: step.error ?? null,
  }
}

/** Attempts of one step as one line: that of the newest, which comes first. */
export function foldAttempts(steps: readonly StepAnswer[]): readonly StepAnswer[] {
  const same = Map.groupBy(steps, ({ run, table, partition, kind, window }) =>
    JSON.stringify([run, table, partition, kind, window]),
  )
  return [...same.values()].map((group) => ({ ...group[0]!, attempts: Math.max(group.length, group[0]!.attempt) }))
}
