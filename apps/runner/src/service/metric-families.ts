import type { SilentQuestion } from '@tidemark/engine'
import type { Activity } from '../activity.ts'
import type { Family, Sample } from './exposition.ts'
import { RUN_SECONDS, type RunMetrics, type TableRunMetrics } from './run-metrics.ts'
import type { ProbedState } from './state-probe.ts'
import type { TableMetrics } from './table-metrics.ts'

/** What the loop knows of itself. Times in milliseconds since 1970. */
export interface LoopStatus {
  readonly isRunning: boolean
  /** Sources at work: since when, when something was last heard of their run, and what they leave without an answer. */
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

/** All metrics, with what the database said; undefined where it did not answer. */
export function metricFamilies(
  version: string,
  pulse: LoopStatus,
  tally: RunMetrics,
  seen: ProbedState | undefined,
): readonly Family[] {
  return [
    gauge('tidemark_build_info', 'The version that runs.', [{ labels: { version }, value: 1 }]),
    gauge('tidemark_run_in_progress', 'Whether a run is going on.', [{ value: pulse.isRunning ? 1 : 0 }]),
    gauge('tidemark_last_run_timestamp_seconds', 'When the last run ended.', seconds(pulse.lastEndedAt)),
    gauge(
      'tidemark_last_success_timestamp_seconds',
      'When a run last ended with exit code 0.',
      seconds(pulse.lastSuccessAt),
    ),
    gauge('tidemark_next_run_timestamp_seconds', 'When the next run is due.', seconds(pulse.dueAt)),
    gauge('tidemark_database_up', 'Whether the database answered when this was asked.', [
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
      'Rows of this process, by what became of them.',
      [...tally.tables].flatMap(([table, { rows }]) =>
        [...rows].map(([kind, value]) => ({ labels: { table, kind }, value })),
      ),
    ),
    {
      name: 'tidemark_step_duration_seconds',
      type: 'summary',
      help: 'How long attempts at steps took.',
      samples: [...tally.tables].flatMap(([table, { steps, stepSeconds }]) => [
        { suffix: '_sum', labels: { table }, value: stepSeconds },
        { suffix: '_count', labels: { table }, value: steps },
      ]),
    },
    perTable(tally, 'tidemark_steps_failed_total', 'Attempts at steps that failed.', (one) => one.stepsFailed),
    perTable(tally, 'tidemark_retries_total', 'Waits before a step was tried again.', (one) => one.retries),
    perTable(
      tally,
      'tidemark_rate_limit_waits_total',
      'Of these, those for a rate limit of the system that is read.',
      (one) => one.limited,
    ),
    perTable(
      tally,
      'tidemark_rate_limit_wait_seconds_total',
      'How long was waited for rate limits.',
      (one) => one.limitedSeconds,
    ),
    perSource(
      tally,
      'tidemark_source_rate_limit_waits_total',
      'Waits for a rate limit within the requests of a source.',
      ({ waits }) => waits,
    ),
    perSource(
      tally,
      'tidemark_source_rate_limit_wait_seconds_total',
      'How long sources waited for rate limits within their requests.',
      ({ seconds: waited }) => waited,
    ),
    ...(seen === undefined
      ? []
      : [lastRun(seen.activity), failing(seen.failingSources), ...tableFamilies(seen.standings)]),
  ]
}

/** What ended the newest run in the database, whichever process it was of. */
function lastRun({ last_run: last }: Activity): Family {
  const name = 'tidemark_last_run_end'
  const help = 'How the last run in the database ended: 1 for the exit code and the word that it has.'
  if (last === null) return gauge(name, help, [])
  const labels = { exit_code: last.exit_code === null ? '' : String(last.exit_code), ended_by: last.ended_by ?? '' }
  return gauge(name, help, [{ labels, value: 1 }])
}

function failing(sources: readonly string[]): Family {
  const samples = sources.map((source) => ({ labels: { source }, value: 1 }))
  return gauge(
    'tidemark_source_failing',
    'Sources that could not be asked for their tables when they last were.',
    samples,
  )
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
    help: 'How long runs took.',
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
      'The status of each table, 1 for the one that it has.',
      standings.map(({ name, source, status }) => ({ labels: { table: name, source, status }, value: 1 })),
    ),
    each(
      'tidemark_table_lag_seconds',
      'How long ago it had all that its source had, gaps aside; of several partitions the worst.',
      (one) => one.lagSeconds,
    ),
    each('tidemark_table_gaps', 'Holes in what is covered.', (one) => one.gaps),
    each('tidemark_table_rejects', 'Rows that are set aside.', (one) => one.rejects),
    each('tidemark_table_partitions_failing', 'Partitions that fail.', (one) => one.partitionsFailing),
    each('tidemark_table_stale', 'Whether the last check of the table is older than promised.', (one) =>
      one.status === 'removed' ? undefined : Number(one.stale),
    ),
    each('tidemark_table_fresh_within_seconds', 'How old its last check may be.', (one) =>
      one.status === 'removed' ? undefined : one.freshWithinSeconds,
    ),
    each(
      'tidemark_table_last_check_timestamp_seconds',
      'When its source was last asked and all that it had was read; of several partitions the oldest.',
      (one) => one.lastCheck,
    ),
    each(
      'tidemark_table_last_success_timestamp_seconds',
      'When something of the table was last committed.',
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
