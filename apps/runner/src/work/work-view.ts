import type { Remedy } from '@tidemark/core'
import { type CommandText, formatInstant, positionText, type State } from '@tidemark/core/engine'
import type { WindowJob, WorkStatus } from '@tidemark/destination'
import { fixOf } from '../show/fix.ts'
import type { Fix } from '../show/fix-text.ts'

/** What workers share. Field names are those of `status --json`. */
export interface WorkView {
  readonly sources: readonly SourceQueueView[]
  readonly workers: readonly WorkerView[]
  /** The newest windows that failed and need somebody. */
  readonly dead_letters: readonly DeadLetterView[]
}

export interface SourceQueueView {
  readonly source: string
  readonly queued: number
  readonly running: number
  readonly dead_letters: number
  /** Until then no worker reads from it, as after a rate limit; null: they do. */
  readonly paused_until: string | null
  readonly planned_at: string | null
}

export interface WorkerView {
  readonly host: string
  readonly pid: number
  readonly since: string
  readonly concurrency: number
  /** `dead`: it sends no heartbeats; what it read is returned to the queue. */
  readonly state: 'alive' | 'dead'
  readonly reads: readonly (WindowView & { readonly since: string })[]
}

export interface WindowView {
  readonly source: string
  readonly table: string
  readonly partition: string
  /** The window as text; both null where the table has no cursor. */
  readonly from: string | null
  readonly to: string | null
  readonly lane: 'current' | 'backfill'
}

export interface DeadLetterView extends WindowView {
  readonly failed_at: string
  readonly error: string
  readonly fix: Fix
}

/** What workers share, with positions and moments as text. */
export function workView({ sources, workers, deadLetters }: WorkStatus, state: State, command: CommandText): WorkView {
  return {
    sources: sources.map(({ source, queued, running, dead, pausedUntil, plannedAt }) => ({
      ...{ source, queued, running },
      dead_letters: dead,
      paused_until: pausedUntil === undefined ? null : instantOf(pausedUntil),
      planned_at: plannedAt === undefined ? null : instantOf(plannedAt),
    })),
    workers: workers.map(({ host, pid, since, concurrency, isAlive, reads }) => ({
      ...{ host, pid, concurrency },
      since: instantOf(since),
      state: isAlive ? 'alive' : 'dead',
      reads: reads.map((window) => ({ ...windowView(window, state), since: instantOf(window.since) })),
    })),
    dead_letters: deadLetters.map(({ window, failedAt, message, remedy, code }) => ({
      ...windowView(window, state),
      failed_at: instantOf(failedAt),
      error: message,
      fix: fixOf({ table: window.table, source: window.source, message, code, remedy: remedy as Remedy }, command),
    })),
  }
}

function windowView({ source, table, partition, from, to, lane }: WindowJob, state: State): WindowView {
  const text = (position: bigint | undefined): string | null =>
    position === undefined ? null : (positionText(state.tables.get(table), position) ?? position.toString())
  return { source, table, partition, from: text(from), to: text(to), lane }
}

const instantOf = (ms: number): string => formatInstant(BigInt(Math.round(ms * 1000)), 'Z', 3)
