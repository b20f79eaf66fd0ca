import type { State } from '@tidemark/core/engine'
import {
  countRejects,
  isAlive,
  listRuns,
  listSteps,
  listWaitingRunners,
  type Reader,
  type RunRecord,
  type StepRecord,
  type WorkStatus,
} from '@tidemark/destination'
import { type Estimates, freshUntil, type Promised, promisedBy, type Status, statusOf } from '@tidemark/engine'
import { type Activity, activityOf } from '../activity.ts'
import { type ConcurrencyConfig, createLeftReader } from '../left-reader.ts'
import type { FreshnessConfig } from '../overview.ts'
import { createRunHistory, type RunHistory } from './run-history.ts'

/** Everything that the pages share, as of one change mark of the database. */
export interface Snapshot {
  readonly mark: string
  /** The database's clock, in microseconds. */
  readonly now: bigint
  readonly state: State
  readonly status: Status
  readonly rejects: ReadonlyMap<string, number>
  /** The newest runs, newest first. */
  readonly runs: readonly RunRecord[]
  readonly underWay: readonly StepRecord[]
  readonly history: RunHistory
  readonly activity: Activity
  /** What workers share; undefined if none ever did. */
  readonly work: WorkStatus | undefined
  readonly promised: Promised
  /** Tables whose last check is older than allowed. */
  readonly stale: ReadonlySet<string>
  /** What is left to read. */
  readonly workLeft: Estimates
}

export interface SnapshotOptions {
  /** The freshness settings of the config. */
  readonly freshness: FreshnessConfig & ConcurrencyConfig
  /** Asks what workers share. Absent: they cannot share such a destination. */
  readonly askWork?: ((reader: Reader) => Promise<WorkStatus | undefined>) | undefined
}

export interface Snapshots {
  /** The newest snapshot; queries the database only if something changed. */
  latest(): Promise<Snapshot>
}

export const RUNS_SHOWN = 24
/** Snapshots take no more than this share of the time, however large the state is. */
const SHARE = 0.25
/** Maximum age without a change: lags grow, and a dead runner must be noticed. */
const OLDEST_MS = 15_000

/** Keeps the newest snapshot. Concurrent requests share one. */
export function createSnapshots(reader: Reader, { freshness, askWork }: SnapshotOptions): Snapshots {
  const runHistory = createRunHistory(reader)
  const leftOf = createLeftReader(freshness)
  let kept: Snapshot | undefined
  let takenAt = 0
  let tookMs = 0
  let under: Promise<Snapshot> | undefined

  const take = async (mark: string): Promise<Snapshot> => {
    const started = performance.now()
    const state = await reader.state()
    const runs = await listRuns(reader, { limit: RUNS_SHOWN, isAlive })
    const now = await reader.now()
    const activity = activityOf({ runs, waiting: await listWaitingRunners(reader), now, isAlive })
    const promised = promisedBy({ ...freshness, everyMs: activity.every_ms ?? undefined })
    const snapshot: Snapshot = {
      mark,
      state,
      runs,
      now,
      activity,
      promised,
      stale: new Set(
        [...state.tables.values()].filter((one) => (freshUntil(one, promised) ?? now) < now).map(({ name }) => name),
      ),
      status: statusOf(state),
      rejects: await countRejects(reader),
      workLeft: await leftOf(reader, state),
      underWay: runs.some((run) => run.state === 'running')
        ? await listSteps(reader, { running: true, limit: 500, isAlive })
        : [],
      history: await runHistory(runs),
      work: await askWork?.(reader),
    }
    takenAt = performance.now()
    tookMs = takenAt - started
    kept = snapshot
    return snapshot
  }

  return {
    async latest() {
      if (under !== undefined) return await under
      // Queried even if the result is not needed: an unreachable database must be noticed.
      const mark = await reader.mark()
      const age = performance.now() - takenAt
      const isRecent = age < OLDEST_MS && (kept?.mark === mark || age < tookMs / SHARE)
      if (kept !== undefined && isRecent) return kept
      under ??= take(mark).finally(() => {
        under = undefined
      })
      return await under
    },
  }
}
