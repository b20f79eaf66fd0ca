import type { Destination, Project, ReadOnlyDestination, Runner } from '@tidemark/core/engine'
import type { QueueDatabase } from '../queue/queue-database.ts'

/** Where a destination is, before it is opened. */
export interface Place {
  /** Which kind of database: the name of one of `KINDS`. */
  readonly kind: string
  /** As the config names it, and as it is opened: an absolute path, or an address. */
  readonly url: string
  /** For people: without a password. */
  readonly shown: string
  /** Where on a server a new state is put. Absent: the database has no schemas. */
  readonly schema?: string
  /** Whether the address itself names the schema. */
  readonly isSchemaNamed?: boolean
}

export interface OpenOptions {
  readonly runner: Runner
  /** Whether a process on this host still runs; undefined: not known. Absent or not known: only its heartbeat says so. */
  readonly isAlive?: ((holder: Runner) => boolean | undefined) | undefined
  /** How long a lease outlives its runner's last heartbeat. */
  readonly leaseMs: number
  /** How long another writer is waited for; absent: as long as is usual with such a database. */
  readonly busyMs?: number | undefined
  /** The project that it is opened for: tables of others are seen and never touched. Absent: all tables are one's own. */
  readonly project?: Project | undefined
  /** Opens it also in the middle of a move into it. */
  readonly moving: boolean
}

/** Looks at a destination and changes nothing: no migration, no file, no lease. It reads the last two versions of the state. */
export interface Reader extends ReadOnlyDestination {
  /** A text that is another one after every change of the state. */
  mark(): Promise<string>
  /** So often it may be asked, by what that costs. */
  readonly markEveryMs: number
}

/** What comes of a query row by row: first its columns. */
export type QueryAnswer = { readonly columns: readonly string[] } | { readonly row: readonly unknown[] }

/** What a destination is and whether it can be written, before anything is. */
export interface Examination {
  readonly kind: string
  /** For people: `Postgres`. */
  readonly title: string
  readonly version: string
  /** What is left of the disk; undefined where only the server can see it. */
  readonly freeBytes: number | undefined
  /** What prevents writing, each with the way out. */
  readonly problems: readonly string[]
}

/** A kind of database. Its driver is loaded only where it is used: most commands end before it would have been. */
export interface DatabaseKind {
  readonly name: string
  /** Whether it is reached over a network, so that a variable of the environment may name it for somebody else. */
  readonly isNetworked: boolean
  /** Whether an address names such a database, whatever else is wrong with it. */
  names(address: string): boolean
  /** @throws SyncError `fix-config`, which never repeats what was written: it may hold a password. */
  placeOf(address: string): Place
  /** What of an address changes nothing, for a warning. Absent: nothing. */
  ignoredIn?(place: Place): readonly string[]
  /** Opens it, makes it where it is not there, and brings its state tables to this version. */
  open(place: Place, options: OpenOptions): Promise<Destination>
  /** @throws SyncError where there is no database, it cannot be reached, or its state is of a version that is not read. */
  openReader(place: Place, project: Project | undefined): Promise<Reader>
  /** Whether there is a state to continue with; makes nothing. */
  hasState(place: Place): Promise<boolean>
  /** Looks whether it can be written; makes and changes nothing. */
  examine(place: Place): Promise<Examination>
  /** Asks one statement of the user's by a connection of its own, row by row. Only for a database that does not end queries: the process that calls it can be ended. */
  queryRows?(place: Place, statement: string): Generator<QueryAnswer>
  /** Connections for the queue that workers on several machines share. Absent: one process writes such a database at a time. */
  openQueue?(place: Place): Promise<QueueDatabase>
  /** What other users of this machine may do with it, each with the way out. Absent: the database guards itself. */
  exposureOf?(place: Place): readonly string[]
}
