import type { ColumnType } from '@tidemark/core/engine'

/** What a column type is called by `format_type`. */
export const TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  integer: 'bigint',
  double: 'double precision',
  numeric: 'numeric',
  boolean: 'boolean',
  timestamp: 'timestamp with time zone',
  local_timestamp: 'timestamp without time zone',
  date: 'date',
  json: 'jsonb',
  bytes: 'bytea',
}
