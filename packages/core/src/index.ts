export type { Changed, Gone, Key, Page, Regrouped, Unread } from './contract/answers.ts'
export type { AnySchema, SchemaNode } from './contract/any-schema.ts'
export { type BinaryColumn, type BinaryPage, binaryPage } from './contract/binary-page.ts'
export { type Change, type Checkpoint, type CheckpointOptions, UNCHANGED } from './contract/change.ts'
export { type Column, keepTypes, rowOf, type TableColumn } from './contract/column.ts'
export { columnsChanged } from './contract/columns-changed.ts'
export type { Configured, DeletionLimit, SchemaMode, SourceOptions, TableOptions } from './contract/config.ts'
export type { Awaitable, Context, OfPartition, Partition, Partitions, ReadContext } from './contract/context.ts'
export { type Duration, type DurationText, days, hours, milliseconds, minutes, seconds } from './contract/duration.ts'
export { messageOf, type Remedy, SyncError, type SyncErrorOptions } from './contract/error.ts'
export type {
  ChangedRow,
  Feed,
  FeedBackfill,
  FeedDraft,
  FeedKey,
  FeedSpec,
  FeedTable,
  FeedTableSpec,
  FeedTablesOf,
  Json,
} from './contract/feed.ts'
export type { FeedBacklog } from './contract/feed-backlog.ts'
export type { FeedFinding } from './contract/feed-finding.ts'
export { feedLost } from './contract/feed-lost.ts'
export type { IntegerKey, KeyRange, KeyRangesSpec, KeyValue } from './contract/key-ranges.ts'
export { type KnownShape, knownShape } from './contract/known-shape.ts'
export type { Logger } from './contract/log.ts'
export { type Deleted, deleted } from './contract/page.ts'
export type { Question } from './contract/question.ts'
export { register } from './contract/registry.ts'
export type {
  Bare,
  ColumnName,
  CursorOf,
  CursorValue,
  IntegerSchema,
  InWindow,
  IsWide,
  Row,
  RowSchema,
  Span,
  TimeSchema,
} from './contract/row-schema.ts'
export { bytes, filledWith, numeric, secret, unixSeconds } from './contract/schema.ts'
export type { SecretStore } from './contract/secret-store.ts'
export type { RequestRate, SharedPace } from './contract/shared-pace.ts'
export {
  type ConfigSchema,
  defineSource,
  type Source,
  type SourceDraft,
  type SourceSpec,
  type TablesOf,
} from './contract/source.ts'
export type { SourceClock } from './contract/source-clock.ts'
export type { Deletions, NullCursor, Order, Table, TableSpec } from './contract/table.ts'
export type { Tracked, TrackedPartition } from './contract/tracked.ts'
export { isDsn, looksLikeAddress } from './values/address-shape.ts'
export { COLUMN_TYPES, type ColumnType } from './values/column-types.ts'
export { suggestion } from './values/suggestion.ts'
export type { Window } from './values/window.ts'
