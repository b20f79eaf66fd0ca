import type { z } from 'zod'
import type { Page } from './answers.ts'
import type { BinaryPage } from './binary-page.ts'
import type { Deleted } from './page.ts'
import type { RowSchema } from './row-schema.ts'

// Whether what `read` yields fits its table, so that a row which does not is one sentence of the compiler.

/** Whether the compiler knows nothing of the rows of a page, so that only the schema does: `unknown`, `any`, or a record of `unknown`. */
type IsUnchecked<Y> = unknown extends Y
  ? true
  : Y extends readonly (infer E)[]
    ? unknown extends E
      ? true
      : E extends Readonly<Record<string, infer V>>
        ? string extends keyof E
          ? unknown extends V
            ? true
            : false
          : false
        : false
    : false
/** Read-only at every depth: so the compiler infers literals, whose lists a schema would take as well. */
type Unchanging<T> = T extends object ? { readonly [F in keyof T]: Unchanging<T[F]> } : T
/** The fields of rows that the schema does not accept. */
type WrongFields<E, S extends RowSchema> = E extends unknown
  ? {
      [F in keyof z.input<S> & string]: (F extends keyof E ? E[F] : undefined) extends Unchanging<z.input<S>[F]>
        ? never
        : F
    }[keyof z.input<S> & string]
  : never
/** What is wrong with what `read` yields, in a sentence; never: nothing. */
type Wrong<Y, S extends RowSchema, PK extends readonly string[], K> = Y extends unknown
  ? IsUnchecked<Y> extends true
    ? never
    : Y extends Page<S, PK, K>
      ? never
      : Y extends readonly (infer E)[]
        ? [WrongFields<E, S>] extends [never]
          ? never
          : `the rows that it yields do not fit the schema: see "${WrongFields<E, S>}"`
        : Y extends Deleted<infer Keys>
          ? object extends Keys
            ? never
            : PK extends readonly []
              ? 'deleted() needs a primary key'
              : 'deleted() takes the primary key of each row, and its cursor if the system reuses keys'
          : never
  : never
/** Nothing where pages fit a table; else a type of `read` that no function has and that says what is wrong, so that the compiler shows a sentence. */
export type Fits<Y, S extends RowSchema, PK extends readonly string[], K> = [Wrong<Y, S, PK, K>] extends [never]
  ? unknown
  : { readonly read: Wrong<Y, S, PK, K> }
/** Any pages at all, those of a table first: so that the compiler keeps the literals of a row. */
export type Pages<S extends RowSchema, PK extends readonly string[], K> =
  | Page<S, PK, K>
  | readonly unknown[]
  | Deleted<object>
  | BinaryPage<unknown>
