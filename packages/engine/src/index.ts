export { check } from './commands/check.ts'
export { type CheckedTable, type CheckOptions, type CheckReport, pageText } from './commands/check-report.ts'
export { type ExportOptions, exportState } from './commands/export-state.ts'
export { type ImportOptions, importState } from './commands/import-state.ts'
export { type MoveOptions, type MoveProgress, type MoveReport, move } from './commands/move.ts'
export { type PausedTable, type PauseOptions, pause, resume } from './commands/pause.ts'
export { type FeedPlan, type Plan, plan, type StepPlan, type TablePlan } from './commands/preview.ts'
export { dropRejects, type RejectPlace, retryRejects } from './commands/rejects.ts'
export { knownTable, type ResyncOptions, resync } from './commands/resync.ts'
export { type Sample, show } from './commands/show.ts'
export { sync } from './commands/sync.ts'
export { verify } from './commands/verify.ts'
export type { VerifyOptions, VerifyProgress } from './commands/verify-options.ts'
export type { Repair, VerifiedWindow, VerifyReport } from './commands/verify-report.ts'
export { type Missed, type Watched, type WatchOptions, watch } from './commands/watch.ts'
export { keyPath } from './config/config-path.ts'
export { problemLines, unknownKeys } from './config/config-problems.ts'
export { type ParsedConfig, parseConfig } from './config/parse-config.ts'
export { alternativesOf, childrenOf, definitionOf, fieldsOf } from './config/schema-walk.ts'
export type { ConfiguredSource } from './discover/catalog.ts'
export { OpenSources } from './discover/open-sources.ts'
export { DEFAULT_DELETION_LIMIT } from './discover/settings.ts'
export { type Failure, failureOf } from './failure/failure.ts'
export { type EndedBy, Interruption } from './failure/interruption.ts'
export { heldTexts } from './lease/held.ts'
export type { HandedOut, LookOptions, Resting, RunOptions, Settings } from './options.ts'
export type { RangeOptions } from './plan/asked-range.ts'
export { type NotDueOptions, type NotDueTables, notDueOf } from './plan/not-due.ts'
export type { RangePlan } from './plan/ranges.ts'
export type { TaskPlan } from './plan/tasks.ts'
export { type UnreadRows, unreadTexts } from './plan/unread-text.ts'
export type { WindowText } from './plan/window-text.ts'
export { DEFAULT_REJECT_LIMIT } from './read/reject-suspicion.ts'
export { oldestOf } from './report/completeness.ts'
export {
  type Concurrency,
  type Estimate,
  type EstimateOptions,
  type Estimates,
  estimate,
  estimateLeft,
} from './report/estimate.ts'
export type { RunEvent, TableWork } from './report/event.ts'
export type { BacklogSummary, FeedSummary } from './report/feeds.ts'
export {
  type FreshnessPromise,
  freshUntil,
  type Promised,
  type PromiseOptions,
  promisedBy,
} from './report/freshness.ts'
export type { Lateness } from './report/lateness.ts'
export {
  type CoverageLine,
  type FeedOverview,
  type Overview,
  type OverviewOptions,
  overviewOf,
  type TableOverview,
} from './report/overview.ts'
export {
  EXIT,
  type PartitionFailure,
  type Report,
  type RowCounts,
  type SourceReport,
  type TableReport,
} from './report/report.ts'
export { type SourceSummary, type Status, status, statusOf, type TableSummary } from './report/status.ts'
export { type Axis, axisOf, placeOn, type Segment, segmentsOn, shareBetween } from './report/timeline.ts'
export type { Work } from './report/work.ts'
export { CONCURRENCY } from './run/run-steps.ts'
export { flushTelemetry } from './run/telemetry.ts'
export { longestSilenceMs } from './source/retry.ts'
export { blameSource } from './source/source-guard.ts'
export { type Clock, systemClock } from './time/clock.ts'
export type { RetryPolicy } from './time/retry-policy.ts'
export type { SilentQuestion } from './time/silent-question.ts'
