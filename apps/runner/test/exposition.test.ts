import { type FeedState, newPartition, type State, type TableState } from '@tidemark/core/engine'
import type { Failure, RunEvent } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { NOBODY } from '../src/activity.ts'
import { exposition } from '../src/service/exposition.ts'
import { feedMetrics } from '../src/service/feed-metrics.ts'
import { healthOf } from '../src/service/health.ts'
import { type LoopStatus, metricFamilies } from '../src/service/metric-families.ts'
import { RunMetrics } from '../src/service/run-metrics.ts'
import { tableMetrics } from '../src/service/table-metrics.ts'

const NOW = 1_000_000_000_000n
const PULSE: LoopStatus = {
  isRunning: false,
  busy: [],
  lastEndedAt: 500_000,
  lastSuccessAt: undefined,
  lastExitCode: 0,
  dueAt: 800_000,
}

function stateOf(more: Partial<TableState> = {}): State {
  const table: TableState = {
    name: 'crm_orders',
    source: 'crm',
    table: 'orders',
    status: 'complete',
    schema: {
      columns: [],
      primaryKey: [],
      globalKey: false,
      partitioned: true,
      cursor: { column: 'at', type: 'timestamp', precision: null },
    },
    identity: null,
    everFilled: true,
    present: 'rows',
    pausedFor: null,
    firstSeenAt: 0n,
    lastSyncedAt: NOW - 50_000_000n,
    lastCheckedAt: null,
    undeclared: [],
    project: null,
    removedAt: null,
    partitions: new Map(),
    ...more,
  }
  return { tables: new Map([[table.name, table]]) }
}

const range = (from: bigint | undefined, to: bigint) => ({ from, to, assumed: false })

const LEFT = { windows: 3, atLeast: false, unknownWindows: 0, ms: 4500, requests: 6, rowsPerSecond: 20 }

it('writes the text format: names, types, labels escaped', () => {
  const text = exposition([
    {
      name: 'a_total',
      type: 'counter',
      help: 'Line\nand \\.',
      samples: [{ labels: { table: 'x"y\\z\nw\r\ud800' }, value: 3 }],
    },
    { name: 'b', type: 'gauge', help: 'Empty.', samples: [] },
    {
      name: 'c',
      type: 'gauge',
      help: 'Odd.',
      samples: [{ value: Number.NaN }, { value: Number.POSITIVE_INFINITY, suffix: '_sum' }],
    },
  ])
  expect(text).toBe(
    [
      '# HELP a_total Line\\nand \\\\.',
      '# TYPE a_total counter',
      'a_total{table="x\\"y\\\\z\\nw \ufffd"} 3',
      '# HELP c Odd.',
      '# TYPE c gauge',
      'c NaN',
      'c_sum +Inf',
      '',
    ].join('\n'),
  )
})

describe('how a table stands', () => {
  it('is behind by its worst partition, and has the gaps of all', () => {
    const partitions = new Map([
      ['a', { ...newPartition('a'), start: 0n, covered: [range(0n, 10n), range(20n, NOW - 5_000_000n)] }],
      ['b', { ...newPartition('b'), start: 0n, covered: [range(100n, NOW - 90_000_000n)], failures: 2 }],
      ['gone', { ...newPartition('gone'), removedAt: 1n, failures: 9 }],
    ])
    const state = stateOf({ partitions, lastCheckedAt: NOW - 60_000_000n })
    const [metrics] = tableMetrics(state, { rejects: new Map([['crm_orders', 7]]), now: NOW })
    // Almost all of it: two short gaps at its start, and what came since.
    expect(metrics?.coverageRatio).toBeGreaterThan(0.99)
    expect(metrics?.coverageRatio).toBeLessThan(1)
    expect([metrics]).toEqual([
      {
        name: 'crm_orders',
        source: 'crm',
        status: 'complete',
        lagSeconds: 90,
        stale: false,
        lastCheck: Number(NOW - 60_000_000n) / 1e6,
        freshWithinSeconds: 26 * 3600,
        coverageRatio: metrics?.coverageRatio,
        gaps: 2,
        partitionsFailing: 1,
        lastSuccess: Number(NOW - 50_000_000n) / 1e6,
        rejects: 7,
      },
    ])
  })

  it('has no lag where an integer is its cursor, or something was never read', () => {
    const integer = stateOf({ partitions: new Map([['', { ...newPartition(''), covered: [range(0n, 10n)] }]]) })
    const [table] = integer.tables.values()
    const cursor = { column: 'id', type: 'integer' as const, precision: null }
    const recorded = { ...table!.schema!, cursor }
    expect(
      tableMetrics(stateOf({ ...table, schema: recorded }), { rejects: new Map(), now: NOW })[0]?.lagSeconds,
    ).toBeUndefined()
    expect(
      tableMetrics(stateOf({ partitions: new Map([['', newPartition('')]]) }), { rejects: new Map(), now: NOW })[0],
    ).toMatchObject({
      lagSeconds: undefined,
      gaps: 0,
    })
  })
})

