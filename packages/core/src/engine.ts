// The engine's door: what the engine, the destinations and the runner share. Outside the version promise.

export { AnswerSize, sizeOf } from './answer-size.ts'
export type { Unread } from './answers.ts'
export {
  bare,
  COLUMN_TYPES,
  type ColumnType,
  columnsOf,
  columnType,
  fits,
  isLoose,
  isWhole,
  type Plain,
  type TableColumn,
} from './column.ts'
export { type ColumnChanges, columnChanges, holds } from './column-change.ts'
export { isColumnsChanged } from './columns-changed.ts'
export type {
  Compared,
  ComparedScope,
  Comparison,
  Difference,
  DifferenceKind,
  Extent,
  SourceRows,
} from './comparison.ts'
export type { DeletionLimit, SchemaMode, SourceOptions, TableOptions } from './config.ts'
export { type Adapters, adapted, CONTRACT, CONTRACTS, contractsWith } from './contract.ts'
export {
  type Coverage,
  completeTo,
  contains,
  cutAt,
  gaps,
  intersect,
  type Lookback,
  readFrom,
  subtract,
  union,
} from './coverage.ts'
export { type Cursor, type CursorType, floorTo, positionOf, spanOf, textAt, valueAt, windowAt } from './cursor.ts'
export { type DeletionShare, isPastDeletionLimit, isPastPartitionLimit } from './deletion-limit.ts'
export type {
  Destination,
  EncodedKey,
  EncodedRow,
  Encoder,
  Fact,
  Lease,
  Leases,
  Prepared,
  Profile,
  ReadOnlyDestination,
  ReadOptions,
  Refusal,
  RunFact,
  Runner,
  Shape,
  Unfit,
} from './destination.ts'
export { parseDuration } from './duration.ts'
export { messageOf, REMEDIES } from './error.ts'
export { FAILPOINTS, type Failpoint, failpoint, onFailpoint } from './failpoint.ts'
export { formatInstant, type Instant, instantParts, type Micros, parseDate, parseInstant } from './instant.ts'
export { type Logger, silent } from './log.ts'
export { createMasker, type Masker } from './masker.ts'
export { isDeleted } from './page.ts'
export type {
  Committed,
  Completion,
  Counts,
  Deletion,
  Part,
  Rail,
  Reject,
  RejectLimit,
  StepKind,
  StepRef,
} from './part.ts'
export { isOf, type Project, type ProjectRecord, projectName, projectText, readProject, stateOf } from './project.ts'
export type { QueryLimits, QueryResult } from './query-result.ts'
export type { Question } from './question.ts'
export { redactJson } from './redact-json.ts'
export { registered } from './registry.ts'
export { isPastRejectLimit, type RejectCase, type RejectShare, type RejectTally } from './reject-limit.ts'
export type { Contents, KnownTable, Relocation, StoredRow } from './relocation.ts'
export { NUMERIC } from './schema.ts'
export { type CommandText, quotedCommand, shellCommands, shellWord, type Verb } from './shell-command.ts'
export { isSource } from './source.ts'
export {
  AHEAD,
  CoveredRange,
  Facts,
  isFailing,
  KnownColumn,
  type KnownFailure,
  newPartition,
  OLDEST_READABLE_STATE,
  PartitionState,
  Reread,
  Revision,
  SourceFailure,
  STATE_VERSION,
  type State,
  type TableFailure,
  TableState,
  TableStatus,
} from './state.ts'
export { exportedKinds, readStateDocument, type WrittenState, writeState } from './state-document.ts'
export {
  RECORD_KINDS,
  RECORD_ORDER,
  type RecordChunk,
  type RecordKind,
  STATE_RECORDS,
  type StateRecord,
} from './state-record.ts'
export { didYouMean } from './suggestion.ts'
export type { Table } from './table.ts'
export { isEmpty, type Range, range } from './window.ts'
export { split, type Windows } from './windows.ts'
