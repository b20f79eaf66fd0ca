import type { z } from 'zod'
import { columnsOf, type TableColumn } from './column.ts'
import { type Cursor, cursorOf, floorTo, positionOf, smallestStep, spanOf, textAt } from './cursor.ts'
import type { Duration } from './duration.ts'
import { messageOf, SyncError } from './error.ts'
import type { Logger } from './log.ts'
import type { Deleted } from './page.ts'
import type { Window } from './window.ts'

export type RowSchema = z.ZodObject
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
export type TimeSchema = z.core.$ZodISODateTime | z.core.$ZodISODate | z.core.$ZodDate
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
/** How far along a cursor: a duration of an instant, a count of an integer. */
export type Span<S extends RowSchema, K> =
  IsWide<S> extends true
    ? Duration | number | bigint
    : K extends keyof S['shape']
      ? Bare<S['shape'][K]> extends IntegerSchema
        ? number | bigint
        : Duration
      : never

/** What every function of a source is given. */
export interface Context<Client> {
  /** What `connect` returned; one for each use of the source and run. */
  readonly client: Client
  /** Aborts when the run is stopped or the step is given up: hand it on to whatever waits. */
  readonly signal: AbortSignal
  readonly log: Logger
}
export type OfPartition<P> = [P] extends [undefined] ? unknown : { readonly partition: P }
export type InWindow<S extends RowSchema, K> = [K] extends [undefined]
  ? unknown
  : IsWide<S> extends true
    ? Partial<Window<CursorValue<S, K>>>
    : Window<CursorValue<S, K>>
export type ReadContext<Client, S extends RowSchema, K, P> = Context<Client> & OfPartition<P> & InWindow<S, K>

/** What a source can say before it is read: its version now, and which covered windows are no longer true. */
export interface Changed<V> {
  readonly revision: string
  /** Windows to read again though they are covered; where they are not covered they are read anyway. */
  readonly stale: readonly Window<V>[]
}
/** The key of a row that is gone, with its cursor where the system reuses keys. */
export type Gone<S extends RowSchema, PK extends readonly string[], K> = Pick<
  z.input<S>,
  PK[number] & keyof z.input<S>
> & {
  readonly [C in K & keyof z.input<S>]?: z.input<S>[C]
}
/** What `read` yields: rows as the schema takes them in, or keys of rows that are gone. */
export type Page<S extends RowSchema, PK extends readonly string[], K> =
  | readonly z.input<S>[]
  | (PK extends readonly [] ? never : Deleted<Gone<S, PK, K>>)

/** One of many like things a table is read for: its id, or an object that carries its id and what `read` needs of it. */
export type Partition = string | { readonly id: string }
/** A list of partitions, which several tables may share. */
export interface Partitions<Client, P> {
  list(context: Context<Client>): AsyncIterable<P> | Iterable<P> | Promise<Iterable<P>>
}
export type Awaitable<T> = T | Promise<T>
export type NullCursor = 'reject' | 'skip' | 'keep'
export type Order = 'ascending' | 'descending'

/** One table of a source, as its author writes it: data, and one function that reads. */
export interface TableSpec<
  Client,
  S extends RowSchema,
  PK extends readonly ColumnName<S>[],
  K extends CursorOf<S> | undefined,
  P,
