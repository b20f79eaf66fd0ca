import type { SilentQuestion } from '@tidemark/engine'
import type { Activity } from '../activity.ts'
import type { Family, Sample } from './exposition.ts'
import { feedFamilies } from './feed-metrics.ts'
import { RUN_SECONDS, type RunMetrics, type TableRunMetrics } from './run-metrics.ts'
import type { ProbedState } from './state-probe.ts'
import type { TableMetrics } from './table-metrics.ts'
import { workFamilies } from './work-families.ts'

/** The status of the loop. Times in milliseconds since 1970. */
export interface LoopStatus {
  readonly isRunning: boolean
  /** Active sources: since when, when their run was last active, and the question that they have not answered. */
  readonly busy: readonly {
    readonly source: string
    readonly since: number
    readonly heardAt: number
    readonly question?: SilentQuestion | undefined
  }[]
  readonly lastEndedAt: number | undefined
  readonly lastSuccessAt: number | undefined
  readonly lastExitCode: number | undefined
  /** Undefined before the first run. */
  readonly dueAt: number | undefined
}

/** All metrics, with the answer of the database; undefined if it did not answer. */
export function metricFamilies(
  version: string,
  pulse: LoopStatus,
  tally: RunMetrics,
  seen: ProbedState | undefined,
): readonly Family[] {
  return [
    gauge('tidemark_build_info', 'The version of the running process.', [{ labels: { version }, value: 1 }]),
    gauge('tidemark_run_in_progress', 'Whether a run is in progress.', [{ value: pulse.isRunning ? 1 : 0 }]),
    gauge('tidemark_last_run_timestamp_seconds', 'When the last run ended.', seconds(pulse.lastEndedAt)),
    gauge(
      'tidemark_last_success_timestamp_seconds',
      'When a run last ended with exit code 0.',
      seconds(pulse.lastSuccessAt),
    ),
    gauge('tidemark_next_run_timestamp_seconds', 'When the next run is due.', seconds(pulse.dueAt)),
    gauge('tidemark_database_up', 'Whether the database answered for this scrape.', [
      { value: seen === undefined ? 0 : 1 },
    ]),
    counter(
      'tidemark_runs_total',
      'Runs of this process, by exit code.',
      [...tally.runs].map(([code, value]) => ({ labels: { exit_code: String(code) }, value })),
    ),
    runDurations(tally),
    counter(
      'tidemark_rows_total',
      'Rows processed by this process, by outcome.',
      [...tally.tables].flatMap(([table, { rows }]) =>
        [...rows].map(([kind, value]) => ({ labels: { table, kind }, value })),
      ),
    ),
    {
      name: 'tidemark_step_duration_seconds',
      type: 'summary',
      help: 'Duration of step attempts.',
      samples: [...tally.tables].flatMap(([table, { steps, stepSeconds }]) => [
        { suffix: '_sum', labels: { table }, value: stepSeconds },
        { suffix: '_count', labels: { table }, value: steps },
      ]),
    },
    perTable(tally, 'tidemark_steps_failed_total', 'Step attempts that failed.', (one) => one.stepsFailed),
    perTable(tally, 'tidemark_retries_total', 'Retries of steps.', (one) => one.retries),
    perTable(
      tally,
      'tidemark_rate_limit_waits_total',
      'Retries because of a rate limit of the source system.',
      (one) => one.limited,
    ),
    perTable(
      tally,
      'tidemark_rate_limit_wait_seconds_total',
      'Time spent waiting for rate limits before retries.',
      (one) => one.limitedSeconds,
    ),
    perSource(
      tally,
      'tidemark_source_rate_limit_waits_total',
      'Waits for rate limits within the requests of a source.',
      ({ waits }) => waits,
    ),
    perSource(
      tally,
      'tidemark_source_rate_limit_wait_seconds_total',
      'Time spent waiting for rate limits within the requests of a source.',
      ({ seconds: waited }) => waited,
    ),
    ...(seen === undefined
      ? []
      : [
          lastRun(seen.activity),
          failing(seen.failingSources),
          gauge('tidemark_all_windows_left', 'Windows that are left to read of all tables.', [
            { value: seen.workLeft.windows },
          ]),
          gauge(
            'tidemark_all_seconds_left',
            'What reading them takes, with as many steps at the same time as the config allows.',
            seen.workLeft.ms === null ? [] : [{ value: seen.workLeft.ms / 1000 }],
          ),
          ...tableFamilies(seen.standings),
          ...feedFamilies(seen.feeds),
          ...(seen.work === undefined ? [] : workFamilies(seen.work)),
        ]),
  ]
}

