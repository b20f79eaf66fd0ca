import type { CreateTableBuilder, Kysely, RawBuilder } from 'kysely'
import type { Int64 } from './state-types.ts'

/** The name that a column had, and the one that it gets. */
export type Renamed = readonly [from: string, to: string]

/** What differs between databases in the SQL of the state, as data. */
export interface StateDialect {
  /** The database's clock in microseconds since 1970. */
  readonly now: RawBuilder<Int64>
  /**
   * What follows a query that locks rows until the transaction ends. `keyShare` goes with others of its kind and with
   * `noKeyUpdate`, which goes with no other of its own; `update` waits for all. Empty where only one transaction writes at a time.
   */
  readonly lock: Readonly<Record<'keyShare' | 'noKeyUpdate' | 'update', RawBuilder<unknown>>>
  /** A microsecond position as readable text. */
  instant(position: RawBuilder<unknown>): RawBuilder<string>
  /** Adds an `id` that counts by itself and is never used twice. */
  counted<T extends string, C extends string>(table: CreateTableBuilder<T, C>, column: string): CreateTableBuilder<T, C>
  /** Many texts of a group as one, with commas between them. */
  joined(text: RawBuilder<string>): RawBuilder<string>
  /** Defines an existing view again: with columns after those that it has, and one of those under another name. */
  replaceView(db: Kysely<never>, name: string, select: RawBuilder<unknown>, renamed?: Renamed): Promise<void>
  /** Renames columns of a table of the state, whatever views of users read it. */
  renameColumns(db: Kysely<never>, table: string, renamed: readonly Renamed[]): Promise<void>
  hasTable(db: Kysely<never>, name: string): Promise<boolean>
}
