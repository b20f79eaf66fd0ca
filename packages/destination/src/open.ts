import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Logger, SyncError } from '@tidemark/core'
import { type Destination, type Runner, silent } from '@tidemark/core/engine'
import { isPostgres, parseAddress } from './postgres/address.ts'
import { openSqlite } from './sqlite/open-sqlite.ts'
import { hasSqliteState } from './sqlite/read-only.ts'

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
  /** Opens it also in the middle of a move into it. */
  readonly moving?: boolean | undefined
  readonly log?: Logger | undefined
}

/** The driver, loaded only where it is used: most commands end before it would have been. */
const postgres = () => import('./postgres/open-postgres.ts')

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
  log = silent,
}: OpenOptions): Promise<Destination> {
  const place = placeOf(url)
  const destination = place.isServer
    ? await (await postgres()).openPostgres({ url, runner, isAlive, leaseMs, lockMs: busyMs ?? LOCK_MS, moving })
    : await openSqlite({ path: place.url, runner, isAlive, leaseMs, busyMs: busyMs ?? BUSY_MS, moving })
  log.debug('destination open', { kind: destination.profile.name, place: place.shown })
  return destination
}

/** The file that a destination's url names, `:memory:` for none. @throws SyncError `fix-config`. */
function pathOf(url: string): string {
  const refuse = (problem: string): never => {
    throw new SyncError(
      `the destination ${problem}; give it the path of a SQLite file, such as data/tidemark.db, or a url such as postgres://user@host:5432/database`,
      'fix-config',
      {
        code: 'destination-unavailable',
      },
    )
  }
  // The address may hold a password: only its kind is said.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase()
  if (url === '' || url.includes('\0')) return refuse(url === '' ? 'is empty' : 'holds a NUL character')
  if (scheme === 'file' && url.startsWith('file://')) return fileURLToPath(url)
  if (scheme === 'sqlite' || scheme === 'file') {
    const rest = url.slice(scheme.length + 1)
    const path = rest.startsWith('///') ? rest.slice(2) : rest.startsWith('//') ? rest.slice(2) : rest
    return path === '' ? refuse(`names no file: ${url}`) : pathIn(path)
  }
  if (scheme !== undefined && url.slice(scheme.length + 1).startsWith('//'))
    return refuse(`is of the kind "${scheme}", which this version does not have`)
  return pathIn(url)
}

function pathIn(path: string): string {
  return path === ':memory:' || isAbsolute(path) ? path : resolve(path)
}

/** Where a destination is, before it is opened. */
export interface Place {
  readonly url: string
  /** For people: without a password. */
  readonly shown: string
  readonly isServer: boolean
}

/** @throws SyncError `fix-config`, which never repeats what was written. */
export function placeOf(text: string): Place {
  if (isPostgres(text)) return { url: text, shown: parseAddress(text).shown, isServer: true }
  const path = pathOf(text)
  return { url: path, shown: path, isServer: false }
}

/** Whether there is a state to go on from; makes nothing. @throws SyncError where a server cannot be asked. */
export async function isThere({ url, isServer }: Place): Promise<boolean> {
  return isServer ? await (await postgres()).hasState(url) : url !== ':memory:' && (await hasSqliteState(url))
}
