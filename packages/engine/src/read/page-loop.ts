import { isDeleted, type Table } from '@tidemark/core/engine'
import type { Clock } from '../time/clock.ts'
import { notPages } from './step-error.ts'

/** How long pages may be taken in at a stretch. */
const TURN_MS = 2

/** What a table yields: rows, or deleted rows. */
type Page = ReturnType<Table['read']> extends AsyncIterable<infer P> ? P : never
type Next = IteratorResult<Page, unknown>

/** How far a page got: there is more; it has passed what is read, behind which only deletions are of interest; or that is all. */
export type Taken = 'more' | 'past' | 'enough'

export interface PageLoop {
  readonly table: Table
  /** Asks the source for its pages. */
  readonly read: () => unknown
  /** Waits for the next page, for as long as that may take. */
  readonly next: (ask: () => Promise<Next>) => Promise<Next>
  readonly take: (page: Page) => Taken | Promise<Taken>
  /** The loop is over: the source's signal aborts, so that it stops whatever it still does. */
  readonly stop: () => void
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Takes in the pages of a table, one after another, until there are no more, or none that belongs to what is read. Now and
 * then everything else has its turn, however fast they come. Whatever ends it, the source may close what it opened, and
 * one that hangs there is not waited for.
 */
export async function eachPage({ table, read, next, take, stop, clock, signal }: PageLoop): Promise<void> {
  const pages = read()
  if (!isIterable(pages)) {
    // It may be a promise that rejects later, and nobody would be there.
    Promise.resolve(pages).catch(() => {})
    throw notPages(table)
  }
  const iterator = pages[Symbol.asyncIterator]()
  let isOver = false
  let isPast = false
  let turnedAt = clock.monotonic()
  try {
    for (;;) {
      const { done, value } = await next(() => iterator.next())
      if (clock.monotonic() - turnedAt >= TURN_MS) {
        await clock.turn()
        turnedAt = clock.monotonic()
        signal.throwIfAborted()
      }
      isOver = done === true
      if (isOver || (isPast && !isDeleted(value))) return
      const taken = await take(value as Page)
      if (taken === 'enough') return
      isPast ||= taken === 'past'
    }
  } finally {
    stop()
    if (!isOver) void Promise.try(() => iterator.return?.()).catch(() => {})
  }
}

function isIterable(pages: unknown): pages is AsyncIterable<Page> {
  return typeof (pages as Partial<AsyncIterable<Page>> | undefined)?.[Symbol.asyncIterator] === 'function'
}
