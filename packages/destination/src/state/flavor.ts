import type { CreateTableBuilder, Kysely, RawBuilder } from 'kysely'
import type { Int64 } from './state-tables.ts'

/** What differs between databases in the SQL of the state, as data. */
export interface StateDialect {
  /** The database's clock in microseconds since 1970. */
  readonly now: RawBuilder<Int64>
  /** A microsecond position as readable text. */
  instant(position: RawBuilder<unknown>): RawBuilder<string>
  /** Adds an `id` that counts by itself and is never used twice. */
  counted<T extends string, C extends string>(table: CreateTableBuilder<T, C>, column: string): CreateTableBuilder<T, C>
  /** Many texts of a group as one, with commas between them. */
  joined(text: RawBuilder<string>): RawBuilder<string>
  /** Gives a view that is there columns behind those that it has. */
  extendView(db: Kysely<never>, name: string, select: RawBuilder<unknown>): Promise<void>
  hasTable(db: Kysely<never>, name: string): Promise<boolean>
}
