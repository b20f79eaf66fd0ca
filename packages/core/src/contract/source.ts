import type { z } from 'zod'
import type { Page } from './answers.ts'
import type { AnySchema } from './any-schema.ts'
import type { Configured, SourceOptions } from './config.ts'
import type { Awaitable, Context, Partition, Partitions } from './context.ts'
import { CONTRACT, CONTRACT_WITHOUT_FEEDS } from './contract-version.ts'
import { SyncError } from './error.ts'
import { type Feed, type FeedDraft, feedOf, type Json } from './feed.ts'
import type { Fits, Pages } from './fits.ts'
import type { Logger } from './log.ts'
import type { ColumnName, CursorOf, RowSchema } from './row-schema.ts'
import type { SecretStore } from './secret-store.ts'
import type { SharedPace } from './shared-pace.ts'
import type { SourceClock } from './source-clock.ts'
import { type Table, type TableSpec, tableOf } from './table.ts'
import type { Tracked } from './tracked.ts'

/** What `connect` receives beside the config. */
export interface ConnectContext {
  /** Aborts when the run is stopped or needs nothing more from this source: calls that are still open may end then. */
  readonly signal: AbortSignal
  readonly log: Logger
  /** Stores secrets that the system issues in exchange for others; absent if nothing can be stored. */
  readonly secrets?: SecretStore | undefined
  /** The pace that this process shares with others which read the same source; absent if it reads it alone. */
  readonly pace?: SharedPace | undefined
  /** What to wait by between two tries, in tests that do not wait as long: pass it to `HttpClient`. Absent: time as it is. */
  readonly clock?: SourceClock | undefined
}

/** The schema of what a user configures. */
export type ConfigSchema<Output = unknown> = AnySchema<Output>
/** What the schema of a source gives; of a source without one an empty object. */
export type ParsedBy<C extends z.ZodObject | undefined> = C extends z.ZodObject ? z.output<C> : Record<never, never>
/** What a user writes under `config`. */
export type WrittenFor<C extends z.ZodObject | undefined> = C extends z.ZodObject ? z.input<C> : Record<never, never>

/** A source without its tables: its name, the config it takes, and how it connects. */
export interface SourceSpec<C extends z.ZodObject | undefined, Client> {
  /** Lower case letters, digits and `_`. The key under `sources` in a config, and the first part of its tables' names. */
  readonly name: string
  /** What a user must configure. If all fields have defaults, the source works as soon as it is installed. */
  readonly config?: C | undefined
  /**
   * Called once per run and configured source, before anything else. What it returns is `client`; the engine calls its `close()`, if any,
   * when it is done with the source, whatever happened. `signal` aborts when the run is stopped, or is done with the source. What it
   * throws fails the tables of this source alone; a `SyncError` names the fix.
   */
  connect?(config: ParsedBy<C>, context: ConnectContext): Client | Promise<Client>
  /** Which system this is (an account, a database id), so that Tidemark notices another one behind the same name. Called once per run. */
  identity?(context: { readonly client: NoInfer<Client> }): Awaitable<string>
}

/** Finds the tables and feeds of a system; called once per run. */
export type TablesOf<Client> = (
  context: Context<Client> & { readonly tracked: Tracked },
) => Awaitable<Iterable<Table<Client> | Feed<Client>>>

// A source is recognised by this mark, whichever copy of core made it.
const SOURCE = Symbol.for('tidemark.source')

/** A source, complete with its tables. */
export interface Source<Config = unknown, Schema extends ConfigSchema | undefined = ConfigSchema | undefined> {
  /** The name it was defined with. */
  readonly name: string
  /** The contract of the core that it was built with. */
  readonly contract: number
  /** The schema of what a user writes under `config`; undefined if there is nothing to configure. */
  readonly config: Schema
  /** See `SourceSpec`. */
  readonly connect: ((config: never, context: ConnectContext) => unknown) | undefined
  /** See `SourceSpec`. */
  readonly identity: ((context: { readonly client: never }) => Awaitable<string>) | undefined
  /** Its tables and feeds, or the function that finds them. */
  readonly tables: readonly (Table | Feed)[] | TablesOf<never>
  /** Makes one configured source for `tidemark.config.ts`; plain data, without side effects. */
  configure(config: Config, options?: SourceOptions): Configured
}

