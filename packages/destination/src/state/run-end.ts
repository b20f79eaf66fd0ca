import type { Runner } from '@tidemark/core/engine'
import { CRASHED } from './crashed-runs.ts'
import type { IsAlive, RunRecord } from './run-record.ts'

/** A run's row with that of its runner; what an earlier version of the state does not have is absent. */
type Row = Readonly<Record<string, unknown>>

/** Exit codes of signals, for runs whose second signal left no time to record one. */
const CODES: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 }

/** Whether a run is still running, and how and when it ended, as the view `tidemark_runs` says it and with what this machine knows. */
export function endOf(
  row: Row,
  now: bigint,
  isAlive: IsAlive | undefined,
): Pick<RunRecord, 'state' | 'endedAt' | 'endedBy' | 'exitCode' | 'error'> {
  const endedBy = text(row['ended_by'])
  const [exitCode, error] = [row['exit_code'] == null ? undefined : Number(row['exit_code']), text(row['error'])]
  const endedAt = instant(row['ended_at'])
  // Before it was recorded what had ended a run, the time of one that crashed was that of the next.
  const isOldCrash = endedAt !== undefined && endedBy === undefined && error === CRASHED
  if (endedAt !== undefined && !isOldCrash)
    return { state: endedBy === 'crash' ? 'crashed' : 'ended', endedAt, endedBy, exitCode, error }
  if (endedAt === undefined && isRunning(row, now, isAlive))
    return { state: 'running', endedAt: undefined, endedBy, exitCode, error }
  const signs = [row['started_at'], row['heartbeat_at'], row['last_step']].flatMap((sign) => instant(sign) ?? [])
  const lastSign = signs.sort((a, b) => (a < b ? -1 : 1)).at(-1)
  if (endedBy === undefined)
    return { state: 'crashed', endedAt: lastSign, endedBy: 'crash', exitCode, error: error ?? CRASHED }
  return { state: 'ended', endedAt: lastSign, endedBy, exitCode: exitCode ?? CODES[endedBy], error }
}

function isRunning(row: Row, now: bigint, isAlive: IsAlive | undefined): boolean {
  const heartbeat = instant(row['heartbeat_at'])
  const runner = runnerOf(row)
  if (heartbeat === undefined || runner === undefined) return false
  return heartbeat >= now - BigInt(Number(row['lease_ms'])) * 1000n && isAlive?.(runner) !== false
}

export function runnerOf(row: Row): Runner | undefined {
  const startedAt = instant(row['runner_started_at'])
  if (row['runner_id'] == null || startedAt === undefined) return undefined
  return { id: String(row['runner_id']), host: String(row['host']), pid: Number(row['pid']), startedAt }
}

export function instant(value: unknown): bigint | undefined {
  return value === null || value === undefined ? undefined : BigInt(value as bigint)
}

export function text(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value)
}
