import { COLUMN_TYPE_TRAITS } from '../values/column-types.ts'
import type { Changed, Key, Page, Regrouped, Unread } from './answers.ts'
import type { AnySchema } from './any-schema.ts'
import type { TableColumn } from './column.ts'
import { columnsIn } from './columns-in.ts'
import type { Awaitable, Context, OfPartition, Partitions, ReadContext } from './context.ts'
import { type Cursor, cursorOf, floorTo, smallestStep, spanOf } from './cursor.ts'
import { SyncError } from './error.ts'
import { type InKeyRange, type KeyRanges, type KeyRangesSpec, keyRangesOf } from './key-ranges.ts'
import type { Question } from './question.ts'
import type { ColumnName, CursorOf, CursorValue, RowSchema, Span } from './row-schema.ts'
import { type Start, startOf } from './start-of.ts'

/** What happens to a row whose cursor is NULL: it is rejected, skipped and counted, or kept outside all windows. */
export type NullCursor = 'reject' | 'skip' | 'keep'
/** The order of the cursor in which `read` yields its rows. */
export type Order = 'ascending' | 'descending'
/** Whether a table with a cursor detects rows that are deleted at the source: it reports them, or they go unseen. */
export type Deletions = 'reported' | 'unseen'

/** One table of a source, as its author writes it: data, and one function that reads. */
export interface TableSpec<
  Client,
  S extends RowSchema,
  PK extends readonly ColumnName<S>[],
  K extends CursorOf<S> | undefined,
  P,
  Y = Page<S, PK, K>,
> {
  /** Unique within the source; the destination table is `<source>_<name>`. */
  readonly name: string
  /** The schema of a row. Its fields become the columns; their types follow from zod's. */
  readonly row: S
  /** The columns that identify a row. Without a key, rows never change, and a window is replaced as a whole. */
  readonly primaryKey?: PK | undefined
  /** The column that the table is read by; it only ever moves towards the present. Absent: every sync is a full refresh. */
  readonly cursor?: K | undefined
  /** The partitions that this table is read by, one at a time, each with its own coverage. */
  readonly partitions?: Partitions<Client, P> | undefined
  /** The longest window of one call of `read`. Absent: one call reads a whole gap. */
  readonly window?: Span<S, K> | undefined
  /** The overlap below a covered end to read again on each sync, for rows that arrive late. 10 minutes for timestamps, else zero. */
  readonly lookback?: Span<S, K> | undefined
  /** The minimum age of a row before it is read, because other rows of its age may still arrive. 1 minute for timestamps, else zero. */
  readonly minAge?: Span<S, K> | undefined
  /** How far back the system keeps rows. Tidemark never asks for older rows, and keeps those it has. */
  readonly retention?: Span<S, K> | undefined
  /**
   * The order of the cursor in which `read` yields, for systems that cannot bound both ends of a window. Yield deletions
   * with the page they belong to: a window is covered as far as it was read, from its start if `ascending`, from its end if
   * `descending`, and that is not read again.
   */
  readonly ordered?: Order | undefined
  /** What to do with a row whose cursor is NULL: reject it (the default), skip and count it, or keep it outside all windows. */
  readonly nullCursor?: NullCursor | undefined
  /** The primary key alone identifies a row, in whatever partition. */
  readonly globalKey?: true | undefined
  /** A row never changes once it exists, as in a log or a ledger. Without this, the next read must return an old row that was edited. */
  readonly immutable?: true | undefined
  /**
   * How a table with a cursor detects rows that are deleted at the source: `reported`, by `deleted([…])` or by stale
   * windows, or `unseen`, which is shown to users. A full refresh detects them by itself.
   */
  readonly deletions?: Deletions | undefined
  /**
   * For large tables without a cursor: a full refresh reads ranges of an integer of the key, one call of `read` each. So it
   * resumes where it broke off, and a range is a moment of its own: what was changed between two ranges comes with the next
   * full refresh.
   */
  readonly keyRanges?: KeyRangesSpec<Client, S, NoInfer<PK>, P> | undefined
  /** Names this table had before; its rows then stay in their destination table. */
  readonly aliases?: readonly string[] | undefined
  /** The first cursor value that exists: a value, or a function called once per run and partition. */
  readonly start?:
    | CursorValue<S, K>
    | undefined
    | ((context: Context<Client> & OfPartition<P>) => Awaitable<CursorValue<S, K> | undefined>)
  /**
   * The end of what can be read now, by the system's own clock or snapshot. Called once per run and partition, after
   * `revision`. Undefined: nothing new this run. Required for integer cursors and times without an offset.
   */
  end?(context: Context<Client> & OfPartition<P>): Awaitable<CursorValue<S, K> | undefined>
  /**
   * The present by the system's own clock, for a table of times without `end`: what can be read now ends at the earlier of
   * this and the runner's clock. Called once per run and partition, after `revision`. Undefined: the system does not say.
   */
  clock?(context: Context<Client> & OfPartition<P>): Awaitable<CursorValue<S, K> | undefined>
  /**
   * A string that changes when the content changes; called before `end` and `read`. Equal to the committed one: nothing new
   * is read. `previous` is the committed one, undefined if no committed one is still valid; a source that then reports
   * nothing stale is called once more, with the last one under which rows were read, if there were any.
   */
  revision?(
    context: Context<Client> & OfPartition<P> & { readonly previous: string | undefined },
  ): Awaitable<string | Changed<CursorValue<S, K>> | undefined>
  /**
   * A string that changes when the table's data was replaced as a whole behind the cursor: dropped and created again, truncated
   * and reloaded, swapped, restored. Called once per run and partition; if it changed, all that is covered is resynced.
   * `previous` is the recorded one, undefined at first: a table that only gained or lost parts may say so.
   */
  generation?(
    context: Context<Client> & OfPartition<P> & { readonly previous?: string | undefined },
  ): Awaitable<string | Regrouped | undefined>
  /** How many rows the system itself counts in a window (in the whole table without a cursor). `verify` compares it with what `read` yields. */
  countRows?(context: ReadContext<Client, S, K, P>): Awaitable<number | undefined>
  /** How many rows are in no window up to `to`. Called once per run and partition, after `end`, for the report. */
  countUnread?(
    context: Context<Client> & OfPartition<P> & { readonly to: CursorValue<S, K> },
  ): Awaitable<Unread | undefined>
  /**
   * Which of these keys the system has, whatever their cursor, also NULL. Called for rows that did not come
   * back with their window: those that are found have moved, the others are deleted. Undefined: it cannot say for these. Absent:
   * Tidemark looks for them in what is not covered yet, up to two days ahead.
   */
  findKeys?(
    context: Context<Client> & OfPartition<P> & { readonly keys: readonly Key<S, PK>[] },
  ): Awaitable<Iterable<Key<S, PK>> | undefined>
  /**
   * Yields pages of the rows of one window (of the whole table, or of `keyRange`, if it has no cursor), in any order unless
   * `ordered`. Rows outside are trimmed; rows that it does not yield are lost. Called again from the start of the window after a failure.
   */
  read(context: ReadContext<Client, S, K, P> & InKeyRange<S, K, PK>): AsyncIterable<Page<S, PK, K> | Y>
}