/** A source that has no tables yet. */
export interface SourceDraft<Config, Client, Schema extends ConfigSchema | undefined = ConfigSchema | undefined> {
  /** A list of similar things to read tables for; several tables may share it, and the engine calls it once per run. */
  partitions<P extends Partition>(
    list: (context: Context<Client>) => AsyncIterable<P> | Iterable<P> | Promise<Iterable<P>>,
  ): Partitions<Client, P>
  /** Defines one table. @throws SyncError `fix-source` where its names or types do not fit together. */
  table<
    S extends RowSchema,
    const PK extends readonly ColumnName<S>[] = readonly [],
    const K extends CursorOf<S> | undefined = undefined,
    P = undefined,
    const Y extends Pages<S, PK, K> = Page<S, PK, K>,
  >(table: TableSpec<Client, S, PK, K, P, Y> & Fits<Y, S, PK, K>): Table<Client>
  /** Starts a feed: a stream of changes of several tables, with an offset that only this source understands, parsed from the state by `offset`. */
  feed<O extends z.ZodType>(feed: { readonly name: string; readonly offset: O }): FeedDraft<Client, z.output<O> & Json>
  /** Completes the source: with its tables and feeds, or with a function that finds them at run time. */
  with(tables: readonly (Table<Client> | Feed<Client>)[] | TablesOf<Client>): Source<Config, Schema>
}

/**
 * Starts a source: `defineSource({ name: 'shop', config, connect })`, then `table(…)` for each table, `with([…])`, and
 * `register`. See `docs/writing-a-source.md`.
 *
 * @throws SyncError `fix-source` where it is not a valid name.
 */
export function defineSource<C extends z.ZodObject | undefined = undefined, Client = undefined>(
  spec: SourceSpec<C, Client>,
): SourceDraft<WrittenFor<C>, Client, C> {
  if (!/^[a-z][a-z0-9_]*$/.test(spec.name)) {
    throw new SyncError(
      `a source's name is lower case letters, digits and "_", starting with a letter; "${spec.name}" is not`,
      'fix-source',
    )
  }
  return {
    partitions: (list) => ({ list }),
    table: (table) => tableOf(table as unknown as Parameters<typeof tableOf<Client>>[0]),
    feed: (feed) => feedOf(spec.name, feed as never) as never,
    with: (tables) => complete(spec, tables as unknown as Source['tables']),
  }
}

function complete<C extends z.ZodObject | undefined, Client>(
  spec: SourceSpec<C, Client>,
  tables: Source['tables'],
): Source<WrittenFor<C>, C> {
  const fixed = typeof tables === 'function' ? [] : tables
  const fail = (problem: string): never => {
    throw new SyncError(`source "${spec.name}" has ${problem}`, 'fix-source')
  }
  const twice = firstTwice(fixedTables(tables).map(({ name }) => name))
  if (twice !== undefined) fail(`two tables named "${twice}"; rename one`)
  const feeds = fixed.filter((one) => one.kind === 'feed')
  const feedTwice = firstTwice(feeds.map(({ name }) => name))
  if (feedTwice !== undefined) fail(`two feeds named "${feedTwice}"; rename one`)
  return {
    name: spec.name,
    contract: feeds.length > 0 ? CONTRACT : CONTRACT_WITHOUT_FEEDS,
    config: spec.config as C,
    connect: spec.connect?.bind(spec) as Source['connect'],
    identity: spec.identity?.bind(spec) as unknown as Source['identity'],
    tables,
    configure: (config, options) => ({ ...options, source: spec.name, config: config as object }),
    ...{ [SOURCE]: true },
  }
}

const firstTwice = (names: readonly string[]): string | undefined =>
  names.find((name, at) => names.indexOf(name) !== at)

/** The tables of a source that are known before it is asked, also those of its feeds. */
export function fixedTables(tables: Source['tables']): readonly Table[] {
  if (typeof tables === 'function') return []
  return tables.flatMap((one) => {
    if (one.kind !== 'feed') return [one]
    return typeof one.tables === 'function' ? [] : one.tables
  })
}

/** Whether a value is a source, of this copy of core or of another. */
export function isSource(value: unknown): value is Source {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[SOURCE] === true
}
