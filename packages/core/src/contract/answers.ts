import type { z } from 'zod'
import type { Window } from '../values/window.ts'
import type { Deleted } from './page.ts'
import type { RowSchema } from './row-schema.ts'

// What the functions of a table give.

/** What a source can say before it is read: its version now, and which covered windows are no longer true. */
export interface Changed<V> {
  /** A text that changes when the content changes. */
  readonly revision: string
  /** Windows to read again though they are covered; where they are not covered they are read anyway. */
  readonly stale: readonly Window<V>[]
}
/** Rows that a system has and that no window holds, by its own count; what it cannot count is absent. */
export interface Unread {
  /** At or above the end: younger than the minimum age, or with a cursor in the future. */
  readonly tooYoung?: number | undefined
  /** Their cursor is NULL, and `nullCursor` does not keep them. */
  readonly withoutCursor?: number | undefined
}
/** What a table is now that gained or lost whole parts, of which none was replaced. */
export interface Regrouped {
  /** The new text; it is recorded, and nothing is resynced. */
  readonly generation: string
  /** Nothing that was there before is another now. */
  readonly replaced: false
}
/** What identifies a row. */
export type Key<S extends RowSchema, PK extends readonly string[]> = Pick<z.input<S>, PK[number] & keyof z.input<S>>
/** The key of a row that is gone, with its cursor where the system reuses keys. */
export type Gone<S extends RowSchema, PK extends readonly string[], K> = Key<S, PK> & {
  readonly [C in K & keyof z.input<S>]?: z.input<S>[C]
}
/** What `read` yields: rows as the schema takes them in, or keys of rows that are gone. */
export type Page<S extends RowSchema, PK extends readonly string[], K> =
  | readonly z.input<S>[]
  | (PK extends readonly [] ? never : Deleted<Gone<S, PK, K>>)
