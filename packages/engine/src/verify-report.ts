import type { DifferenceKind } from '@tidemark/core/engine'
import type { Failure } from './failure.ts'
import { EXIT, type Report } from './report.ts'

/** What was compared, and what is not alike. */
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
  readonly rows: { readonly source: number; readonly destination: number; readonly rejected: number }
  readonly missing: number
  readonly extra: number
  readonly different: number
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
  readonly keys: readonly { readonly kind: DifferenceKind; readonly key: string; readonly times: number }[]
  readonly failure: Failure | undefined
}

export interface Repair {
  /** What reading again did. */
  readonly report: Report
  /** Rows that still differ. */
  readonly left: number
}

export function verifyExitCode({ failure, found, repair }: Pick<VerifyReport, 'failure' | 'found' | 'repair'>): number {
  if (failure !== undefined) {
    if (isDestinationCode(failure)) return EXIT.destination
    return failure.code === 'no-source' ? EXIT.noSource : EXIT.someFailed
  }
  if (found.length === 0) return EXIT.ok
  if (repair === undefined || found.some((one) => one.failure !== undefined)) return EXIT.someFailed
  if (repair.left === 0) return EXIT.ok
  const { exitCode } = repair.report
  return exitCode === EXIT.ok || exitCode === EXIT.rejects ? EXIT.someFailed : exitCode
}

const isDestinationCode = ({ code }: Failure): boolean => code?.startsWith('destination') === true
