import { type Destination, formatInstant } from '@tidemark/core/engine'
import { type IsAlive, listRuns, listWaitingRunners, type RunRecord, type WaitingRunner } from '@tidemark/destination'
import { endedByWord } from './show/run-end.ts'

/** Who syncs: a run that is in progress, a process that waits for its next one, or no process. Field names are those of `status --json`. */
export interface Activity {
  readonly state: 'running' | 'waiting' | 'none'
  /** The process; null if nothing runs or waits. */
  readonly host: string | null
  readonly pid: number | null
  /** The run in progress. */
  readonly run: number | null
  /** How often it syncs, or how often the last scheduled process did; null if no process had a schedule. */
  readonly every_ms: number | null
  readonly next_run_at: string | null
  /** A run was due then, but the process that should have started it has ended. */
  readonly missed_run_at: string | null
  /** The newest run that has ended. */
  readonly last_run: {
    readonly run: number
    readonly state: 'ended' | 'crashed'
    readonly ended_at: string | null
    readonly ended_by: string | null
    readonly exit_code: number | null
  } | null
}

export interface ActivityFacts {
  /** Newest first. */
  readonly runs: readonly RunRecord[]
  /** Ordered by last heartbeat, latest first. */
  readonly waiting: readonly WaitingRunner[]
  /** The destination's clock. */
  readonly now: bigint
  readonly isAlive: IsAlive
}

export const NOBODY: Activity = {
  state: 'none',
  host: null,
  pid: null,
  run: null,
  every_ms: null,
  next_run_at: null,
  missed_run_at: null,
  last_run: null,
}

/** A run that is late by less than this is only slow to start. */
const LATE = 60_000_000n
const RUNS = 30

/** Reads from a destination which process syncs into it. */
export async function askActivity(
  destination: Pick<Destination, 'query' | 'now'>,
  isAlive: IsAlive,
): Promise<Activity> {
  const runs = await listRuns(destination, { limit: RUNS, isAlive })
  const waiting = await listWaitingRunners(destination)
  return activityOf({ runs, waiting, now: await destination.now(), isAlive })
}

/** Derives which process syncs. Pure. */
export function activityOf({ runs, waiting, now, isAlive }: ActivityFacts): Activity {
  const active = waiting.filter(({ runner, dueAt }) => dueAt !== undefined && (isAlive(runner) ?? dueAt + LATE > now))
  const running = runs.find(({ state }) => state === 'running')
  const last = runs.find(({ state }) => state !== 'running')
  const missed = active.length > 0 || running !== undefined ? undefined : missedBy(waiting, runs, now)
  const [next] = [...active].sort((a, b) => (a.dueAt! < b.dueAt! ? -1 : 1))
  const process = running ?? next?.runner
  // Several processes may each sync tables of their own; the schedule of one does not make another's tables stale.
  const everyMs = active.length > 0 ? Math.max(...active.map((one) => one.everyMs)) : missed?.everyMs
  return {
    state: running !== undefined ? 'running' : next !== undefined ? 'waiting' : 'none',
    host: process?.host ?? null,
    pid: process?.pid ?? null,
    run: running?.run ?? null,
    every_ms: everyMs ?? null,
    next_run_at: running === undefined ? instant(next?.dueAt) : null,
    missed_run_at: instant(missed?.dueAt),
    last_run:
      last === undefined
        ? null
        : {
            run: last.run,
            state: last.state === 'crashed' ? 'crashed' : 'ended',
            ended_at: instant(last.endedAt),
            ended_by: endedByWord(last.endedBy) ?? null,
            exit_code: last.exitCode ?? null,
          },
  }
}

/** The process that announced a next run and has ended, unless another process has run since that run was due. */
function missedBy(
  waiting: readonly WaitingRunner[],
  runs: readonly RunRecord[],
  now: bigint,
): WaitingRunner | undefined {
  const lastBegan = runs[0]?.startedAt ?? 0n
  return waiting.find(({ dueAt }) => dueAt !== undefined && dueAt < now && dueAt + LATE > lastBegan)
}

function instant(at: bigint | undefined): string | null {
  return at === undefined ? null : formatInstant(at, 'Z', 3)
}