> {
  /** Unique within the source; the destination table is `<source>_<name>`. */
  readonly name: string
  /** What a row must be. Its fields become the columns, their types follow from zod's. */
  readonly row: S
  /** The columns that identify a row. Without it rows never change, and a window is replaced as a whole. */
  readonly primaryKey?: PK | undefined
  /** The column the table is read by; it only ever moves towards the present. Absent: the table is read whole each time. */
  readonly cursor?: K | undefined
  /** The like things this table is read for, one at a time, each with a coverage of its own. */
  readonly partitions?: Partitions<Client, P> | undefined
  /** The longest window that one call of `read` is asked for. Absent: a gap is read in one call. */
  readonly window?: Span<S, K> | undefined
  /** How much below a covered end is read again, for rows that come late. 10 minutes for timestamps, else none. */
  readonly lookback?: Span<S, K> | undefined
  /** How young a row may not be read, because others of its age are still on their way. 1 minute for timestamps, else none. */
  readonly settle?: Span<S, K> | undefined
  /** How far back the system keeps rows. What is older is never asked for, and kept here. */
  readonly retention?: Span<S, K> | undefined
  /**
   * The order in which `read` yields by the cursor, for systems that cannot bound both ends of a window. Deletions come
   * with the page they belong to: an ascending window is covered as far as it was read, and not asked for again.
   */
  readonly ordered?: Order | undefined
  /** What to do with a row whose cursor is NULL: a reject (the default), skipped and counted, or kept outside all windows. */
  readonly nullCursor?: NullCursor | undefined
  /** The primary key alone identifies a row, whatever its partition. */
  readonly globalKey?: true | undefined
  /** Names this table had before; its rows then go on in their old place. */
  readonly aliases?: readonly string[] | undefined
  /** The first cursor value there is: a value, or a question asked once a run and partition. */
  readonly start?:
    | CursorValue<S, K>
    | undefined
    | ((context: Context<Client> & OfPartition<P>) => Awaitable<CursorValue<S, K> | undefined>)
  /**
   * The end of what can be read now, by the system's own clock or snapshot. Asked once a run and partition, after
   * `revision`. Undefined: nothing new this run. A must for integer cursors and times without an offset.
   */
  end?(context: Context<Client> & OfPartition<P>): Awaitable<CursorValue<S, K> | undefined>
  /**
   * A text that changes when the content changes, asked before `end` and `read`. Equal to the committed one: nothing new
   * is read. `previous` is the committed one, undefined where there is none that still holds.
   */
  revision?(
    context: Context<Client> & OfPartition<P> & { readonly previous: string | undefined },
  ): Awaitable<string | Changed<CursorValue<S, K>> | undefined>
  /**
   * Yields pages of the rows of one window (of the whole table where there is no cursor), in any order unless `ordered`.
   * Too many rows are trimmed, too few are lost. Called again from the start of the window after a failure.
   */
  read(context: ReadContext<Client, S, K, P>): AsyncIterable<Page<S, PK, K>>
}

/** What the engine hands to a table's functions; their types are the author's business. */
export interface Question {
  readonly client: never
  readonly signal: AbortSignal
  readonly log: Logger
  readonly partition?: never
  readonly previous?: string | undefined
  readonly from?: never
  readonly to?: never
}

/** A table as the engine sees it: checked, with every length in the cursor's own unit. `Client` keeps another source's table out. */
export interface Table<in Client = never> {
  readonly kind: 'table'
  readonly name: string
  readonly row: RowSchema
  readonly columns: readonly TableColumn[]
  readonly primaryKey: readonly string[]
  readonly cursor: Cursor | undefined
  readonly partitions: Partitions<Client, unknown> | undefined
  readonly window: bigint | undefined
  readonly lookback: bigint
  readonly settle: bigint
  readonly retention: bigint | undefined
  readonly ordered: Order | undefined
  readonly nullCursor: NullCursor
  readonly globalKey: boolean
  readonly aliases: readonly string[]
  /** A position, or the question to ask for it. */
  readonly start: bigint | ((question: Question) => unknown) | undefined
  readonly end: ((question: Question) => unknown) | undefined
  readonly revision: ((question: Question) => unknown) | undefined
  readonly read: (question: Question) => AsyncIterable<unknown>
}

const MINUTE = 60_000_000n

/**
 * Checks a table and puts it into the form that the engine reads.
 *
 * @throws SyncError `fix-source` that names the table and what does not fit.
 */