/** How the newest run in the database ended, of any process. */
function lastRun({ last_run: last }: Activity): Family {
  const name = 'tidemark_last_run_end'
  const help = 'How the last run in the database ended: 1 for its exit code and the reason of its end.'
  if (last === null) return gauge(name, help, [])
  const labels = { exit_code: last.exit_code === null ? '' : String(last.exit_code), ended_by: last.ended_by ?? '' }
  return gauge(name, help, [{ labels, value: 1 }])
}

function failing(sources: readonly string[]): Family {
  const samples = sources.map((source) => ({ labels: { source }, value: 1 }))
  return gauge('tidemark_source_failing', 'Sources whose last discovery of tables failed.', samples)
}

function perSource(
  { sources }: RunMetrics,
  name: string,
  help: string,
  value: (one: { readonly waits: number; readonly seconds: number }) => number,
): Family {
  const samples = [...sources].map(([source, one]) => ({ labels: { source }, value: value(one) }))
  return counter(name, help, samples)
}

function runDurations({ runsWithin, runSeconds }: RunMetrics): Family {
  const bounds = [...RUN_SECONDS.map(String), '+Inf']
  return {
    name: 'tidemark_run_duration_seconds',
    type: 'histogram',
    help: 'Duration of runs.',
    samples: [
      ...bounds.map((le, at) => ({ suffix: '_bucket', labels: { le }, value: runsWithin[at]! })),
      { suffix: '_sum', value: runSeconds },
      { suffix: '_count', value: runsWithin.at(-1)! },
    ],
  }
}

function tableFamilies(standings: readonly TableMetrics[]): readonly Family[] {
  const each = (name: string, help: string, value: (one: TableMetrics) => number | undefined): Family =>
    gauge(
      name,
      help,
      standings.flatMap((one) => {
        const number = value(one)
        return number === undefined ? [] : [{ labels: { table: one.name }, value: number }]
      }),
    )
  return [
    gauge(
      'tidemark_table_status',
      'The status of each table: 1 for its current status.',
      standings.map(({ name, source, status }) => ({ labels: { table: name, source, status }, value: 1 })),
    ),
    each(
      'tidemark_table_lag_seconds',
      'Age of the newest synced position, gaps aside; of several partitions the worst.',
      (one) => one.lagSeconds,
    ),
    each(
      'tidemark_coverage_ratio',
      'How much is covered of the range from the start of a table to now, from 0 to 1.',
      (one) => one.coverageRatio,
    ),
    each(
      'tidemark_windows_left',
      'Windows, key ranges and whole partitions that are left to read before a table is complete.',
      ({ workLeft }) => workLeft?.windows,
    ),
    each('tidemark_seconds_left', 'What reading them takes, by what earlier steps took.', ({ workLeft }) =>
      workLeft?.ms == null ? undefined : workLeft.ms / 1000,
    ),
    each(
      'tidemark_requests_left',
      'How many requests that takes; a page counts as one.',
      ({ workLeft }) => workLeft?.requests ?? undefined,
    ),
    each(
      'tidemark_rows_per_second',
      'Rows that one step reads in a second, in steps of the kind that is workLeft.',
      ({ workLeft }) => workLeft?.rowsPerSecond ?? undefined,
    ),
    each('tidemark_table_gaps', 'Gaps in the coverage.', (one) => one.gaps),
    each('tidemark_table_rejects', 'Rejected rows.', (one) => one.rejects),
    each('tidemark_table_partitions_failing', 'Failing partitions.', (one) => one.partitionsFailing),
    each('tidemark_table_stale', 'Whether the last check of the table is older than freshWithin allows.', (one) =>
      one.status === 'removed' ? undefined : Number(one.stale),
    ),
    each('tidemark_table_fresh_within_seconds', 'Maximum age of the last check (freshWithin).', (one) =>
      one.status === 'removed' ? undefined : one.freshWithinSeconds,
    ),
    each(
      'tidemark_table_last_check_timestamp_seconds',
      'When a sync last read everything that its source had; of several partitions the oldest.',
      (one) => one.lastCheck,
    ),
    each(
      'tidemark_table_last_success_timestamp_seconds',
      'When a change to the table was last committed.',
      (one) => one.lastSuccess,
    ),
  ]
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: 'gauge', help, samples }
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: 'counter', help, samples }
}

function perTable({ tables }: RunMetrics, name: string, help: string, value: (one: TableRunMetrics) => number): Family {
  return counter(
    name,
    help,
    [...tables].map(([table, one]) => ({ labels: { table }, value: value(one) })),
  )
}

function seconds(ms: number | undefined): readonly Sample[] {
  return ms === undefined || !Number.isFinite(ms) ? [] : [{ value: ms / 1000 }]
}
