import type { z } from 'zod'
import type { AnySchema } from './any-schema.ts'
import type { Change, Checkpoint, CheckpointOptions, UNCHANGED } from './change.ts'
import { changeOf, checkpointOf } from './change.ts'
import type { Awaitable, Context } from './context.ts'
import { SyncError } from './error.ts'
import type { FeedBacklog } from './feed-backlog.ts'
import type { FeedFinding } from './feed-finding.ts'
import type { ColumnName, RowSchema } from './row-schema.ts'
import { type Table, tableOf } from './table.ts'
import type { Tracked } from './tracked.ts'

/** What an offset or a chunk may be: it is stored as JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A changed row: a field that the change did not touch and did not tell is `UNCHANGED`. */
export type ChangedRow<S extends RowSchema> = string extends keyof S['shape']
  ? Readonly<Record<string, unknown>>
  : { readonly [K in keyof z.input<S>]: z.input<S>[K] | typeof UNCHANGED }
/** The primary key of a row. */
export type FeedKey<S extends RowSchema, PK extends readonly string[]> = string extends keyof S['shape']
  ? Readonly<Record<string, unknown>>
  : Readonly<Pick<z.input<S>, PK[number] & keyof z.input<S>>>

/** How what a table held before its feed began is read, in chunks beside the feed. */
export interface FeedBackfill<Client, S extends RowSchema, PK extends readonly string[], Offset, C extends Json> {
  /** Cuts the table into chunks, once, when it is first seen. A chunk is the source's own: a range of keys, of pages. */
  chunks(context: Context<Client>): AsyncIterable<C> | Awaitable<Iterable<C>>
  /**
   * Reads a chunk from a snapshot that holds everything up to `asOf` (waits until it does), and returns an offset that the feed
   * must have passed before the chunk is shown: at or after everything that the snapshot holds.
   */
  read(
    context: Context<Client> & { readonly chunk: C; readonly asOf: Offset },
  ): AsyncGenerator<readonly z.input<S>[], Offset>
  /** Reads rows by their keys, like a chunk: for rows that a change told only in part. */
  rows?(
    context: Context<Client> & { readonly keys: readonly FeedKey<S, PK>[]; readonly asOf: Offset },
  ): AsyncGenerator<readonly z.input<S>[], Offset>
}

/** One table of a feed, as its author writes it. */
export interface FeedTableSpec<
  Client,
  Offset,
  S extends RowSchema,
  PK extends readonly ColumnName<S>[],
  C extends Json,
> {
  /** Unique within the source; the destination table is `<source>_<name>`. */
  readonly name: string
  /** The schema of a row. Its fields become the columns. */
  readonly row: S
  /** The columns that identify a row. Without a key, rows are only added. */
  readonly primaryKey?: PK | undefined
  /** Names this table had before; its rows then stay in their destination table. */
  readonly aliases?: readonly string[] | undefined
  /** Absent: the feed itself tells what was there before. */
  readonly backfill?: FeedBackfill<Client, S, NoInfer<PK>, Offset, C> | undefined
}

/** A table of a feed. Its changes are made by its own functions, so that the types of their rows are checked. */
export interface FeedTable<in Client, S extends RowSchema, PK extends readonly string[]> {
  /** Its name in the source. */
  readonly name: string
  /** What the engine reads of it. */
  readonly table: Table<Client>
  /** New and changed rows. `before`: the key that the row had before, where it changed; then of one row. */
  upserted(rows: readonly ChangedRow<S>[], options?: { readonly before?: FeedKey<S, PK> | undefined }): Change<Client>
  /** Rows that are gone, by their keys. */
  deleted(keys: readonly FeedKey<S, PK>[]): Change<Client>
  /** Every row that came before is gone (TRUNCATE, a new version of all). It counts with the next checkpoint. */
  truncated(): Change<Client>
  /** From here on the table has these columns. */
  schemaChanged(row: RowSchema): Change<Client>
  /** From here on the feed yields all rows of the table. */
  snapshotStarted(): Change<Client>
  /** The feed has yielded all rows of the table: those that did not come since the snapshot started are deleted. */
  snapshotEnded(): Change<Client>
}

