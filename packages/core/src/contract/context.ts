import type { BinaryColumn } from './binary-page.ts'
import type { Logger } from './log.ts'
import type { InWindow, RowSchema } from './row-schema.ts'

/** What every function of a source receives. */
export interface Context<Client> {
  /** What `connect` returned; one for each configured source and run. */
  readonly client: Client
  /** Aborts when the run is stopped, the step is given up or the source is closed: pass it on to every call that waits. */
  readonly signal: AbortSignal
  /** For information. Do not log errors: throw them. */
  readonly log: Logger
}
/** The partition in question, as the list of partitions returned it. Undefined if the table has no partitions. */
export type OfPartition<P> = [P] extends [undefined] ? unknown : { readonly partition: P }
/** What `read` receives: client, signal and log, its partition, and the window to read. */
export type ReadContext<Client, S extends RowSchema, K, P> = Context<Client> &
  OfPartition<P> &
  InWindow<S, K> & {
    /** The table's columns may change while it is read: see `columnsChanged`. */
    readonly mayChangeColumns?: true | undefined
    /**
     * The destination takes rows in the binary form of Postgres, with these fields in this order: pages may be made by
     * `binaryPage`. Absent: rows alone.
     */
    readonly binary?: readonly BinaryColumn[] | undefined
  }

/** One of many similar things that a table is read for: its id, or an object with its id and what `read` needs to know of it. */
export type Partition = string | { readonly id: string }
/** A list of partitions, which several tables may share. */
export interface Partitions<Client, P> {
  /** Called once per run, before any read. If it fails, its tables fail; if it no longer lists a partition, that partition's rows stay. */
  list(context: Context<Client>): AsyncIterable<P> | Iterable<P> | Promise<Iterable<P>>
}
/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>