/** How a feed tells a table. */
export interface FedBy {
  /** The feed's name in the source. */
  readonly name: string
  /** How what was there before the feed began is read; undefined: the feed tells it. */
  readonly backfill:
    | {
        readonly chunks: (question: never) => unknown
        readonly read: (question: never) => AsyncGenerator<unknown, unknown>
        readonly rows: ((question: never) => AsyncGenerator<unknown, unknown>) | undefined
      }
    | undefined
}

/** A table as the engine uses it: checked, with every length in the cursor's own unit. `Client` keeps out tables of another source. */
export interface Table<in Client = never> {
  /** An engine refuses a kind that it does not know, by name. */
  readonly kind: 'table'
  /** Its name in the source, without the source's name as a prefix. */
  readonly name: string
  /** The schema of a row. */
  readonly row: AnySchema
  /** The columns that follow from `row`. */
  readonly columns: readonly TableColumn[]
  /** Empty where rows never change. */
  readonly primaryKey: readonly string[]
  /** Undefined if every sync is a full refresh. */
  readonly cursor: Cursor | undefined
  /** Undefined if the table has no partitions. */
  readonly partitions: Partitions<Client, unknown> | undefined
  /** In microseconds, or counts of an integer cursor, as are all lengths here; undefined: one call reads a whole gap. */
  readonly window: bigint | undefined
  /** The overlap below a covered end to read again. */
  readonly lookback: bigint
  /** The minimum age of a row before it is read. */
  readonly minAge: bigint
  /** How far back the system keeps rows; undefined: without end. */
  readonly retention: bigint | undefined
  /** Undefined: in any order. */
  readonly ordered: Order | undefined
  /** What happens to a row whose cursor is NULL. */
  readonly nullCursor: NullCursor
  /** Whether the primary key identifies a row whatever its partition. */
  readonly globalKey: boolean
  /** Whether its author says that rows never change. */
  readonly immutable: boolean
  /** Undefined: its author says nothing, or every sync is a full refresh, which detects them. */
  readonly deletions: Deletions | undefined
  /** Undefined: a full refresh is one read. Absent in tables of an older core. */
  readonly keyRanges?: KeyRanges | undefined
  /** Its rows come from a feed, and are not read by windows. Absent: they are read. */
  readonly feed?: FedBy | undefined
  /** Names that the table had before. */
  readonly aliases: readonly string[]
  /** A position, or the function that returns it. */
  readonly start: Start
  /** Undefined: the end is the runner's present. */
  readonly end: ((question: Question) => unknown) | undefined
  /** Undefined: the system does not tell its time. */
  readonly clock: ((question: Question) => unknown) | undefined
  /** Undefined: it is always read. */
  readonly revision: ((question: Question) => unknown) | undefined
  /** Undefined: the system cannot report that its data was replaced. */
  readonly generation: ((question: Question) => unknown) | undefined
  /** Undefined: the system cannot count. */
  readonly countRows: ((question: Question) => unknown) | undefined
  /** Undefined: the system cannot count rows outside all windows. */
  readonly countUnread: ((question: Question) => unknown) | undefined
  /** Undefined: the system cannot look up keys. */
  readonly findKeys: ((question: Question) => unknown) | undefined
  /** Yields the pages of a window. */
  readonly read: (question: Question) => AsyncIterable<unknown>
}

