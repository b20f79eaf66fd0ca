/** How long a connection serves further runs: what its client has asked once it does not ask again. */
const KEPT_MS = 60_000

/** One connection to a source, and what was asked by it. */
export class OpenSource {
  since = performance.now()
  readonly #signal = new AbortController()
  readonly #answers = new Map<string, Promise<unknown>>()
  #client: Promise<unknown> | undefined
  #users = 0
  #isOver = false

  /** What the connection is given: it lives longer than the run that makes it. */
  get signal(): AbortSignal {
    return this.#signal.signal
  }

  use(): this {
    this.#users++
    return this
  }

  /** The client, which the first run connects. */
  connected(connect: () => Promise<unknown>): Promise<unknown> {
    this.#client ??= connect()
    return this.#client
  }

  /** What was asked before by this connection, or asks it now. */
  keep<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const answer = this.#answers.get(what) ?? ask()
    this.#answers.set(what, answer)
    return answer as Promise<T>
  }

  /** The next run asks again, by the same connection. */
  refresh(): void {
    this.#answers.clear()
    this.since = performance.now()
  }

  /** A run needs it no more. */
  async release(): Promise<void> {
    this.#users--
    await this.#closeIfOver()
  }

  /** No further run uses it; it is closed when those that do have ended. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#closeIfOver()
  }

  async #closeIfOver(): Promise<void> {
    if (!this.#isOver || this.#users > 0 || this.#signal.signal.aborted) return
    this.#signal.abort(new DOMException('the source is let go', 'AbortError'))
    const client = await this.#client?.catch(() => undefined)
    await (client as { close?: () => unknown } | undefined)?.close?.()
  }
}

/** Sources that stay connected from one run to the next for a while, for a process that runs many small ones. */
export class OpenSources {
  readonly #sources = new Map<string, OpenSource>()
  /** When tables were asked for their ends, by name, and what these were: what was read since then is checked by then. */
  readonly asked = new Map<string, { readonly at: bigint; readonly ends: ReadonlyMap<string, bigint> }>()

  readonly #keeps: (source: string) => boolean
  readonly #keptMs: number

  /** @param keeps which sources stay connected; absent: all. @param keptMs how long without `refresh`. */
  constructor(keeps: (source: string) => boolean = () => true, keptMs: number = KEPT_MS) {
    this.#keeps = keeps
    this.#keptMs = keptMs
  }

  /** The connection of a source that a run uses, until it releases it; undefined: it does not stay connected. */
  take(source: string): OpenSource | undefined {
    if (!this.#keeps(source)) return undefined
    const known = this.#sources.get(source)
    if (known !== undefined && performance.now() - known.since < this.#keptMs) return known.use()
    if (known !== undefined) void this.end(source, known)
    const open = new OpenSource()
    this.#sources.set(source, open)
    return open.use()
  }

  /** The next run connects again: what was asked must be as of now, or the connection failed. */
  async end(source: string, open = this.#sources.get(source)): Promise<void> {
    if (open === undefined) return
    if (this.#sources.get(source) === open) this.#sources.delete(source)
    await open.end().catch(() => {})
  }

  /** What was asked must be as of now; the connection stays. */
  refresh(source: string): void {
    this.#sources.get(source)?.refresh()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sources.keys()].map((source) => this.end(source)))
  }
}
