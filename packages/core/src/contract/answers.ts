import type { z } from 'zod'
import type { Window } from '../values/window.ts'
import type { BinaryPage } from './binary-page.ts'
import type { Deleted } from './page.ts'
import type { RowSchema } from './row-schema.ts'

// What the functions of a table return.

/** What a source can say before it is read: its version now, and which covered windows are no longer true. */
export interface Changed<V> {
  /** A string that changes when the content changes. */
  readonly revision: string
  /** Covered windows to resync; windows that are not covered are read anyway. */
  readonly stale: readonly Window<V>[]
}
/** Rows that a system has and that no window holds, by its own count; what it cannot count is absent. */
export interface Unread {
  /** At or above the end: younger than the minimum age, or with a cursor in the future. */
  readonly tooYoung?: number | undefined
  /** Their cursor is NULL, and `nullCursor` does not keep them. */
  readonly withoutCursor?: number | undefined
}
/** What a table is called after it gained or lost whole partitions, with none replaced. */
export interface Regrouped {
  /** The new string; it is recorded, and nothing is resynced. */
  readonly generation: string
  /** No data that existed before has changed. */
  readonly replaced: false
}
/** What identifies a row. */
export type Key<S extends RowSchema, PK extends readonly string[]> = Pick<z.input<S>, PK[number] & keyof z.input<S>>
/** The key of a deleted row, with its cursor if the system reuses keys. */
export type Gone<S extends RowSchema, PK extends readonly string[], K> = Key<S, PK> & {
  readonly [C in K & keyof z.input<S>]?: z.input<S>[C]
}
/** What `read` yields: rows as the schema accepts them, keys of deleted rows, or rows in a binary form that was asked for. Rows of type `unknown` are checked when they come. */
export type Page<S extends RowSchema, PK extends readonly string[], K> =
  | readonly z.input<S>[]
  | BinaryPage<z.input<S>>
  | (PK extends readonly [] ? never : Deleted<Gone<S, PK, K>>)
