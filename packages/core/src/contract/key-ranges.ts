import type { TableColumn } from './column.ts'
import type { Awaitable, Context, OfPartition } from './context.ts'
import { type Cursor, cursorOf } from './cursor.ts'
import type { Question } from './question.ts'
import type { Bare, IntegerSchema, IsWide, Row, RowSchema } from './row-schema.ts'

/** Columns of a primary key whose values are integers. Of a row found at run time, any. */
export type IntegerKey<S extends RowSchema, PK extends readonly string[]> =
  IsWide<S> extends true
    ? string
    : {
        [C in PK[number] & keyof S['shape'] & string]: Bare<S['shape'][C]> extends IntegerSchema ? C : never
      }[PK[number] & keyof S['shape'] & string]
/** A value of such a column. */
export type KeyValue<S extends RowSchema, PK extends readonly string[]> =
  IsWide<S> extends true ? bigint : NonNullable<Row<S>[IntegerKey<S, PK> & keyof Row<S>]>

/** How the full refresh of a large table is cut into ranges (chunks) of its key. */
export interface KeyRangesSpec<Client, S extends RowSchema, PK extends readonly string[], P> {
  /** A column of the primary key, of integers. The system can read a range of it without reading the rest. */
  readonly column: IntegerKey<S, PK>
  /**
   * Where to cut, as values of the column in any order: each begins a range. Called once per run and partition, before
   * `read`, so it must be cheap; about equally many rows between two of them are best. Undefined, or no value: not cut.
   */
  bounds(context: Context<Client> & OfPartition<P>): Awaitable<Iterable<KeyValue<S, PK> | number | bigint> | undefined>
}

/** A half-open range of a key column as `read` receives it: `from` is read, `to` is not; an open end is undefined. */
export interface KeyRange<V> {
  /** The first key that is read; undefined: from the beginning. */
  readonly from: V | undefined
  /** The first key that is not read any more; undefined: to the end. */
  readonly to: V | undefined
}

/** What `read` is given of its range: only in tables without a cursor that have a key. */
export type InKeyRange<S extends RowSchema, K, PK extends readonly string[]> =
  IsWide<S> extends true
    ? { readonly keyRange?: KeyRange<bigint> | undefined }
    : [K] extends [undefined]
      ? PK extends readonly []
        ? unknown
        : {
            /** The rows to read, by the column of `keyRanges`; undefined: all rows, also where the table declares ranges. */
            readonly keyRange?: KeyRange<KeyValue<S, PK>> | undefined
          }
      : unknown

/** The same as the engine uses it. */
export interface KeyRanges {
  /** The column as a cursor has it: its name, and the form of its values. */
  readonly column: Cursor
  readonly bounds: (question: Question) => unknown
}

interface Declared {
  readonly primaryKey: readonly string[]
  readonly cursored: boolean
  readonly columns: readonly TableColumn[]
}

/** What an author writes as `keyRanges`, checked. */
export function keyRangesOf(
  table: string,
  spec: unknown,
  { primaryKey, cursored, columns }: Declared,
  fail: (problem: string) => never,
): KeyRanges | undefined {
  if (spec === undefined) return undefined
  if (cursored) fail('"keyRanges" cuts a full refresh, and a table with a cursor is read by windows; leave it out')
  const { column: name, bounds } = spec as { readonly column?: unknown; readonly bounds?: unknown }
  const column = columns.find((one) => one.name === name)
  if (column === undefined || !primaryKey.includes(column.name))
    return fail(
      `keyRanges: column "${String(name)}" is not part of the primary key (${primaryKey.join(', ') || 'none'}); only a value that a row keeps can cut the table`,
    )
  if (column.type !== 'integer')
    return fail(`keyRanges: column "${column.name}" is of type ${column.type}; ranges are cut by an integer`)
  if (typeof bounds !== 'function')
    return fail(
      'keyRanges: bounds must be a function that returns where to cut: bounds: ({ client }) => [1000n, 2000n]',
    )
  return { column: cursorOf(table, column), bounds: bounds.bind(spec) as KeyRanges['bounds'] }
}
