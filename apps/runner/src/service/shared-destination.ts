import type { Destination } from '@tidemark/core/engine'

type Open = (work: (destination: Destination) => Promise<void>) => Promise<void>

interface Opened {
  readonly destination: Promise<Destination>
  readonly close: () => void
  readonly closed: Promise<void>
  users: number
}

/**
 * One connection for all concurrent users: opened for the first, closed after the last. Two connections of one process would
 * wait for each other's locks in a database file.
 */
export class SharedDestination {
  readonly #open: Open
  #current: Opened | undefined

  constructor(open: Open) {
    this.#open = open
  }

  async with<T>(work: (destination: Destination) => Promise<T>): Promise<T> {
    this.#current ??= this.#opened()
    const opened = this.#current
    opened.users++
    try {
      return await work(await opened.destination)
    } finally {
      if (--opened.users === 0) {
        this.renew(opened)
        opened.close()
        await opened.closed
      }
    }
  }

  /** This connection failed: the next user gets a new one. */
  renew(opened = this.#current): void {
    if (this.#current === opened) this.#current = undefined
  }

  #opened(): Opened {
    const ready = Promise.withResolvers<Destination>()
    const done = Promise.withResolvers<void>()
    const closed = this.#open(async (destination) => {
      ready.resolve(destination)
      await done.promise
    })
    closed.catch((error: unknown) => ready.reject(error))
    ready.promise.catch(() => {})
    return { destination: ready.promise, close: done.resolve, closed: closed.catch(() => {}), users: 0 }
  }
}
