import type { DifferenceKind } from '@tidemark/core/engine'
import type { Failure } from '../failure/failure.ts'
import { EXIT, type Report } from '../report/report.ts'
import type { LookedRows } from './verify-look.ts'

/** What was compared, and what differs. */
export interface VerifyReport {
  /** The table's name in the destination. */
  readonly table: string
  readonly exitCode: number
  readonly interrupted: boolean
  readonly durationMs: number
  /** Windows that were compared, of all there are. */
  readonly windows: { readonly compared: number; readonly of: number }
  /** Which of the windows were chosen; undefined: all. The same seed chooses the same ones. */
  readonly sample: { readonly share: number; readonly seed: number } | undefined
  /** Rows at the source and in the destination, in what was compared. */
  readonly rows: LookedRows
  readonly missing: number
  readonly extra: number
  readonly different: number
  /** Rows that the source counts by itself and its reader did not give. */
  readonly unread: number
  /** Partitions of which nothing, or not all, was compared: no sync has read it, or the source does not give it. */
  readonly unreadPartitions: readonly UnreadPartition[]
  /** Fields that rows of the source have and no column holds. */
  readonly undeclared: readonly string[]
  /** Windows in which something differs, or that could not be read. */
  readonly found: readonly VerifiedWindow[]
  /** More differs than is listed here. */
  readonly isCut: boolean
  /** What was not compared, and why; for people. */
  readonly notes: readonly string[]
  /** Why nothing could be compared. */
  readonly failure: Failure | undefined
  readonly repair: Repair | undefined
}

export interface VerifiedWindow {
  readonly partition: string
  /** As the cursor is written; null: an open start, or (`to`) the whole partition. */
  readonly from: string | null
  readonly to: string | null
  readonly missing: number
  readonly extra: number
  readonly different: number
  readonly unread: number
  readonly keys: readonly { readonly kind: DifferenceKind; readonly key: string; readonly times: number }[]
  readonly failure: Failure | undefined
}

export interface UnreadPartition {
  readonly partition: string
  /**
   * `failed`: the source could not be asked about it. `not-listed`: the source no longer lists it, as it does others that are
   * too many to count as removed. `backfilling`: what is covered was compared, and there are gaps.
   */
  readonly why: 'failed' | 'never-read' | 'not-listed' | 'backfilling'
  readonly message: string
}

export interface Repair {
  /** What reading again did. */
  readonly report: Report
  /** Rows that still differ. */
  readonly remaining: number
}

type Judged = Pick<VerifyReport, 'failure' | 'found' | 'repair' | 'rows' | 'unread' | 'unreadPartitions'>

/**
 * 0 where all of the table matches; 3 where something differs, or was not, or could not be, read; 4 where all that fits
 * matches and rows are rejected.
 */
export function verifyExitCode(report: Judged): number {
  const { failure, found, repair, rows, unread, unreadPartitions } = report
  if (failure !== undefined) {
    if (isDestinationCode(failure)) return EXIT.destination
    return failure.code === 'no-source' ? EXIT.noSource : EXIT.someFailed
  }
  const isUnread = unread > 0 || unreadPartitions.some(({ why }) => why !== 'backfilling')
  const matches = rows.rejected > 0 ? EXIT.rejects : EXIT.ok
  if (isUnread || found.some((one) => one.failure !== undefined)) return EXIT.someFailed
  if (found.length === 0) return matches
  if (repair === undefined) return EXIT.someFailed
  if (repair.remaining === 0) return matches
  const { exitCode } = repair.report
  return exitCode === EXIT.ok || exitCode === EXIT.rejects ? EXIT.someFailed : exitCode
}

const isDestinationCode = ({ code }: Failure): boolean => code?.startsWith('destination') === true
