import type { LogLevel } from './log-event.ts'

/** A line that a run logged, as it is stored with the run. */
export interface RunLogLine {
  /** Counts the lines of a run, from 1. */
  readonly line: number
  /** When it was logged, by the clock of the machine; microseconds since 1970. */
  readonly at: bigint
  readonly level: LogLevel
  /** The name of its event. */
  readonly event: string
  readonly source: string | null
  /** The table's name in the destination. */
  readonly table: string | null
  readonly partition: string | null
  readonly message: string
  /** All other fields, as a JSON object; null: none. */
  readonly fields: string | null
}

/** Which lines of a run's log are read; absent: all that are stored. */
export interface RunLogFilter {
  /** Only lines before this one. */
  readonly before?: number | undefined
  /** Only lines after this one. */
  readonly after?: number | undefined
  /** Only of these levels. */
  readonly levels?: readonly LogLevel[] | undefined
  /** At most so many: the newest, or with `after` the oldest. */
  readonly limit?: number | undefined
}

export interface RunLog {
  /** The oldest first. */
  readonly lines: readonly RunLogLine[]
  /** The first line that is stored of the run; earlier ones were dropped. Undefined: nothing is stored. */
  readonly first: number | undefined
}
