import { quotedCommand } from '@tidemark/core/engine'
import type { Report, RunEvent, TableReport } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { type PlanLook, planText, type TablePlanView } from '../src/show/plan.ts'
import { reportSummary, reportTable } from '../src/show/report.ts'
import { runLines, tableText } from '../src/show/run-lines.ts'
import { RunFollower } from '../src/show/run-view.ts'

// How many windows a backfill without a start has is known when one is empty: until then nothing says more than that.

const PLANNED: TablePlanView = {
  name: 'shop_orders',
  source: 'shop',
  table: 'orders',
  tracking: 'new',
  pausedFor: undefined,
  failure: undefined,
  changes: [],
  partitions: 1,
  feed: null,
  windows: 1,
  untilEmpty: true,
  ranges: [
    {
      lane: 'backfill',
      kind: 'backfill',
      window: { from: undefined, to: '2026-11-01T00:00:00Z' },
      readFrom: undefined,
      windows: 1,
      untilEmpty: true,
      partitions: 1,
    },
  ],
  deletes: undefined,
  deletions: 'reported',
  couldBeReadBy: undefined,
  deletionLimit: undefined,
  steps: [],
  more: 0,
  notKept: [],
  atRisk: undefined,
  estimate: null,
  work_left: null,
}
const NOTHING = { windows: 0, atLeast: false, unknownWindows: 0, ms: 0, requests: 0, rowsPerSecond: null }

it('a plan says how it is read, and that the number of windows is the least', () => {
  const plan: PlanLook = {
    ...{ sources: [], tables: [PLANNED], removed: [], tasks: [], moreTasks: 0 },
    ...{ estimate: NOTHING, work_left: NOTHING },
  }
  expect(planText(plan, quotedCommand)).toBe(
    [
      'NEW       shop_orders: at least 1 window',
      '            backfill: the beginning to 2026-11-01T00:00:00Z, newest window first until one is empty, then the rest',
      'at least 1 window to read in 1 table (1 new); nothing was written.',
    ].join('\n'),
  )
})

it('a report says that at least so many windows are left', () => {
  const rows = { read: 5, written: 5, unchanged: 0, deduped: 0, trimmed: 0, rejected: 0, deleted: 0, undeclared: 0 }
  const common = {
    source: 'shop',
    feed: null,
    pausedFor: undefined,
    rows,
    lateRows: undefined,
    failures: [],
    heldBy: undefined,
  }
  const table = (name: string, left: Pick<TableReport, 'stepsLeft' | 'untilEmpty'>): TableReport => ({
    ...common,
    ...left,
    name,
    table: name,
    status: 'backfilling',
    unread: { tooYoung: 0, withoutCursor: 0, undeclared: [] },
    stepsDone: 3,
    durationMs: 1000,
  })
  const tables = [
    table('orders', { stepsLeft: 1, untilEmpty: true }),
    table('visits', { stepsLeft: 20, untilEmpty: false }),
  ]
  const report = { tables, sources: [], failure: undefined, durationMs: 2000 } as unknown as Report
  const lines = reportTable(report).split('\n')
  expect(lines[3]).toMatch(/ 20 {2}/)
  expect(lines[2]?.indexOf('1+')).toBe(lines[3]?.indexOf('20'))
  expect(reportSummary(report)).toContain('at least 21 windows left for the next run')
})

describe('a run in progress', () => {
  const at = { table: 'orders', partition: '' } as const
  const started = (index: number, untilEmpty: boolean, of = index + 1): RunEvent => ({
    type: 'step-started',
    ...at,
    kind: 'backfill',
    step: index,
    attempt: 1,
    window: undefined,
    span: { from: untilEmpty ? 0.5 : 0, to: 1 },
    index,
    of,
    untilEmpty,
  })
  const done = (step: number): RunEvent => ({ type: 'step-ended', ...at, step, failure: undefined })
  const work = { table: 'orders', source: 'shop', partitions: 1, steps: 1, untilEmpty: true, coverage: undefined }
  const shown = (follower: RunFollower) => tableText(follower.view(60_000).tables[0]!)

  it('shows no total and no time left before a window was empty', () => {
    const follower = new RunFollower()
    const take = (event: RunEvent, now: number) => follower.take(event, now)
    take({ type: 'run-started', run: 1 }, 0)
    take({ type: 'tables-planned', work: [work] }, 0)
    expect(shown(follower)).toBe('orders: 1+ windows, 0 rows')
    take(started(1, true), 0)
    take(done(1), 1000)
    take(started(2, true), 1000)
    expect(shown(follower)).toBe('orders: window 2, 0 rows')
    expect(runLines(follower.view(60_000), { columns: 100, rows: 20 }).join('\n')).not.toContain(' left')
    take(done(2), 2000)
    take(started(3, false, 3), 2000)
    expect(shown(follower)).toMatch(/^orders: window 3 of 3, 0 rows, about .* left$/)
    take(done(3), 3000)
    expect(shown(follower)).toBe('orders: 3 windows, 0 rows, done')
  })
})
