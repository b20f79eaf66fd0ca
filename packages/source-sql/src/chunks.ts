/** About how many bytes of an answer are kept until somebody takes them. */
const CHUNK = 4 << 20

/** Where an answer comes from: it is stopped while nobody takes what has come. */
export interface Tap {
  pause(): void
  resume(): void
}

export interface Chunk<T> {
  readonly items: readonly T[]
  /** There is no more of this answer. */
  readonly done: boolean
}

/** Nothing came for longer than the server may work on one answer. */
export class TooSlow extends Error {}

/**
 * An answer as it comes, cut by its bytes: however wide rows suddenly are, no more of them is held than one chunk, and the
 * server waits until that is taken.
 */
export class Chunks<T> {
  rows = 0
  bytes = 0
  readonly #tap: Tap
  #items: T[] = []
  #held = 0
  #isPaused = false
  #isOver = false
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(tap: Tap) {
    this.#tap = tap
  }

  add(item: T, bytes: number, rows = 1): void {
    this.#items.push(item)
    this.rows += rows
    this.bytes += bytes
    this.#held += bytes
    if (this.#held < CHUNK) return
    if (!this.#isPaused) {
      this.#isPaused = true
      this.#tap.pause()
    }
    this.#wake?.()
  }

  end(): void {
    this.#isOver = true
    this.#wake?.()
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#isOver = true
    this.#items = []
    this.#wake?.()
  }

  /** What has come, once it is a chunk or all. @throws TooSlow where neither comes within a time; time that we take does not count. */
  async next(withinMs: number): Promise<Chunk<T>> {
    if (this.#held < CHUNK && !this.#isOver) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const timer = setTimeout(() => reject(new TooSlow()), withinMs)
      this.#wake = resolve
      try {
        await promise
      } finally {
        clearTimeout(timer)
        this.#wake = undefined
      }
    }
    if (this.#failure !== undefined) throw this.#failure.error
    const items = this.#items
    this.#items = []
    this.#held = 0
    if (this.#isPaused) {
      this.#isPaused = false
      this.#tap.resume()
    }
    return { items, done: this.#isOver && this.#items.length === 0 }
  }
}
