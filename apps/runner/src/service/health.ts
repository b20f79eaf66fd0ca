import { formatInstant } from '@tidemark/core/engine'
import { EXIT } from '@tidemark/engine'
import type { LoopStatus } from './metric-families.ts'

export interface BusySource {
  readonly source: string
  readonly since: string
  readonly heard_at: string
  /** The question that it has not answered for half a minute; null if no question waits that long. */
  readonly waits_for: { readonly what: string; readonly asked_at: string } | null
}

/** The answer of `/healthz`. */
export interface Health {
  readonly status: 'ok' | 'failing'
  /** Why it is failing; empty if it is not. */
  readonly reasons: readonly string[]
  readonly running: boolean
  /** Sources that are being read or have not answered yet, since when, and when they were last active. */
  readonly busy: readonly BusySource[]
  readonly database: 'ok' | 'unreachable'
  readonly last_run: { readonly ended_at: string; readonly exit_code: number | undefined } | null
  readonly next_run_due_at: string | null
}

/** A timer that is late by less than this is only slow. */
const LATE_MS = 60_000
/** Extra time for a run to end, beyond its longest timeout. */
const SPARE_MS = 5 * 60_000

// Restarting this process does not help if some tables fail, are paused, or are locked by another runner.
const FINE: readonly number[] = [EXIT.ok, EXIT.someFailed, EXIT.rejects, EXIT.held]

export interface HealthFacts {
  readonly pulse: LoopStatus
  /** The error of the latest query to the database; undefined: it answered. */
  readonly problem: string | undefined
  readonly now: number
  /** How long a source may be silent in a run, in milliseconds. */
  readonly silenceMs: number
}

/** Whether this process works as it should. */
export function healthOf({ pulse, problem, now, silenceMs }: HealthFacts): Health {
  const { isRunning, busy, lastEndedAt, lastExitCode, dueAt } = pulse
  const isLate = dueAt !== undefined && now - dueAt > LATE_MS
  const reasons = [
    ...(problem === undefined ? [] : [`the database does not answer: ${problem}`]),
    ...(isLate ? [`no run has started since one was due at ${instant(dueAt)}`] : []),
    ...busy
      .filter(({ heardAt }) => now - heardAt > silenceMs + SPARE_MS)
      .map(({ source, heardAt }) => `"${source}" hangs: no sign of life since ${instant(heardAt)}`),
    ...(lastExitCode === undefined || FINE.includes(lastExitCode)
      ? []
      : [`the last run ended with exit code ${lastExitCode}`]),
  ]
  return {
    status: reasons.length === 0 ? 'ok' : 'failing',
    reasons,
    running: isRunning,
    busy: busy.map(({ source, since, heardAt, question }) => ({
      source,
      since: instant(since),
      heard_at: instant(heardAt),
      waits_for:
        question === undefined ? null : { what: question.what, asked_at: formatInstant(question.askedAt, 'Z', 3) },
    })),
    database: problem === undefined ? 'ok' : 'unreachable',
    last_run: lastEndedAt === undefined ? null : { ended_at: instant(lastEndedAt), exit_code: lastExitCode },
    next_run_due_at: dueAt === undefined || !Number.isFinite(dueAt) ? null : instant(dueAt),
  }
}

const instant = (ms: number): string => new Date(ms).toISOString()
