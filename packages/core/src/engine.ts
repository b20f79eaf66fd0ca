// The entry point `engine`: what the engine, the destinations and the runner share. Not covered by the version promise.

export type { Unread } from './contract/answers.ts'
export { type BinaryColumn, type BinaryPage, isBinaryPage, rowsOfBinary } from './contract/binary-page.ts'
export { asChange, asCheckpoint, type FeedCheckpoint, type TableChange, UNCHANGED } from './contract/change.ts'
export { bare, columnsOf, isLoose, isWhole, type Plain, type TableColumn } from './contract/column.ts'
export { isColumnsChanged } from './contract/columns-changed.ts'
export type { SchemaMode } from './contract/config.ts'
export { adapted, CONTRACTS } from './contract/contract.ts'
export { CONTRACT } from './contract/contract-version.ts'
export { type Cursor, floorTo, lowestStart, positionOf, textAt, valueAt, windowAt } from './contract/cursor.ts'
export { parseDuration } from './contract/duration.ts'
export { messageOf } from './contract/error.ts'
export type { Feed } from './contract/feed.ts'
export { isFeedLost } from './contract/feed-lost.ts'
export type { KeyRanges } from './contract/key-ranges.ts'
export { type Logger, silent } from './contract/log.ts'
export { isDeleted } from './contract/page.ts'
export type { Question } from './contract/question.ts'
export { registered } from './contract/registry.ts'
export { fixedTables, isSource } from './contract/source.ts'
export type { Order, Table } from './contract/table.ts'
export { AnswerSize, sizeOf } from './store/answer-size.ts'
export type {
  Batch,
  BinaryRows,
  Committed,
  Completion,
  Counts,
  Deletion,
  DeletionGuard,
  RefreshPart,
  Reject,
  RejectLimit,
  StepKind,
  StepRef,
} from './store/batch.ts'
export { type ColumnChanges, columnChanges } from './store/column-change.ts'
export type { ComparedScope, Comparison, Difference, DifferenceKind, Extent, SourceRows } from './store/comparison.ts'
export {
  type Coverage,
  completeTo,
  contains,
  cutAt,
  gaps,
  hull,
  intersect,
  readFrom,
  subtract,
  union,
} from './store/coverage.ts'
export { type DeletionShare, isPastDeletionLimit, isPastPartitionLimit } from './store/deletion-limit.ts'
export type {
  Destination,
  Execute,
  Prepared,
  Profile,
  ReadOnlyDestination,
  ReadOptions,
  Shape,
  StateChange,
} from './store/destination.ts'
export type { EncodedKey, EncodedRow, Encoder, Unfit } from './store/encoder.ts'
export { FAILPOINTS, type Failpoint, failpoint, onFailpoint } from './store/failpoint.ts'
export type {
  FeedBatch,
  FeedCommitted,
  FeedTableBatch,
  FeedTableCommitted,
  PartialRow,
} from './store/feed.ts'
export { FedTable, type FeedChunk, type FeedRef, FeedState, feedKey, KnownBacklog } from './store/feed-state.ts'
export {
  ALL_KEYS,
  holdsAllKeys,
  type KeyRangeRef,
  keyRangeAt,
  keysBetween,
  openEnded,
  withRefreshed,
} from './store/key-range.ts'
export type { Lease, LeasedWindow, Leases, Refusal, Runner } from './store/lease.ts'
export { isLeftOut, leftOutFor } from './store/left-out.ts'
export { type EventLog, LOG_EVENTS, type LogEvent, type LogFields, type LogLevel } from './store/log-event.ts'
export type { DecideNotices, NoticeChanges, NoticeRecord } from './store/notice.ts'
export { isDecision, isPausedBy, type Pausing, pausedBy, resumedBy } from './store/paused-by.ts'
export { isOlder, supersedes, type Version } from './store/precedence.ts'
export {
  isOf,
  type Project,
  type ProjectRecord,
  projectName,
  projectText,
  readProject,
  stateOf,
} from './store/project.ts'
export type { QueryLimits, QueryResult } from './store/query-result.ts'
export { isPastRejectLimit, type RejectShare, type RejectTally, unfitText } from './store/reject-limit.ts'
export type { Contents, KnownTable, NativeCopier, Relocation, RowCopier, StoredRow } from './store/relocation.ts'
export type { PageCount, RunChange } from './store/run-change.ts'
export type { RunLog, RunLogFilter, RunLogLine } from './store/run-log.ts'
export {
  AHEAD,
  isFailing,
  KnownColumn,
  type KnownFailure,
  listedPartitions,
  newPartition,
  OLDEST_READABLE_STATE,
  PartitionState,
  positionText,
  RecordedSchema,
  RefreshedRange,
  SourceFailure,
  STATE_VERSION,
  type State,
  TableState,
  TableStatus,
} from './store/state.ts'
export {
  type FieldType,
  RECORD_KINDS,
  RECORD_ORDER,
  type RecordChunk,
  type RecordKind,
  STATE_RECORDS,
  type StateRecord,
} from './store/state-columns.ts'
export { exportedKinds, readStateDocument, type WrittenState, writeState } from './store/state-document.ts'
export type { StepRate, StepRates } from './store/step-rates.ts'
export { type ColumnType, type CursorType, fits, holds } from './values/column-types.ts'
export { NUMERIC } from './values/decimal.ts'
export { formatInstant, instantParts, type Micros, parseDate, parseInstant, writtenInstant } from './values/instant.ts'
export { createMasker, type Masker } from './values/masker.ts'
export { OpenWindows } from './values/open-windows.ts'
export { redactJson } from './values/redact-json.ts'
export {
  type CommandText,
  type CommandWords,
  commandWords,
  quotedCommand,
  shellCommands,
  shellWord,
} from './values/shell-command.ts'
export { didYouMean } from './values/suggestion.ts'
export { isEmpty, type Range } from './values/window.ts'
export { split, type Windows } from './values/windows.ts'
