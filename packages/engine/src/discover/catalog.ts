import type { Column, Logger, Source, SourceOptions } from '@tidemark/core'
import type { DeletionShare, Feed, Range, SchemaMode, Table, TableColumn, Unread } from '@tidemark/core/engine'
import type { Failure } from '../failure/failure.ts'

import type { SourceGuard } from '../source/source-guard.ts'

/** One configured source. */
export interface ConfiguredSource {
  /** Its name in the config, and the prefix of its tables; several may share a source. */
  readonly name: string
  readonly source: Source
  /** What a user writes under `config`; the engine parses it by the source's schema. Absent: `{}`. */
  readonly config?: unknown
  /** The engine's options for it, such as `{ every: '1h', tables: { audit: false } }`. */
  readonly options?: SourceOptions | undefined
}

/** What the sources have today: the result of discovery, and with the state all that planning needs. */
export interface Catalog {
  readonly sources: readonly DiscoveredSource[]
}

export interface DiscoveredSource {
  readonly name: string
  readonly client: unknown
  readonly log: Logger
  /** It could not be connected or asked for its tables; nothing is known of them then. */
  readonly failure: Failure | undefined
  /** Too many of its known tables are not listed to count as removed; those that are listed are read. */
  readonly missing?: MissingTables | undefined
  readonly tables: readonly DiscoveredTable[]
  /** Guards every call to it. */
  readonly guard: SourceGuard
  /** Asks for a table once more, where tables are found at run time, with the columns that it has so far. */
  readonly findTable?:
    | ((name: string, known: readonly Column[]) => Promise<Pick<DiscoveredTable, 'table' | 'columns'> | undefined>)
    | undefined
  /** Feeds that the config does not ask for any more, and those that it has. Absent: it could not be asked. */
  readonly feeds?: { readonly retired: readonly Feed[]; readonly wanted: readonly Feed[] } | undefined
  /** Asks a feed for its tables once more, where they are found at run time. @returns those that it did not have before. */
  readonly findFed?: ((feed: string) => Promise<FoundLater>) | undefined
  close(): Promise<void>
}

/** Tables that a feed has come upon while it was read. */
export interface FoundLater {
  readonly tables: readonly DiscoveredTable[]
  /** Those that the config leaves out, by their names in the source. */
  readonly leftOut: readonly string[]
}

/** Tables that were synced and that their source suddenly does not list: by their names in the destination, and why they fail. */
export interface MissingTables {
  readonly tables: readonly string[]
  readonly failure: Failure
}

/** A feed of a source in a run. */
export interface DiscoveredFeed {
  readonly feed: Feed
  /** Any of its tables is wanted: then all of them are, because it tells them together. */
  readonly isWanted: boolean
  /** Its tables that the config leaves out, by their names in the source: what it tells of them is dropped. */
  readonly leftOut: readonly string[]
}

export interface DiscoveredTable {
  /** The name in the destination. */
  readonly name: string
  readonly source: DiscoveredSource
  readonly table: Table
  /** The columns that are kept, without those that the config leaves out. */
  readonly columns: readonly TableColumn[]
  /** The feed that tells its rows; absent: it is read. */
  readonly fed?: DiscoveredFeed | undefined
  readonly options: TableSettings
  /** Of a table that stands in the code of its source: what is recorded of it as `RecordedSchema.hash`. */
  readonly schemaHash?: string | undefined
  readonly identity: string | undefined
  /** When its partitions were listed, by the destination's clock. */
  readonly askedAt?: bigint | undefined
  /** Nothing in the destination bears its name, which is for people: it fails, and nothing of it is recorded. */
  readonly unplaced?: true | undefined
  /** Its partitions could not be listed, or its settings do not fit it. */
  readonly failure: Failure | undefined
  readonly partitions: readonly DiscoveredPartition[]
  /** Known partitions that are listed and were not asked, because the run is for another one. */
  readonly unasked?: readonly string[] | undefined
}

/** The options of one table, with those of its source and the defaults applied. */
export interface TableSettings {
  /** As configured, a position; undefined: nothing is configured. */
  readonly start: bigint | undefined
  readonly everyMs: number
  readonly lookback: bigint
  readonly deletes: 'soft' | 'hard'
  /** Undefined: any number of rows may be deleted, and the table may become empty. */
  readonly deletionLimit: DeletionShare | undefined
  readonly mode: SchemaMode
  /** A new column is backfilled. */
  readonly backfill: boolean
  /** Each row names the run that wrote it last. */
  readonly runColumn: boolean
}

export interface DiscoveredPartition {
  /** '' where the table has none. */
  readonly id: string
  /** What `read` is given. */
  readonly value: unknown
  /** When it was asked, by the destination's clock. */
  readonly askedAt?: bigint | undefined
  /** The table's own start. */
  readonly start: bigint | undefined
  /** Past the minimum age and rounded down to the tick; undefined: nothing incremental this run. */
  readonly end: bigint | undefined
  /** Whether the end is the table's own, not the runner's clock. */
  readonly ownEnd: boolean
  /** Before the minimum age and rounding are applied. */
  readonly unsettledEnd: bigint | undefined
  readonly revision: DiscoveredRevision | undefined
  /** What the source calls its data; absent: it does not say. */
  readonly generation?: DiscoveredGeneration | undefined
  /** Where its full refresh is cut into ranges of its key; absent: it is one read. */
  readonly keyRanges?: DiscoveredKeyRanges | undefined
  /** Rows that no window holds, by the system's own count. */
  readonly unread?: Unread | undefined
  readonly failure: Failure | undefined
}

export interface DiscoveredKeyRanges {
  /** Each begins a range; sorted, one or more. */
  readonly bounds: readonly bigint[]
  /** A hash of what ranges that are read now hold for. */
  readonly schemaHash: string
}

export interface DiscoveredGeneration {
  readonly text: string
  /** Parts came or went, and none was replaced. */
  readonly regrouped: boolean
}

export interface DiscoveredRevision {
  readonly text: string
  /** A hash of what it holds for; a committed one of another hash is void. */
  readonly schemaHash: string
  readonly stale: readonly Range[]
}
