import { EXIT } from '@tidemark/engine'
import type { Pulse } from './families.ts'

/** The answer of `/healthz`. */
export interface Health {
  readonly status: 'ok' | 'failing'
  /** Why it is failing; empty where it is not. */
  readonly reasons: readonly string[]
  readonly running: boolean
  /** Sources that are being read, or that have not answered yet, and since when. */
  readonly busy: readonly { readonly source: string; readonly since: string }[]
  readonly database: 'ok' | 'unreachable'
  readonly last_run: { readonly ended_at: string; readonly exit_code: number | undefined } | null
  readonly next_run_due_at: string | null
}

/** A timer that is late by less is only slow. */
const LATE_MS = 60_000
/** More than a run waits for a page, or for a system that asked for patience: nothing of it can be right. */
const SILENT_MS = 30 * 60_000

// Where some tables fail, wait for a decision or are held, restarting this process helps nobody.
const FINE: readonly number[] = [EXIT.ok, EXIT.someFailed, EXIT.rejects, EXIT.held]

/** Whether this process does its work. @param problem what the database said when it was asked just now. */
export function healthOf(pulse: Pulse, problem: string | undefined, now: number): Health {
  const { isRunning, busy, lastEndedAt, lastExitCode, dueAt } = pulse
  const isLate = dueAt !== undefined && now - dueAt > LATE_MS
  const reasons = [
    ...(problem === undefined ? [] : [`the database does not answer: ${problem}`]),
    ...(isLate ? [`no run has begun since one was due at ${instant(dueAt)}`] : []),
    ...busy
      .filter(({ heardAt }) => now - heardAt > SILENT_MS)
      .map(({ source, heardAt }) => `nothing was heard of the run of "${source}" since ${instant(heardAt)}`),
    ...(lastExitCode === undefined || FINE.includes(lastExitCode)
      ? []
      : [`the last run ended with exit code ${lastExitCode}`]),
  ]
  return {
    status: reasons.length === 0 ? 'ok' : 'failing',
    reasons,
    running: isRunning,
    busy: busy.map(({ source, since }) => ({ source, since: instant(since) })),
    database: problem === undefined ? 'ok' : 'unreachable',
    last_run: lastEndedAt === undefined ? null : { ended_at: instant(lastEndedAt), exit_code: lastExitCode },
    next_run_due_at: dueAt === undefined || !Number.isFinite(dueAt) ? null : instant(dueAt),
  }
}

const instant = (ms: number): string => new Date(ms).toISOString()
