import type { Column } from './column.ts'

/** Columns that the state already knows for a table found at run time. */
export interface Tracked {
  /** By the table's name without the source's; undefined for a table that is not known yet. */
  columns(table: string): readonly Column[] | undefined
  /** The tables that are known and were not removed: one that is no longer found may only be hidden from this user. */
  tables?(): readonly string[]
  /** The primary key of a known table, empty where it has none; undefined for a table that is not known. */
  primaryKey?(table: string): readonly string[] | undefined
  /** The cursor that a known table is read by, null if every sync is a full refresh; undefined for a table that is not known. */
  cursor?(table: string): string | null | undefined
  /** The partitions of a known table by their ids; undefined for a table that is not known. */
  partitions?(table: string): ReadonlyMap<string, TrackedPartition> | undefined
  /** Fields that rows of a known table had when it was last read, and that are not among its columns. */
  undeclared?(table: string): readonly string[]
}

/** What the state knows of a partition of a table found at run time. */
export interface TrackedPartition {
  /** The revision under which it was last read completely. */
  readonly revision: string | undefined
  /** The source did not list it in the last run; its rows are kept. */
  readonly removed: boolean
}
