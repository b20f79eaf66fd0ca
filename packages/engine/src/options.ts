import type { DeletionLimit, SecretStore, SharedPace } from '@tidemark/core'
import type { Destination, EventLog, Execute, Lease, ReadOnlyDestination } from '@tidemark/core/engine'
import type { ConfiguredSource, DiscoveredTable } from './discover/catalog.ts'
import type { OpenSources } from './discover/open-sources.ts'
import type { Failure } from './failure/failure.ts'
import type { RangeOptions } from './plan/asked-range.ts'
import type { StepList } from './plan/step-list.ts'
import type { RunEvent } from './report/event.ts'
import type { Clock } from './time/clock.ts'

import type { RetryPolicy } from './time/retry-policy.ts'

/** What a run leaves alone because it is not due yet: configured sources that it need not even call, and known tables. */
export interface Resting {
  readonly sources: ReadonlySet<string>
  readonly tables: ReadonlySet<string>
}

/** What is needed to call the sources and to read the destination. */
export interface LookOptions {
  /** The sources to sync, each with its config. */
  readonly sources: readonly ConfiguredSource[]
  /** Configured or installed sources that cannot run; their tables do not count as removed. */
  readonly unavailable?: readonly { readonly name: string; readonly failure: Failure }[] | undefined
  readonly destination: ReadOnlyDestination
  readonly settings?: Settings | undefined
  /** Names of tables (in the destination or in the source) or of configured sources; absent: all. */
  readonly select?: readonly string[] | undefined
  /** What is not due yet: it is left alone, and not taken for removed. */
  readonly resting?: Resting | undefined
  /** Lifts the deletion limit, this run. */
  readonly acceptDeletions?: boolean | undefined
  /** Does requested resyncs and nothing else: no window is covered that was not before. */
  readonly only?: 'resyncs' | undefined
  /**
   * What comes due again during a backfill: tables of the whole run (`run`, the default), or only those of the source
   * that is backfilling (`source`), because another run keeps the others fresh.
   */
  readonly keepsFresh?: 'run' | 'source' | undefined
  readonly signal?: AbortSignal | undefined
  /** Each line names its event; the log of a source is one, too. */
  readonly log?: EventLog | undefined
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** Takes secrets out of whatever is recorded or reported. */
  readonly redact?: ((text: string) => string) | undefined
  /** Keeps secrets that a source is given in exchange for others, such as a refresh token that works once. By configured source. */
  readonly secretsOf?: ((use: string) => SecretStore) | undefined
  /** The pace that several processes share at which they ask a configured source. */
  readonly paceOf?: ((use: string) => SharedPace) | undefined
  readonly clock?: Clock | undefined
  /** Sources that are connected already, and stay so for the next runs. */
  readonly openSources?: OpenSources | undefined
}

/** Steps of one partition, for whoever reads them. */
export interface HandedOut {
  readonly table: DiscoveredTable
  readonly partition: string
  readonly steps: StepList
  /** How many of them a run reads, where there are more than ever come to an end; undefined: all. */
  readonly most: number | undefined
}

/** What a run is given. */
export interface RunOptions extends LookOptions {
  readonly destination: Destination
  /**
   * Restricts the run to a range of one table, which `select` names: what is planned inside is read and committed, and nothing
   * of the table counts as checked. Positions as `tidemark sync --from --to` takes them.
   */
  readonly range?: RangeOptions | undefined
  /** The feed (`feedKey`) that is read again from its beginning. */
  readonly restartFeed?: string | undefined
  /** Of a run of a range that another program may have planned: a table that this one reads in another way is left alone. */
  readonly asPlanned?: boolean | undefined
  /** Leases that the caller holds already, so that no other runner takes a table between a request and its execution. Each is released as soon as its table is done. */
  readonly leases?: readonly Lease[] | undefined
  /** Part of a run that the caller has begun and will end: its number, and what numbers its steps. */
  readonly partOf?: { readonly run: number; nextStep(): number } | undefined
  /** Of a run of a range: called in the transaction that commits the last of it, and again where that is tried again. */
  readonly within?: ((execute: Execute) => Promise<void>) | undefined
  /**
   * What is to be read is handed out, and none of it is read here: called with the steps of each partition, also if there are no
   * steps. A table that a feed tells has none: a run that selects it reads its feed.
   */
  readonly handOut?: ((handed: HandedOut) => void) | undefined
}

export interface Settings {
  /** Where backfills start, if neither table nor source says: an ISO date or time. */
  readonly initialSyncStart?: string | undefined
  /** Steps at once, over all sources (4) and in each (2). */
  readonly concurrency?: number | undefined
  readonly perSource?: number | undefined
  /** Steps of one table at once, as windows of a partition or in several partitions: as many as of its source. */
  readonly perTable?: number | undefined
  /** How often incremental steps come due during a run, if neither table nor source says: 5 minutes. */
  readonly everyMs?: number | undefined
  /** After this no new backfill step begins, and whatever only waits for its source is given up. */
  readonly maxTimeMs?: number | undefined
  /** What another system has synced already, on a first run. */
  readonly synced?: { readonly tables: readonly string[]; readonly to: string } | undefined
  readonly retry?: RetryPolicy | undefined
  /** How long a source may leave a question without an answer (2 minutes), or, five times that, give no page of rows. */
  readonly stallTimeoutMs?: number | undefined
  /** Rows and bytes of a batch. */
  readonly batch?: { readonly rows: number; readonly bytes: number } | undefined
  /** Share of a window's rows that may be rejected, where it has more than `above` rows. */
  readonly rejectLimit?: { readonly share: number; readonly above: number } | undefined
  /** How many rows of a table may be marked as deleted or replaced in a run, where neither table nor source says. */
  readonly deletionLimit?: DeletionLimit | undefined
  /** Tables get the column `_run`: the run that wrote each row last. A table that has it keeps it. */
  readonly runColumn?: boolean | undefined
}
