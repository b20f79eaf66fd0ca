export type { Use } from './catalog.ts'
export { check } from './check.ts'
export { type CheckedTable, type CheckOptions, type CheckReport, pageText } from './check-report.ts'
export { type Clock, systemClock } from './clock.ts'
export { oldestOf } from './completeness.ts'
export type { RunEvent, TableWork } from './event.ts'
export { type ExportOptions, exportState } from './export-state.ts'
export { type Failure, failureOf } from './failure.ts'
export { type FreshnessPromise, freshUntil, type Promised, type PromiseOptions, promisedBy } from './freshness.ts'
export { heldTexts } from './held.ts'
export { type ImportOptions, importState } from './import-state.ts'
export { type EndedBy, Interruption } from './interruption.ts'
export type { Lateness } from './lateness.ts'
export { type MoveOptions, type MoveProgress, type MoveReport, move } from './move.ts'
export type { LookOptions, RunOptions, Settings } from './options.ts'
export { type CoverageLine, type Overview, type OverviewOptions, overviewOf, type TableOverview } from './overview.ts'
export { type Plan, plan, type RangePlan, type StepPlan, type TablePlan, type WindowText } from './preview.ts'
export { dropRejects, type RejectPlace, retryRejects } from './rejects.ts'
export {
  EXIT,
  type PartitionFailure,
  type Report,
  type RowCounts,
  type SourceReport,
  type TableReport,
} from './report.ts'
export { type Rest, type Resting, type RestingOptions, restingOf } from './resting.ts'
export { knownTable, type ResyncOptions, resync } from './resync.ts'
export { longestSilenceMs, type RetryPolicy } from './retry.ts'
export { type Sample, show } from './show.ts'
export { blameSource } from './source-guard.ts'
export { type SourceSummary, type Status, status, statusOf, type TableSummary } from './status.ts'
export { sync } from './sync.ts'
export { flushTelemetry } from './telemetry.ts'
export { type Axis, axisOf, placeOn, type Segment, segmentsOn, shareBetween } from './timeline.ts'
export { type UnreadRows, unreadTexts } from './unread-text.ts'
export { type VerifyOptions, verify } from './verify.ts'
export type { Repair, VerifiedWindow, VerifyReport } from './verify-report.ts'
export { type Missed, type Watched, type WatchOptions, watch } from './watch.ts'
