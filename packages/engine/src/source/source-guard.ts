import { AsyncLocalStorage } from 'node:async_hooks'
import { SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'

const AT_WORK = new AsyncLocalStorage<SourceGuard>()

/**
 * Guards what a source does: an exception in one of its timers, or an unhandled `error` event, is that
 * source's failure, and no other's.
 */
export class SourceGuard {
  readonly name: string
  readonly #broken = new AbortController()

  constructor(name: string) {
    this.name = name
  }

  /** Aborts when the source broke outside of what it was asked. */
  get signal(): AbortSignal {
    return this.#broken.signal
  }

  /** Calls a function of the source: whatever it starts is known as its own. */
  run<T>(call: () => T): T {
    return AT_WORK.run(this, call)
  }

  fail(error: unknown): void {
    this.#broken.abort(
      new SyncError(
        `source "${this.name}" threw an error outside the calls that Tidemark made: ${messageOf(error)}; report it to its author`,
        'fix-source',
        { code: 'stray', cause: error },
      ),
    )
  }
}

/**
 * For a process that hears of an uncaught exception: fails the source that it came from.
 *
 * @returns the source's name; undefined where it is nobody's, so that the process must end.
 */
export function blameSource(error: unknown): string | undefined {
  const guard = AT_WORK.getStore()
  guard?.fail(error)
  return guard?.name
}

// What the engine and its destination say with these codes a source cannot say for them.
const RESERVED = /^(destination|config$|clash$|alias$|other-project$|unknown-table$|fenced$|held$|reject-limit$|rail$)/

/** An error of a source: it fails what belongs to the source, whatever code it has. */
export function ofSource(error: unknown): unknown {
  if (!SyncError.is(error) || error.code === undefined || !RESERVED.test(error.code)) return error
  const { message, remedy, retryAfterMs } = error
  return new SyncError(message, remedy, { cause: error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}

/** A promise of a source's, with its errors as its own. */
export function asked<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw ofSource(error)
  })
}