const MINUTE = 60_000_000n

/**
 * Checks a table and converts it to the form that the engine reads.
 *
 * @throws SyncError `fix-source` that names the table and the problem.
 */
export function tableOf<Client>(
  spec: TableSpec<Client, RowSchema, readonly string[], string | undefined, unknown>,
): Table<Client> {
  const fail = (problem: string): never => {
    throw new SyncError(`table "${spec.name}": ${problem}`, 'fix-source')
  }
  // Whether a database can hold it, the destination says: one table's name must not fail those beside it.
  if (typeof spec.name !== 'string' || spec.name === '') fail('a table needs a name (a string)')
  if (typeof spec.read !== 'function') fail('read must be an async generator: async *read({ client }) { yield rows }')
  if ('settle' in spec) fail('"settle" is now called "minAge"; rename it')
  const columns = columnsIn(spec.row, fail)
  const column = (name: string): TableColumn =>
    columns.find((one) => one.name === name) ??
    fail(`there is no column "${name}"; the row has ${columns.map((one) => one.name).join(', ')}`)
  const primaryKey = spec.primaryKey ?? []
  for (const name of primaryKey) {
    if (column(name).type === 'json')
      fail(
        `column "${name}" is json and cannot be part of the primary key; put the value that identifies the row into a column of its own`,
      )
  }
  if (new Set(primaryKey).size < primaryKey.length) fail('the primary key names a column twice; name each column once')
  const cursor = spec.cursor === undefined ? undefined : cursorOf(spec.name, column(spec.cursor))
  if (cursor === undefined) {
    for (const name of [
      'window',
      'lookback',
      'minAge',
      'retention',
      'ordered',
      'start',
      'end',
      'clock',
      'nullCursor',
      'deletions',
    ] as const) {
      if (spec[name] !== undefined)
        fail(`"${name}" needs a cursor; name the column that the table is read by, or leave it out`)
    }
  } else if (spec.end === undefined && !COLUMN_TYPE_TRAITS[cursor.type].cursor.byClock) {
    fail(
      `the cursor "${cursor.column}" is ${cursor.type === 'integer' ? 'an integer' : 'a time without an offset'}, so the table needs end(): the engine cannot tell from its clock where the rows end`,
    )
  }
  if (spec.clock !== undefined && (spec.end !== undefined || cursor?.type === 'integer'))
    fail('"clock" is for a cursor that is a time, in a table without end(); leave one of the two out')
  if (spec.nullCursor === 'keep' && primaryKey.length === 0)
    fail('nullCursor: "keep" needs a primary key, or rows without a cursor would be duplicated')
  if (spec.findKeys !== undefined && primaryKey.length === 0)
    fail('findKeys needs a primary key; name its columns, or leave it out')
  if (spec.globalKey === true && primaryKey.length === 0) fail('globalKey needs a primary key; name its columns')

  const span = (
    name: 'window' | 'lookback' | 'minAge' | 'retention',
    otherwise: bigint | undefined,
  ): bigint | undefined =>
    spec[name] === undefined
      ? otherwise
      : (spanOf(spec[name], cursor) ??
        fail(`"${name}" must be ${cursor?.type === 'integer' ? 'a count' : "a duration such as days(1) or '30m'"}`))
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
    minAge: span('minAge', timed ? MINUTE : 0n)!,
    retention: span('retention', undefined),
    ordered: spec.ordered,
    nullCursor: spec.nullCursor ?? 'reject',
    globalKey: spec.globalKey === true,
    immutable: spec.immutable === true,
    deletions: spec.deletions,
    keyRanges: keyRangesOf(spec.name, spec.keyRanges, { primaryKey, cursored: cursor !== undefined, columns }, fail),
    aliases: spec.aliases ?? [],
    start: startOf(spec.start, cursor, fail),
    end: spec.end?.bind(spec) as Table['end'],
    clock: spec.clock?.bind(spec) as Table['clock'],
    revision: spec.revision?.bind(spec) as Table['revision'],
    generation: spec.generation?.bind(spec) as Table['generation'],
    countRows: spec.countRows?.bind(spec) as Table['countRows'],
    countUnread: spec.countUnread?.bind(spec) as Table['countUnread'],
    findKeys: spec.findKeys?.bind(spec) as Table['findKeys'],
    read: spec.read.bind(spec) as unknown as Table['read'],
  }
}