export function tableOf<Client>(
  spec: TableSpec<Client, RowSchema, readonly string[], string | undefined, unknown>,
): Table<Client> {
  const fail = (problem: string): never => {
    throw new SyncError(`table "${spec.name}": ${problem}`, 'fix-source')
  }
  if (typeof spec.name !== 'string' || spec.name === '' || spec.name.includes('\0'))
    fail('a table needs a name, a text without NUL')
  if (typeof spec.read !== 'function') fail('read must be an async generator: async *read({ client }) { yield rows }')
  const columns = columnsIn(spec.row, fail)
  const column = (name: string): TableColumn =>
    columns.find((one) => one.name === name) ??
    fail(`there is no column "${name}"; the row has ${columns.map((one) => one.name).join(', ')}`)
  const primaryKey = spec.primaryKey ?? []
  for (const name of primaryKey) {
    if (column(name).type === 'json')
      fail(
        `column "${name}" is json and cannot be part of the primary key; make what identifies the row a column of its own`,
      )
  }
  if (new Set(primaryKey).size < primaryKey.length) fail('the primary key names a column twice; name each once')
  const cursor = spec.cursor === undefined ? undefined : cursorOf(spec.name, column(spec.cursor))
  if (cursor === undefined) {
    for (const name of [
      'window',
      'lookback',
      'settle',
      'retention',
      'ordered',
      'start',
      'end',
      'nullCursor',
    ] as const) {
      if (spec[name] !== undefined)
        fail(`"${name}" needs a cursor; say which column the table is read by, or leave it out`)
    }
  } else if (spec.end === undefined && (cursor.type === 'integer' || cursor.type === 'local_timestamp')) {
    fail(
      `the cursor "${cursor.column}" is ${cursor.type === 'integer' ? 'an integer' : 'a time without an offset'}, so the table needs end(): the engine's clock does not know where its rows end`,
    )
  }
  if (spec.nullCursor === 'keep' && primaryKey.length === 0)
    fail('nullCursor: "keep" needs a primary key, or rows without a cursor would double')
  if (spec.globalKey === true && primaryKey.length === 0) fail('globalKey needs a primary key; name its columns')

  const span = (
    name: 'window' | 'lookback' | 'settle' | 'retention',
    otherwise: bigint | undefined,
  ): bigint | undefined =>
    spec[name] === undefined
      ? otherwise
      : (spanOf(spec[name], cursor) ??
        fail(
          `"${name}" must be ${cursor?.type === 'integer' ? 'a count' : 'a duration such as days(1) or seconds(0)'}`,
        ))
  const timed = cursor?.type === 'timestamp'
  const window = span('window', undefined)
  if (window !== undefined && (cursor === undefined || window < cursor.tick))
    fail(`the window is shorter than the smallest step of its cursor; make it ${smallestStep(cursor)} or more`)
  return {
    kind: 'table',
    name: spec.name,
    row: spec.row,
    columns,
    primaryKey,
    cursor,
    partitions: spec.partitions,
    // Whole steps: a bound between two values of the cursor could not be written.
    window: window === undefined || cursor === undefined ? undefined : floorTo(window, cursor.tick),
    lookback: span('lookback', timed ? 10n * MINUTE : 0n)!,
    settle: span('settle', timed ? MINUTE : 0n)!,
    retention: span('retention', undefined),
    ordered: spec.ordered,
    nullCursor: spec.nullCursor ?? 'reject',
    globalKey: spec.globalKey === true,
    aliases: spec.aliases ?? [],
    start: startOf(spec.start, cursor, fail),
    end: spec.end?.bind(spec) as Table['end'],
    revision: spec.revision?.bind(spec) as Table['revision'],
    read: spec.read.bind(spec) as unknown as Table['read'],
  }
}

function startOf(start: unknown, cursor: Cursor | undefined, fail: (problem: string) => never): Table['start'] {
  if (typeof start === 'function') return start as (question: Question) => unknown
  if (start === undefined || cursor === undefined) return undefined
  const position = positionOf(start, cursor.type)
  if (position === undefined)
    return fail(`start is no ${cursor.type}: ${String(start)}; write it like ${textAt(0n, cursor)}`)
  return floorTo(BigInt(position), cursor.tick)
}

/** The columns of a row schema, its errors with the table's name. */
function columnsIn(row: unknown, fail: (problem: string) => never): readonly TableColumn[] {
  const def = (row as { _zod?: { def?: { type?: unknown } } } | null | undefined)?._zod?.def
  if (def?.type !== 'object') return fail('row must be an object schema of zod 4: z.object({ id: z.int() })')
  try {
    return columnsOf(row as RowSchema)
  } catch (error) {
    return fail(messageOf(error))
  }
}
