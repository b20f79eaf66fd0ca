import { SyncError } from '@tidemark/core'
import { type Destination, type EventLog, type Project, type Runner, silent } from '@tidemark/core/engine'
import type { DatabaseKind, Examination, OpenOptions, Place, QueryAnswer, Reader } from './dialects/database-kind.ts'
import { duckdb } from './dialects/duckdb/kind.ts'
import { postgres } from './dialects/postgres/kind.ts'
import { sqlite } from './dialects/sqlite/kind.ts'
import type { QueueDatabase } from './queue/queue-database.ts'
import { isAlive, thisRunner } from './state/this-runner.ts'

/** The first that an address names is its kind. */
const KINDS: readonly DatabaseKind[] = [postgres, duckdb, sqlite]

export interface OpenDestinationOptions extends Omit<OpenOptions, 'runner' | 'leaseMs' | 'moving'> {
  /** A path, `sqlite:<path>`, `file:<path>`, `:memory:`, or `postgres://user@host:port/database?schema=name`. */
  readonly url: string
  /** Who holds the leases of this connection. Absent: this process, another runner each time it opens a destination. */
  readonly runner?: Runner | undefined
  /** How long a lease outlives its runner's last heartbeat. A minute. */
  readonly leaseMs?: number | undefined
  /** Opens it also in the middle of a move into it. */
  readonly moving?: boolean | undefined
  readonly log?: EventLog | undefined
}

/**
 * Opens a destination, makes it where it is not there, and brings its state tables to this version.
 *
 * @throws SyncError that names the destination, what is wrong, and the way out.
 */
export async function openDestination({
  url,
  runner = thisRunner(),
  leaseMs = 60_000,
  moving = false,
  log = silent,
  ...options
}: OpenDestinationOptions): Promise<Destination> {
  const place = placeOf(url)
  const kind = kindOf(place)
  for (const name of kind.ignoredIn?.(place) ?? [])
    log.warn(`the destination's parameter "${name}" is unknown and has no effect; leave it out`, {
      event: 'destination-note',
    })
  const destination = await kind.open(place, { isAlive, ...options, runner, leaseMs, moving })
  log.debug('destination open', { event: 'destination-opened', kind: kind.name, place: place.shown })
  return destination
}

export interface ReaderOptions {
  readonly url: string
  /** The project that looks: tables of others are kept apart. Absent: all tables are one's own. */
  readonly project?: Project | undefined
}

/**
 * Opens a destination for read-only use.
 *
 * @throws SyncError where there is no database, it cannot be reached, or its state is of a version that it does not read.
 */
export async function openReader({ url, project }: ReaderOptions): Promise<Reader> {
  const place = placeOf(url)
  return await kindOf(place).openReader(place, project)
}

/** Whether workers on several machines can share a destination. */
export function isShareable(place: Place): boolean {
  return kindOf(place).openQueue !== undefined
}

/**
 * Opens connections for the queue that the workers of a destination share.
 *
 * @throws SyncError `fix-config` where such a database is written by one process at a time.
 */
export async function openQueueDatabase(place: Place): Promise<QueueDatabase> {
  const { openQueue } = kindOf(place)
  if (openQueue !== undefined) return await openQueue(place)
  throw new SyncError(
    `the destination ${place.shown} is a file of one machine, and workers share their windows through a Postgres server; sync it by one process with: tidemark sync --every 5m, or move it to a server with: tidemark move <postgres url>`,
    'fix-config',
    { code: 'usage' },
  )
}

/** @throws SyncError `fix-config`, which never repeats what was written. */
export function placeOf(text: string): Place {
  const address = text.trim()
  return KINDS.find((kind) => kind.names(address))!.placeOf(address)
}

/** Whether an address names a database that is reached over a network, whatever else is wrong with it. */
export function namesServer(address: string): boolean {
  return KINDS.find((kind) => kind.names(address))!.isNetworked
}

/** Whether the database ends a statement when it is asked to. Otherwise only the process can be ended that runs `queryRows`. */
export function endsQueries(place: Place): boolean {
  return kindOf(place).queryRows === undefined
}

/** Asks one statement by a connection of its own, row by row. @throws SyncError code `query` where it is not a query. */
export function queryRows(place: Place, statement: string): Generator<QueryAnswer> {
  const { name, queryRows: rows } = kindOf(place)
  if (rows === undefined) throw new Error(`a query of ${name} needs no process of its own`)
  return rows(place, statement)
}

/** Whether there is a state to continue with; makes nothing. @throws SyncError where a server cannot be asked. */
export function isThere(place: Place): Promise<boolean> {
  return kindOf(place).hasState(place)
}

/** Looks whether a place can be written; makes and changes nothing. @throws SyncError where a server cannot be asked. */
export function examine(place: Place): Promise<Examination> {
  return kindOf(place).examine(place)
}

/** What other users of this machine may do with a database, each with the way out. */
export function exposureOf(place: Place): readonly string[] {
  return kindOf(place).exposureOf?.(place) ?? []
}

function kindOf({ kind }: Place): DatabaseKind {
  return KINDS.find(({ name }) => name === kind)!
}
