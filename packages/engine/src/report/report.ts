import { type Counts, isPausedBy, type Refusal, type TableStatus } from '@tidemark/core/engine'
import type { Failure } from '../failure/failure.ts'
import type { EndedBy } from '../failure/interruption.ts'
import { EMPTIED, MISSING } from '../failure/lost-table.ts'
import type { UnreadRows } from '../plan/unread-text.ts'
import type { Lateness } from './lateness.ts'

/** The report of a run, for people, for `--json` and for the exit code. */
export interface Report {
  /** The run's number in the state; undefined if the run did not get that far. */
  readonly run: number | undefined
  readonly durationMs: number
  readonly exitCode: number
  readonly interrupted: boolean
  /** What ended it early; undefined: nothing. */
  readonly endedBy: EndedBy | undefined
  readonly sources: readonly SourceReport[]
  readonly tables: readonly TableReport[]
  /** What ended the run as a whole. */
  readonly failure: Failure | undefined
}

export interface SourceReport {
  readonly name: string
  readonly failure: Failure | undefined
}

export interface TableReport {
  readonly name: string
  readonly source: string
  readonly table: string
  readonly status: TableStatus
  /** The feed that tells its changes; null: it is read by windows, or as a whole. */
  readonly feed: string | null
  /** Why it is paused until someone decides. */
  readonly pausedFor: string | undefined
  readonly rows: RowCounts
  /** What its source has and the table does not, by no failure. */
  readonly unread: UnreadRows
  /** Rows that a lookback found: they arrived after their range was covered. */
  readonly lateRows: Lateness | undefined
  readonly stepsDone: number
  /** Steps that are left for the next run; at least so many where `untilEmpty` says so. */
  readonly stepsLeft: number
  /** Its backfill has no start and is read until a window is empty, which none was so far. */
  readonly untilEmpty: boolean
  readonly failures: readonly PartitionFailure[]
  /** Another runner has leased it. */
  readonly heldBy: Refusal | undefined
  /** Whoever planned it reads it in another way, as another version does: it was left alone. */
  readonly isPlannedOtherwise?: boolean | undefined
  readonly durationMs: number
}

/** `read = written + unchanged + deduped + rejected + trimmed`. */
export interface RowCounts {
  readonly read: number
  readonly written: number
  readonly unchanged: number
  readonly deduped: number
  readonly trimmed: number
  readonly rejected: number
  readonly deleted: number
  /** Rows with fields that the schema does not name. */
  readonly undeclared: number
}

export interface PartitionFailure {
  /** '' where the table has none, or all of it failed. */
  readonly partition: string
  readonly failure: Failure
}

export const NO_ROWS: RowCounts = {
  read: 0,
  written: 0,
  unchanged: 0,
  deduped: 0,
  trimmed: 0,
  rejected: 0,
  deleted: 0,
  undeclared: 0,
}

export function addRows(a: RowCounts, b: Partial<RowCounts>): RowCounts {
  const sum = { ...a }
  for (const name of Object.keys(NO_ROWS) as (keyof RowCounts)[]) sum[name] += b[name] ?? 0
  return sum
}

export function sumCounts(a: Counts, b: Counts): Counts {
  return {
    read: a.read + b.read,
    deduped: a.deduped + b.deduped,
    trimmed: a.trimmed + b.trimmed,
    rejected: a.rejected + b.rejected,
  }
}

/** Exit codes, the first that applies. `docs/running.md` lists them for users. */
export const EXIT = {
  ok: 0,
  bug: 1,
  config: 2,
  someFailed: 3,
  rejects: 4,
  noSource: 5,
  destination: 6,
  held: 7,
} as const

/** @param othersRest sources that were not due were not asked: those that failed are not all there are. */
export function exitCodeOf(
  { failure, sources, tables }: Pick<Report, 'failure' | 'sources' | 'tables'>,
  othersRest = false,
): number {
  if (failure !== undefined) {
    if (failure.code?.startsWith('destination') === true) return EXIT.destination
    return failure.remedy === 'fix-config' ? EXIT.config : EXIT.bug
  }
  if (tables.some(isLost)) return EXIT.destination
  const held = tables.filter((table) => table.heldBy !== undefined)
  if (held.length > 0 && held.length === tables.length) return EXIT.held
  const unreachable = sources.filter((source) => source.failure !== undefined)
  const isNoneRead = unreachable.length === sources.length && tables.length === 0
  if (unreachable.length > 0 && isNoneRead && !othersRest) return EXIT.noSource
  const failures = tables.flatMap((table) => table.failures)
  // Who paused a table knows that it is not read.
  const paused = tables.some(({ status, pausedFor }) => status === 'paused' && !isPausedBy(pausedFor ?? ''))
  if (
    unreachable.length === 0 &&
    !paused &&
    failures.length > 0 &&
    failures.every(({ failure: one }) => one.code === 'reject-limit')
  ) {
    return EXIT.rejects
  }
  return unreachable.length > 0 || paused || failures.length > 0 ? EXIT.someFailed : EXIT.ok
}

/** The table in the destination was changed outside Tidemark; the other tables of the run are done. */
function isLost({ pausedFor, failures }: TableReport): boolean {
  return (
    pausedFor === MISSING || pausedFor === EMPTIED || failures.some(({ failure }) => failure.code === 'table-changed')
  )
}
