import type { Logger } from './log.ts'
import type { InWindow, RowSchema } from './row-schema.ts'

/** What every function of a source is given. */
export interface Context<Client> {
  /** What `connect` returned; one for each use of the source and run. */
  readonly client: Client
  /** Aborts when the run is stopped, the step is given up or the source is let go: hand it on to whatever waits. */
  readonly signal: AbortSignal
  /** Where to say facts. Not for errors: throw them. */
  readonly log: Logger
}
/** The partition that is asked about: what the list of partitions gave. Nothing where the table has none. */
export type OfPartition<P> = [P] extends [undefined] ? unknown : { readonly partition: P }
/** What `read` is given: client, signal and log, its partition, and the window that it is to read. */
export type ReadContext<Client, S extends RowSchema, K, P> = Context<Client> &
  OfPartition<P> &
  InWindow<S, K> & {
    /** The table may get other columns while it is read: see `columnsChanged`. */
    readonly mayChangeColumns?: true | undefined
  }

/** One of many like things a table is read for: its id, or an object that carries its id and what `read` needs of it. */
export type Partition = string | { readonly id: string }
/** A list of partitions, which several tables may share. */
export interface Partitions<Client, P> {
  /** Asked once a run, before anything is read. Where it fails its tables fail; where it no longer lists one, its rows stay. */
  list(context: Context<Client>): AsyncIterable<P> | Iterable<P> | Promise<Iterable<P>>
}
/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>
