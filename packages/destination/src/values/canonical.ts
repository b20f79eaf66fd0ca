import type { ColumnType } from '@tidemark/core/engine'

/** What a bound value is, for people. */
export type Canonical = (value: unknown, stored: ColumnType) => unknown
