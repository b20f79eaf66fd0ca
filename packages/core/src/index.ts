export { isDsn, looksLikeAddress } from './address-shape.ts'
export type { Changed, Gone, Key, Page, Regrouped, Unread } from './answers.ts'
export { COLUMN_TYPES, type Column, type ColumnType, keepTypes, rowOf, type TableColumn } from './column.ts'
export { columnsChanged } from './columns-changed.ts'
export type { Configured, DeletionLimit, SchemaMode, SourceOptions, TableOptions } from './config.ts'
export type { Awaitable, Context, OfPartition, Partition, Partitions, ReadContext } from './context.ts'
export { type Duration, days, hours, milliseconds, minutes, seconds } from './duration.ts'
export { type Remedy, SyncError, type SyncErrorOptions } from './error.ts'
export { type KnownShape, knownShape } from './known-shape.ts'
export type { Logger } from './log.ts'
export { type Deleted, deleted } from './page.ts'
export type { Question } from './question.ts'
export { register } from './registry.ts'
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
} from './row-schema.ts'
export { bytes, filledWith, numeric, secret, unixSeconds } from './schema.ts'
export type { SecretStore } from './secret-store.ts'
export {
  defineSource,
  type Source,
  type SourceDraft,
  type SourceSpec,
  type TablesOf,
  type Tracked,
  type TrackedPartition,
} from './source.ts'
export { suggestion } from './suggestion.ts'
export type { Deletions, NullCursor, Order, Table, TableSpec } from './table.ts'
export type { Window } from './window.ts'