/** What a feed does; its tables are made before it, so that every change that it yields has a type. */
export interface FeedSpec<Client, Offset extends Json> {
  /**
   * An offset from which on the feed yields every change. Called once, before the first `read`; it may be called again if its answer was not
   * committed, with the same `id`: what it made at the source is found again. `id` names this destination's use of the feed.
   */
  begin?(context: Context<Client> & { readonly tables: readonly string[]; readonly id: string }): Awaitable<Offset>
  /**
   * Whether the source can still continue from an offset; a reason where it cannot: then all of the feed's tables are read again. Reasons by
   * table: then only these are, by their backfill, and the feed continues. Called before `read`, and again where `feedLost` is thrown.
   *
   * @returns undefined, or nothing by table, where nothing is lost.
   */
  lost?(
    context: Context<Client> & { readonly offset: Offset },
  ): Awaitable<string | Readonly<Record<string, string>> | undefined>
  /**
   * Called by each run before its first `read`, with the tables that it reads: the place to stop at the source what serves tables that are not
   * read any more. With none where the feed has none now, and is not read: they may return. Only a run calls it: commands that look (`plan`, `check`, `verify`) change nothing at a source.
   */
  prepare?(
    context: Context<Client> & { readonly tables: readonly string[]; readonly offset: Offset; readonly id: string },
  ): Awaitable<void>
  /** Whether an offset is at or after another one. Absent: offsets are never compared. */
  isPast?(offset: Offset, other: Offset): boolean
  /** The offset at which the source is now: where a run stops. Absent: a run ends when `read` does. */
  head?(context: Context<Client>): Awaitable<Offset>
  /**
   * Yields changes and checkpoints, in the order of the system, from an offset on; undefined: from the beginning. Ends by
   * itself (a tap), or continues until `signal` (a log).
   */
  read(
    context: Context<Client> & { readonly offset: Offset | undefined },
  ): AsyncIterable<Change<Client> | Checkpoint<Offset>>
  /** Called after a commit: the source need keep nothing before this offset. */
  acknowledge?(context: Context<Client> & { readonly offset: Offset }): Awaitable<void>
  /**
   * Removes what `begin` made at the source. Called when the feed is no longer wanted (`retired`), and before a lost one begins again under
   * another id; it may be called again.
   *
   * @returns as `removed` the `holder` of its `backlog` that is gone now, or null where that stays, because others made it or may read it: then
   * the user is given the statements of `cleanup`. Nothing: all is removed.
   */
  end?(
    context: Context<Client> & {
      readonly offset: Offset
      readonly id: string
      /** Why it cannot continue: what is there may by now be another destination's. Absent: it is retired. */
      readonly lostFor?: string | undefined
    },
  ): Awaitable<{ readonly removed: string | null } | void>
  /**
   * What the source keeps for the feed, for `status` and monitors. A run asks it every ten seconds and at its end, and commits the answer; `check` asks it as well. It changes
   * nothing.
   */
  backlog?(
    context: Context<Client> & { readonly offset: Offset; readonly id: string },
  ): Awaitable<FeedBacklog | undefined>
  /** What is missing at the source for the feed to begin or to continue, for the command `check`. `id` and `offset`: of a feed that has begun. It changes nothing. */
  check?(
    context: Context<Client> & {
      readonly tables: readonly string[]
      readonly id?: string | undefined
      readonly offset?: Offset | undefined
    },
  ): Awaitable<readonly FeedFinding[]>
  /** The config does not ask for this feed any more: it has no tables, and is not read. A run calls `end` if an earlier one began it. */
  readonly retired?: true | undefined
  /** Asked again from an offset, it yields the same changes in the same order, as a log does. */
  readonly repeatable?: true | undefined
  /** The connector keeps its own state in the offset, one for all of its tables: `status` says so. */
  readonly opaque?: true | undefined
  /**
   * `read` itself ends, with an error, if its system is silent for too long, by a limit of its own, and so does the function that finds
   * its tables: the engine waits for the next change, and for the tables, as long as it takes. Absent: the engine gives up after
   * `stallTimeout` without the tables, and after five times that without a change.
   */
  readonly watchesSilence?: true | undefined
}

/** Finds the tables of a feed; called once per run. */
export type FeedTablesOf<Client> = (
  context: Context<Client> & { readonly tracked: Tracked },
) => Awaitable<Iterable<FeedTable<Client, RowSchema, readonly string[]>>>

/** A stream of changes of several tables, with an offset that only its source understands. */
export interface FeedDraft<Client, Offset extends Json> {
  /** Defines a table of the feed. @throws SyncError `fix-source` where its names or types do not fit together. */
  table<S extends RowSchema, const PK extends readonly ColumnName<S>[] = readonly [], C extends Json = Json>(
    table: FeedTableSpec<Client, Offset, S, PK, C>,
  ): FeedTable<Client, S, PK>
  /** Everything yielded before is whole. */
  checkpoint(offset: Offset, options?: CheckpointOptions): Checkpoint<Offset>
  /** Completes the feed: its tables, or the function that finds them, and how it is read. */
  of(
    tables: readonly { readonly name: string; readonly table: Table<Client> }[] | FeedTablesOf<Client>,
    feed: FeedSpec<Client, Offset>,
  ): Feed<Client>
}