it('names the sources that cannot be asked', () => {
  const seen = { standings: [], feeds: [], failingSources: ['crm'], activity: NOBODY, workLeft: LEFT, work: undefined }
  const lines = exposition(metricFamilies('1.2.3', PULSE, new RunMetrics(() => 0), seen)).split('\n')
  expect(lines).toContain('tidemark_source_failing{source="crm"} 1')
})

describe('how a feed stands', () => {
  const FEED: FeedState = {
    ...{ source: 'crm', feed: 'wal', offset: '{"at":7}', seq: 9n, offsetSeq: 9n, id: 'x' },
    ...{ identity: null, opaque: false },
    committedAt: NOW - 20_000_000n,
    toldAt: NOW - 90_000_000n,
    completedAt: null,
    leftOut: ['orders', 'never tracked'],
    lostFor: null,
    backlog: null,
  }
  const withFeed = (feed: Partial<FeedState>) => ({
    ...stateOf({
      fed: { feed: 'wal', sinceSeq: 1n, epochSeq: 1n, backfilledSeq: null, chunks: null, hasMissing: false },
    }),
    feeds: new Map([['crm/wal', { ...FEED, ...feed }]]),
  })

  it('is behind by what it tells, or since it was read to its end; what the config leaves out is not missed', () => {
    const of = { name: 'wal', source: 'crm', lastCommit: Number(NOW - 20_000_000n) / 1e6, leftOut: 1 }
    expect(feedMetrics(withFeed({}), NOW)).toEqual([{ ...of, lagSeconds: 90, isComplete: false }])
    expect(feedMetrics(withFeed({ completedAt: NOW - 5_000_000n }), NOW)).toEqual([
      { ...of, lagSeconds: 5, isComplete: true },
    ])
    expect(feedMetrics(withFeed({ completedAt: NOW - 100_000_000n }), NOW)[0]).toMatchObject({ lagSeconds: 90 })
    expect(feedMetrics(withFeed({ toldAt: NOW + 9_000_000n }), NOW)[0]).toMatchObject({ lagSeconds: 0 })
  })

  it('shows what its source keeps for it, and in how long it is lost', () => {
    const backlog = {
      ...{ at: String(NOW - 10_000_000n), holder: 'slot', lagBytes: 500, heldBytes: 1000, cleanup: [] },
      ...{ safeBytes: 7000, bytesPerSecond: 100 },
    }
    const families = (feed: Partial<FeedState>): readonly string[] => {
      const seen = { standings: [], failingSources: [], activity: NOBODY, workLeft: LEFT, work: undefined }
      const feeds = feedMetrics(withFeed(feed), NOW)
      return exposition(metricFamilies('1.2.3', PULSE, new RunMetrics(() => 0), { ...seen, feeds })).split('\n')
    }
    const of = '{source="crm",feed="wal"}'
    const lines = families({ backlog })
    expect(lines).toContain(`tidemark_feed_lag_bytes${of} 500`)
    expect(lines).toContain(`tidemark_feed_held_bytes${of} 1000`)
    expect(lines).toContain(`tidemark_feed_safe_bytes${of} 7000`)
    expect(lines).toContain(`tidemark_feed_loss_seconds${of} 60`)
    const unlimited = families({ backlog: { ...backlog, safeBytes: null } })
    expect(unlimited.filter((line) => /^tidemark_feed_(safe|loss)/.test(line))).toEqual([])
    expect(families({ backlog, id: '' }).filter((line) => line.startsWith('tidemark_feed_'))).toEqual([])
  })

  it('has no lag where it does not say when its changes were made, and no time where nothing was committed', () => {
    const nothing = feedMetrics(withFeed({ toldAt: null, committedAt: null, completedAt: NOW, leftOut: [] }), NOW)
    const seen = {
      standings: [],
      feeds: nothing,
      failingSources: [],
      activity: NOBODY,
      workLeft: LEFT,
      work: undefined,
    }
    const lines = exposition(metricFamilies('1.2.3', PULSE, new RunMetrics(() => 0), seen)).split('\n')
    expect(lines.filter((line) => line.startsWith('tidemark_feed_'))).toEqual([
      'tidemark_feed_complete{source="crm",feed="wal"} 1',
      'tidemark_feed_tables_left_out{source="crm",feed="wal"} 0',
    ])
  })
})

