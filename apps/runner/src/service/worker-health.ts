import type { WorkerPulse } from '../work/work-loop.ts'

/** The answer of `/healthz` of a worker. */
export interface WorkerHealth {
  readonly status: 'ok' | 'failing'
  /** Why it is failing; empty if it is not. */
  readonly reasons: readonly string[]
  readonly database: 'ok' | 'unreachable'
  /** When its heartbeat was last written; null: not yet. */
  readonly heartbeat_at: string | null
  /** The windows that it reads, and since when. */
  readonly reads: readonly { readonly source: string; readonly table: string; readonly since: string }[]
}

export interface WorkerHealthFacts {
  readonly pulse: WorkerPulse
  /** The error of the latest query to the database; undefined: it answered. */
  readonly problem: string | undefined
  readonly now: number
  /** How long a heartbeat counts. */
  readonly leaseMs: number
}

/** Whether a worker works as it should. One whose heartbeat is too old reads for nothing: others are given its windows. */
export function workerHealthOf({ pulse, problem, now, leaseMs }: WorkerHealthFacts): WorkerHealth {
  const { heartbeatAt, reads } = pulse
  const isLate = heartbeatAt !== undefined && now - heartbeatAt > leaseMs
  const reasons = [
    ...(problem === undefined ? [] : [`the database does not answer: ${problem}`]),
    ...(isLate ? [`no heartbeat since ${instant(heartbeatAt)}, so other workers are given its windows`] : []),
  ]
  return {
    status: reasons.length === 0 ? 'ok' : 'failing',
    reasons,
    database: problem === undefined ? 'ok' : 'unreachable',
    heartbeat_at: heartbeatAt === undefined ? null : instant(heartbeatAt),
    reads: reads.map(({ source, table, since }) => ({ source, table, since: instant(since) })),
  }
}

const instant = (ms: number): string => new Date(ms).toISOString()
