import type { Logger } from '@tidemark/core'
import { type Destination, type Project, type Runner, silent } from '@tidemark/core/engine'
import { isPostgres, OWN_SCHEMA, parseAddress } from './dialects/postgres/address.ts'
import { openSqlite } from './dialects/sqlite/open-sqlite.ts'
import { hasSqliteState } from './dialects/sqlite/read-only.ts'
import { filePath } from './file-path.ts'

export interface OpenOptions {
  /** A path, `sqlite:<path>`, `file:<path>`, `:memory:`, or `postgres://user@host:port/database?schema=name`. */
  readonly url: string
  readonly runner: Runner
  /** Whether a process on this host still runs; undefined: not known. Absent or not known: only its heartbeat says so. */
  readonly isAlive?: ((holder: Runner) => boolean | undefined) | undefined
  /** How long a lease outlives its runner's last sign of life. A minute. */
  readonly leaseMs?: number | undefined
  /** How long another writer is waited for. Five seconds for a SQLite file, thirty for a lock in Postgres. */
  readonly busyMs?: number | undefined
  /** The project that it is opened for: tables of others are seen and never touched. Absent: all tables are one's own. */
  readonly project?: Project | undefined
  /** Opens it also in the middle of a move into it. */
  readonly moving?: boolean | undefined
  readonly log?: Logger | undefined
}

/** The driver, loaded only where it is used: most commands end before it would have been. */
const postgres = () => import('./dialects/postgres/open-postgres.ts')

const BUSY_MS = 5000
const LOCK_MS = 30_000

/**
 * Opens a destination, makes it where it is not there, and brings its state tables to this version.
 *
 * @throws SyncError that names the destination, what is wrong, and the way out.
 */
export async function openDestination({
  url,
  runner,
  isAlive,
  leaseMs = 60_000,
  busyMs,
  moving = false,
  project,
  log = silent,
}: OpenOptions): Promise<Destination> {
  const place = placeOf(url)
  if (place.isServer)
    for (const name of parseAddress(place.url).ignored)
      log.warn(`the destination's parameter "${name}" is not known and changes nothing; leave it out`)
  const destination = place.isServer
    ? await (await postgres()).openPostgres({
        url: place.url,
        runner,
        isAlive,
        leaseMs,
        lockMs: busyMs ?? LOCK_MS,
        moving,
        project,
      })
    : await openSqlite({ path: place.url, runner, isAlive, leaseMs, busyMs: busyMs ?? BUSY_MS, moving, project })
  log.debug('destination open', { kind: destination.profile.name, place: place.shown })
  return destination
}

/** Where a destination is, before it is opened. */
export interface Place {
  readonly url: string
  /** For people: without a password. */
  readonly shown: string
  readonly isServer: boolean
  /** Where on a server a new state is put. */
  readonly schema?: string
  /** Whether the address itself names the schema. */
  readonly isSchemaNamed?: boolean
}

/** @throws SyncError `fix-config`, which never repeats what was written. */
export function placeOf(text: string): Place {
  const url = text.trim()
  if (isPostgres(url)) {
    const { shown, schema } = parseAddress(url)
    return { url, shown, isServer: true, schema: schema ?? OWN_SCHEMA, isSchemaNamed: schema !== undefined }
  }
  const path = filePath(url)
  return { url: path, shown: path, isServer: false }
}

/** Whether there is a state to go on from; makes nothing. @throws SyncError where a server cannot be asked. */
export async function isThere({ url, isServer }: Place): Promise<boolean> {
  return isServer ? await (await postgres()).hasState(url) : url !== ':memory:' && (await hasSqliteState(url))
}
