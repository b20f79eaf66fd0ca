import type { Socket } from 'node:net'
import pg from 'pg'

/** Looks at which a server has waited for us while we waited for it, before the connection counts as lost. */
const WAITED = 3
/** Looks that could tell nothing. */
const UNDECIDED = 6

/** A process of the server, and the start of that server: behind one address there may be several. */
export interface Backend {
  readonly pid: number
  readonly server: string
}

/** Says which backend a connection has. */
export const BACKEND = `select pg_catalog.pg_backend_pid() as pid,
  cast(extract(epoch from pg_catalog.pg_postmaster_start_time()) as text) as server`

export interface WatchOptions {
  readonly driver: pg.ClientConfig
  /** How often is looked. */
  readonly everyMs: number
}

/** What of the driver's client it does not declare. */
interface Wire {
  readonly readyForQuery: boolean
  readonly connection: { readonly stream: Socket }
}

interface Watched {
  backend: Backend | undefined
  /** How far both ends were at the last look. */
  mark: string
  waited: number
  undecided: number
}

interface Seen {
  readonly pid: number
  readonly waits: boolean
  /** Bytes that a COPY has taken. */
  readonly copied: string
}

/**
 * Finds connections whose other end has vanished without a word: a statement may take as long as it does, so nothing
 * but a look from another connection can tell a server that works from one that waits for us as we wait for it.
 */
export class Watch {
  readonly #options: WatchOptions
  readonly #watched = new Map<pg.ClientBase, Watched>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: WatchOptions) {
    this.#options = options
  }

  begin(client: pg.ClientBase): void {
    this.#watched.set(client, { backend: undefined, mark: '', waited: 0, undecided: 0 })
    this.#wait()
  }

  /** Says which backend does the work from here on. */
  knows(client: pg.ClientBase, backend: Backend): void {
    const watched = this.#watched.get(client)
    if (watched !== undefined) watched.backend = backend
  }

  end(client: pg.ClientBase): void {
    this.#watched.delete(client)
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => {
      void this.#look().then(() => {
        this.#timer = undefined
        if (this.#watched.size > 0) this.#wait()
      })
    }, this.#options.everyMs).unref()
  }

  async #look(): Promise<void> {
    const silent = [...this.#watched].filter(([client, watched]) => isSilent(client, watched))
    if (silent.length === 0) return
    const looker = new pg.Client({
      ...this.#options.driver,
      connectionTimeoutMillis: this.#options.everyMs,
      query_timeout: this.#options.everyMs,
    })
    looker.on('error', () => {})
    try {
      const answer = await ask(looker, silent)
      for (const [client, watched] of silent) {
        // What went on while we asked is not silent.
        if (this.#watched.get(client) !== watched || !isGone(client, watched, answer)) continue
        this.#watched.delete(client)
        await endBackend(looker, watched.backend)
        wireOf(client).connection.stream.destroy(
          Object.assign(new Error('no answer from the server, which is waiting for the client'), { code: 'ETIMEDOUT' }),
        )
      }
    } finally {
      void looker.end().catch(() => {})
      cutAfter(looker, this.#options.everyMs)
    }
  }
}

/** Cuts a connection that was ended, where its other end has said nothing to that. */
export function cutAfter(client: pg.ClientBase, ms: number): void {
  const { stream } = wireOf(client).connection
  setTimeout(() => stream.destroy(), ms).unref()
}

function wireOf(client: pg.ClientBase): Wire {
  return client as unknown as Wire
}

function bytesOf(client: pg.ClientBase): string {
  const { stream } = wireOf(client).connection
  return `${stream.bytesRead} ${stream.bytesWritten}`
}

/** Whether an answer is waited for, and not a byte has passed since the last look. */
function isSilent(client: pg.ClientBase, watched: Watched): boolean {
  const isSame = watched.mark.startsWith(`${bytesOf(client)} `)
  if (!wireOf(client).readyForQuery && isSame) return true
  Object.assign(watched, { mark: `${bytesOf(client)} `, waited: 0, undecided: 0 })
  return false
}

type Answer = { readonly server: string; readonly sessions: readonly Seen[] } | 'unreachable' | 'refused'

/** What the server says of some of its processes. */
async function ask(looker: pg.Client, silent: readonly (readonly [unknown, Watched])[]): Promise<Answer> {
  try {
    await looker.connect()
    const pids = silent.flatMap(([, { backend }]) => (backend === undefined ? [] : [backend.pid]))
    const own = await looker.query<Backend>(BACKEND)
    const { rows } = await looker.query<Seen>(
      `select a.pid, coalesce(a.wait_event_type = 'Client', false) as waits, cast(coalesce(p.bytes_processed, 0) as text) as copied
      from pg_catalog.pg_stat_activity a left join pg_catalog.pg_stat_progress_copy p on p.pid = a.pid
      where a.pid = any(cast($1 as integer[]))`,
      [pids],
    )
    return { server: own.rows[0]!.server, sessions: rows }
  } catch (error) {
    // A server that refuses is running.
    return (error as { readonly severity?: unknown }).severity === undefined ? 'unreachable' : 'refused'
  }
}

/** Whether a connection's other end has vanished, as far as this look and those before it can tell. */
function isGone(client: pg.ClientBase, watched: Watched, answer: Answer): boolean {
  if (wireOf(client).readyForQuery || answer === 'refused') return false
  // Who cannot connect cannot keep its leases either. A transaction begins at once: its first answer need not be looked for.
  if (answer === 'unreachable' || watched.backend === undefined) return ++watched.undecided >= UNDECIDED
  const { pid, server } = watched.backend
  if (answer.server !== server) return false
  const seen = answer.sessions.find((one) => one.pid === pid)
  const mark = `${bytesOf(client)} ${seen?.copied ?? ''}`
  const isWaiting = seen === undefined || seen.waits
  // The first look only takes the mark.
  watched.waited = !isWaiting ? 0 : mark === watched.mark ? watched.waited + 1 : 1
  watched.mark = mark
  return watched.waited >= WAITED
}

/** Ends the server's half, which would otherwise hold its locks indefinitely. */
async function endBackend(looker: pg.Client, backend: Backend | undefined): Promise<void> {
  if (backend === undefined) return
  await looker
    .query(
      `select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
      where pid = $1 and wait_event_type = 'Client' and application_name = current_setting('application_name')`,
      [backend.pid],
    )
    .catch(() => {})
}
