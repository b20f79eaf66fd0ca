export { COLUMN_TYPES, type Column, type ColumnType, keepTypes, rowOf, type TableColumn } from './column.ts'
export type { Configured, SchemaMode, SourceOptions, TableOptions } from './config.ts'
export { type Duration, days, hours, milliseconds, minutes, seconds } from './duration.ts'
export { type Remedy, SyncError, type SyncErrorOptions } from './error.ts'
export type { Logger } from './log.ts'
export { type Deleted, deleted } from './page.ts'
export { register } from './registry.ts'
export { bytes, numeric, secret, unixSeconds } from './schema.ts'
export { defineSource, type Source, type SourceDraft, type SourceSpec, type TablesOf, type Tracked } from './source.ts'
export type {
  Awaitable,
  Bare,
  Changed,
  ColumnName,
  Context,
  CursorOf,
  CursorValue,
  Gone,
  IntegerSchema,
  InWindow,
  IsWide,
  NullCursor,
  OfPartition,
  Order,
  Page,
  Partition,
  Partitions,
  Question,
  ReadContext,
  Row,
  RowSchema,
  Span,
  Table,
  TableSpec,
  TimeSchema,
} from './table.ts'
export type { Window } from './window.ts'
