import type { z } from 'zod'
import type { Window } from '../values/window.ts'
import type { Duration, DurationText } from './duration.ts'

/** What a row is described by: `z.object({ … })`, or `z.looseObject({ … })` to keep fields that are not named. */
export type RowSchema = z.ZodObject
/** A row as it is kept: what comes out of the schema. What `read` yields is what goes in, `z.input`. */
export type Row<S extends RowSchema> = z.output<S>
/** Names of columns. By the shape, not the output: a loose object has every name in its output. */
export type ColumnName<S extends RowSchema> = keyof S['shape'] & string

/** What a schema is when its wrappers are taken off, on the output side. */
export type Bare<T> = T extends
  | z.core.$ZodOptional<infer U>
  | z.core.$ZodNullable<infer U>
  | z.core.$ZodDefault<infer U>
  | z.core.$ZodPrefault<infer U>
  | z.core.$ZodReadonly<infer U>
  ? Bare<U>
  : T extends z.core.$ZodPipe<infer _In, infer Out>
    ? Bare<Out>
    : T
/** Schemas whose columns are times: `z.iso.datetime()`, `z.iso.date()`, `z.date()`. */
export type TimeSchema = z.core.$ZodISODateTime | z.core.$ZodISODate | z.core.$ZodDate
/** Schemas whose columns may be integers: `z.int()`, `z.bigint()`. */
export type IntegerSchema = z.core.$ZodNumber | z.core.$ZodBigInt
/** Whether the columns are known only at run time. */
export type IsWide<S extends RowSchema> = string extends keyof S['shape'] ? true : false

/** Columns a table may be read by: instants, dates and integers. Of a row found at run time, any. */
export type CursorOf<S extends RowSchema> =
  IsWide<S> extends true
    ? string
    : {
        [K in keyof S['shape'] & string]: Bare<S['shape'][K]> extends TimeSchema | IntegerSchema ? K : never
      }[keyof S['shape'] & string]
/** The type of `from`, `to`, `start` and `end`: that of the cursor's column, on the output side. */
export type CursorValue<S extends RowSchema, K> =
  IsWide<S> extends true ? string | bigint : K extends keyof Row<S> ? NonNullable<Row<S>[K]> : never
/** How far along a cursor: of an instant a duration, `days(30)` or `'30d'`; of an integer a count. */
export type Span<S extends RowSchema, K> =
  IsWide<S> extends true
    ? Duration | DurationText | number | bigint
    : K extends keyof S['shape']
      ? Bare<S['shape'][K]> extends IntegerSchema
        ? number | bigint
        : Duration | DurationText
      : never

/** What `read` is given of its window: `from` and `to` where the table has a cursor, nothing where it has none. */
export type InWindow<S extends RowSchema, K> = [K] extends [undefined]
  ? unknown
  : IsWide<S> extends true
    ? Partial<Window<CursorValue<S, K>>>
    : Window<CursorValue<S, K>>