type Ask<Answer = unknown> = (context: never) => Answer
/** A feed as the engine uses it. */
export interface Feed<in Client = never> {
  /** An engine refuses a kind that it does not know, by name. */
  readonly kind: 'feed'
  /** Unique within the source. */
  readonly name: string
  /** Parses a stored offset. */
  readonly offset: AnySchema
  /** Its tables, or the function that finds them. */
  readonly tables: readonly Table<Client>[] | Ask<Awaitable<Iterable<{ readonly table: Table }>>>
  /** See `FeedSpec`, as of all that follows. */
  readonly repeatable: boolean
  /** Its connector keeps a state of its own in the offset. */
  readonly opaque: boolean
  /** Its source ends a read itself whose system is silent for too long. */
  readonly watchesSilence: boolean
  /** Undefined: it begins without an offset. */
  readonly begin: Ask | undefined
  /** Undefined: it can always continue. */
  readonly lost: Ask | undefined
  /** Undefined: nothing at the source depends on which tables are read. */
  readonly prepare: Ask | undefined
  /** Undefined: a run ends when `read` does. */
  readonly head: Ask | undefined
  /** Undefined: its offsets are never compared. */
  readonly isPast: ((offset: never, other: never) => boolean) | undefined
  /** Yields changes and checkpoints. */
  readonly read: Ask<AsyncIterable<unknown>>
  /** Undefined: the source need not know what is committed. */
  readonly acknowledge: Ask | undefined
  /** Undefined: it leaves nothing at the source. */
  readonly end: Ask | undefined
  /** Undefined: its source does not say what it keeps. */
  readonly backlog: Ask | undefined
  /** See `FeedSpec`. */
  readonly check: Ask | undefined
  /** The config does not ask for it any more. */
  readonly retired: boolean
}

/** Starts a feed. @param source the name of its source. */
export function feedOf<Client, Offset extends Json>(
  source: string,
  { name, offset }: { readonly name: string; readonly offset: z.ZodType<Offset> },
): FeedDraft<Client, Offset> {
  const fail = (problem: string): never => {
    throw new SyncError(`source "${source}": feed "${name}": ${problem}`, 'fix-source')
  }
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_]*$/.test(name))
    fail('a feed\'s name is lower case letters, digits and "_", starting with a letter')
  return {
    table: (spec) => feedTableOf(name, spec as unknown as AnyTableSpec) as never,
    checkpoint: (at, options = {}) => checkpointOf({ offset: at, options }),
    of(tables, spec) {
      if (typeof spec.read !== 'function') fail('read must be an async generator: async *read({ offset }) { yield … }')
      if (typeof tables !== 'function') {
        const backfilled = tables.find(({ table }) => table.feed?.backfill !== undefined)
        if (backfilled !== undefined && spec.isPast === undefined)
          fail(
            `table "${backfilled.name}" has a backfill, so the feed needs isPast(offset, other): a chunk is shown when the feed has passed it`,
          )
      }
      return {
        kind: 'feed',
        name,
        offset,
        tables: typeof tables === 'function' ? (tables as never) : tables.map(({ table }) => table),
        repeatable: spec.repeatable === true,
        opaque: spec.opaque === true,
        watchesSilence: spec.watchesSilence === true,
        begin: spec.begin?.bind(spec) as Feed['begin'],
        lost: spec.lost?.bind(spec) as Feed['lost'],
        prepare: spec.prepare?.bind(spec) as Feed['prepare'],
        head: spec.head?.bind(spec) as Feed['head'],
        isPast: spec.isPast?.bind(spec) as Feed['isPast'],
        read: spec.read.bind(spec) as Feed['read'],
        acknowledge: spec.acknowledge?.bind(spec) as Feed['acknowledge'],
        end: spec.end?.bind(spec) as Feed['end'],
        backlog: spec.backlog?.bind(spec) as Feed['backlog'],
        check: spec.check?.bind(spec) as Feed['check'],
        retired: spec.retired === true,
      }
    },
  }
}

type AnyTableSpec = FeedTableSpec<unknown, Json, RowSchema, readonly string[], Json>
function feedTableOf(feed: string, spec: AnyTableSpec): FeedTable<unknown, RowSchema, readonly string[]> {
  const { name, row, primaryKey, aliases, backfill } = spec
  const checked = tableOf<unknown>({ name, row, primaryKey, aliases, read: notRead } as never)
  const table: Table<unknown> = {
    ...checked,
    feed: {
      name: feed,
      backfill: backfill && {
        chunks: backfill.chunks.bind(backfill) as never,
        read: backfill.read.bind(backfill) as never,
        rows: backfill.rows?.bind(backfill) as never,
      },
    },
  }
  const change = (one: object): Change<unknown> => changeOf({ table: name, ...one } as never)
  return {
    name,
    table,
    upserted: (rows, options) => change({ kind: 'upserted', rows, before: options?.before }),
    deleted: (keys) => change({ kind: 'deleted', keys }),
    truncated: () => change({ kind: 'truncated' }),
    schemaChanged: (now) => change({ kind: 'schema-changed', row: now }),
    snapshotStarted: () => change({ kind: 'snapshot-started' }),
    snapshotEnded: () => change({ kind: 'snapshot-ended' }),
  }
}

/** Its feed tells its rows; nobody reads it by windows. */
async function* notRead(): AsyncGenerator<never> {}
