/** What is asked of a source once for many runs. */
interface Kept {
  readonly value: Promise<unknown>
  readonly until: number
}

/**
 * Sources that stay connected from one run to the next, for a process that runs many small ones: their connections, and for a
 * while what they list. One that fails is forgotten and closed, so that the next run connects again.
 */
export class OpenSources {
  /** Aborts when the sources are closed: what a connection is given lives as long as it does. */
  readonly #closed = new AbortController()
  readonly #sources = new Map<string, Map<string, Kept>>()

  /** When tables were asked for their ends, by name, and what these were: what was read since then is checked by then. */
  readonly asked = new Map<string, { readonly at: bigint; readonly ends: ReadonlyMap<string, bigint> }>()

  get signal(): AbortSignal {
    return this.#closed.signal
  }

  /** What was asked before, if that is not longer ago than it is kept, or asks it now. */
  keep<T>(source: string, what: string, ask: () => Promise<T>, keptMs = Number.POSITIVE_INFINITY): Promise<T> {
    const all = this.#sources.get(source) ?? new Map<string, Kept>()
    this.#sources.set(source, all)
    const kept = all.get(what)
    if (kept !== undefined && kept.until > performance.now()) return kept.value as Promise<T>
    const value = ask()
    all.set(what, { value, until: performance.now() + keptMs })
    value.catch(() => {
      if (all.get(what)?.value === value) all.delete(what)
    })
    return value
  }

  /** A source failed: whatever is known of it is forgotten. */
  async forget(source: string): Promise<void> {
    const all = this.#sources.get(source)
    this.#sources.delete(source)
    const client = await all?.get(CONNECTION)?.value.catch(() => undefined)
    await (client as { close?: () => unknown } | undefined)?.close?.()
  }

  async close(): Promise<void> {
    const names = [...this.#sources.keys()]
    await Promise.allSettled(names.map((name) => this.forget(name)))
    this.#closed.abort(new DOMException('the source is let go', 'AbortError'))
  }
}

/** What a connection is kept under. */
export const CONNECTION = 'connection'
