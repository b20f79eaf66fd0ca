import type { State, TableStatus } from '@tidemark/core/engine'
import { type Estimate, type Estimates, overviewOf, type Promised } from '@tidemark/engine'

/** The status of a table, as numbers for a monitor. */
export interface TableMetrics {
  readonly name: string
  readonly source: string
  readonly status: TableStatus
  /** Age of the newest synced position, gaps aside; of several partitions the worst. Undefined: not known. */
  readonly lagSeconds: number | undefined
  /** Whether its last check is older than allowed, when that was (seconds since 1970), and the allowed age. */
  readonly stale: boolean
  readonly lastCheck: number | undefined
  readonly freshWithinSeconds: number
  /** How much is covered from its start to now, from 0 to 1. Undefined: it is read whole, or nothing is known yet. */
  readonly coverageRatio: number | undefined
  /** Gaps in the coverage, over all partitions. */
  readonly gaps: number
  readonly partitionsFailing: number
  /** Seconds since 1970. */
  readonly lastSuccess: number | undefined
  readonly rejects: number
  /** What is left to read. Undefined: not known, or nothing of it is read. */
  readonly workLeft: Estimate | undefined
}

/** Reads a state for a monitor. Pure. */
export function tableMetrics(
  state: State,
  { rejects, now, promised, workLeft }: StandingOptions,
): readonly TableMetrics[] {
  return overviewOf(state, { now, rejects, promised, workLeft }).tables.map((one) => ({
    name: one.name,
    source: one.source,
    status: one.status,
    lagSeconds: one.lag_ms === null ? undefined : one.lag_ms / 1000,
    stale: one.stale,
    lastCheck: seconds(one.last_checked_at),
    freshWithinSeconds: one.fresh_within_ms / 1000,
    coverageRatio: one.status === 'removed' ? undefined : one.coverage?.share,
    gaps: one.holes,
    partitionsFailing: one.partitions_failing,
    lastSuccess: seconds(one.last_synced_at),
    rejects: one.rejects,
    workLeft: one.work_left ?? undefined,
  }))
}

export interface StandingOptions {
  readonly rejects: ReadonlyMap<string, number>
  readonly now: bigint
  readonly promised?: Promised | undefined
  readonly workLeft?: Estimates | undefined
}

function seconds(instant: string | null): number | undefined {
  return instant === null ? undefined : Date.parse(instant) / 1000
}