it('shows the queue that workers share, and who works', () => {
  const worker = { host: 'one', pid: 1, since: 0, concurrency: 4, reads: [] }
  const work = {
    sources: [{ source: 'crm', queued: 7, running: 2, dead: 1, pausedUntil: 1500, plannedAt: undefined }],
    workers: [
      { ...worker, isAlive: true },
      { ...worker, isAlive: true },
      { ...worker, isAlive: false },
    ],
    deadLetters: [],
  }
  const seen = { standings: [], feeds: [], failingSources: [], activity: NOBODY, workLeft: LEFT, work }
  const lines = exposition(metricFamilies('1.2.3', PULSE, new RunMetrics(() => 0), seen)).split('\n')
  expect(lines.filter((line) => /^tidemark_(queue|workers|source_paused)/.test(line))).toEqual([
    'tidemark_queue_windows{source="crm",state="queued"} 7',
    'tidemark_queue_windows{source="crm",state="running"} 2',
    'tidemark_queue_windows{source="crm",state="dead"} 1',
    'tidemark_source_paused_until_timestamp_seconds{source="crm"} 1.5',
    'tidemark_workers{state="alive"} 2',
    'tidemark_workers{state="dead"} 1',
  ])
})

it('counts what happens by table: rows, steps, retries, waits for a rate limit', () => {
  let now = 0
  const tally = new RunMetrics(() => now)
  const failure: Failure = { message: 'm', remedy: 'retry', code: 'rate-limited', retryAfterMs: 1, stack: undefined }
  const at = { table: 't', partition: 'p1', step: 1 }
  const events: readonly RunEvent[] = [
    { type: 'run-started', run: 1 },
    {
      type: 'step-started',
      ...at,
      kind: 'incremental',
      attempt: 1,
      window: undefined,
      span: undefined,
      index: 1,
      of: 1,
      untilEmpty: false,
    },
    { type: 'batch-committed', ...at, rows: { read: 3, written: 2 } },
    { type: 'batch-committed', ...at, partition: 'p2', rows: { read: 1 } },
  ]
  const hear = tally.ofRun()
  for (const event of events) hear(event)
  now = 1500
  hear({ type: 'step-ended', ...at, failure })
  hear({ type: 'retry', table: 't', partition: 'p1', attempt: 1, delayMs: 2500, failure })
  hear({
    type: 'retry',
    table: 't',
    partition: 'p1',
    attempt: 1,
    delayMs: 9,
    failure: { ...failure, code: 'network' },
  })
  const said: string[] = []
  const log = tally.hearing({ debug: (line) => said.push(line), info: (line) => said.push(line), warn: () => {} })
  log.info('too many requests; asking again in 3 s', { event: 'source-wait', source: 'shop', waitMs: 3000 })
  log.debug('asking again in 1 s', { event: 'source-wait', source: 'shop', waitMs: 500 })
  log.info('no answer; asking again in 1 s', { event: 'source-wait', source: 'shop', delayMs: 1000 })
  expect(said).toHaveLength(3)
  tally.ended({ exitCode: 3, durationMs: 4000 })
  const text = exposition(metricFamilies('1.2.3', PULSE, tally, undefined))
  for (const line of [
    'tidemark_build_info{version="1.2.3"} 1',
    'tidemark_database_up 0',
    'tidemark_runs_total{exit_code="3"} 1',
    'tidemark_run_duration_seconds_bucket{le="1"} 0',
    'tidemark_run_duration_seconds_bucket{le="5"} 1',
    'tidemark_run_duration_seconds_bucket{le="+Inf"} 1',
    'tidemark_run_duration_seconds_sum 4',
    'tidemark_rows_total{table="t",kind="read"} 4',
    'tidemark_step_duration_seconds_sum{table="t"} 1.5',
    'tidemark_step_duration_seconds_count{table="t"} 1',
    'tidemark_steps_failed_total{table="t"} 1',
    'tidemark_retries_total{table="t"} 2',
    'tidemark_rate_limit_waits_total{table="t"} 1',
    'tidemark_rate_limit_wait_seconds_total{table="t"} 2.5',
    'tidemark_source_rate_limit_waits_total{source="shop"} 2',
    'tidemark_source_rate_limit_wait_seconds_total{source="shop"} 3.5',
    'tidemark_last_run_timestamp_seconds 500',
  ])
    expect(text.split('\n')).toContain(line)
  expect(text).not.toContain('p1')
})

describe('health', () => {
  it.each([
    ['all well', {}, undefined, []],
    ['a run goes on, however long', { isRunning: true, dueAt: undefined }, undefined, []],
    ['some tables fail', { lastExitCode: 3 }, undefined, []],
    ['no source answers', { lastExitCode: 5 }, undefined, ['the last run ended with exit code 5']],
    ['the database is away', {}, 'gone', ['the database does not answer: gone']],
    [
      'the loop stands still',
      { dueAt: 100_000 },
      undefined,
      ['no run has started since one was due at 1970-01-01T00:01:40.000Z'],
    ],
  ])('%s', (_, more, problem, reasons) => {
    const health = healthOf({ pulse: { ...PULSE, ...more }, problem, now: 700_000, silenceMs: 1_500_000 })
    expect(health.reasons).toEqual(reasons)
    expect(health.status).toBe(reasons.length === 0 ? 'ok' : 'failing')
  })
})
