import type { Reader } from '@tidemark/destination'
import type { ActionAnswer, TroubleAnswer } from './answers.ts'

export type FeedEvent =
  | { readonly type: 'change'; readonly data: string }
  | { readonly type: 'trouble'; readonly data: TroubleAnswer }
  | { readonly type: 'action'; readonly data: ActionAnswer | null }

type Listener = (event: FeedEvent) => void

export interface Feed {
  /** @returns a function that ends it. */
  listen(listener: Listener): () => void
  tell(event: FeedEvent): void
  close(): void
}

export interface FeedOptions {
  readonly reader: Pick<Reader, 'mark'>
  readonly everyMs: number
  readonly troubleOf: (error: unknown) => TroubleAnswer
}

/** Polls the database while a page listens, and reports changes. Each poll is one short statement. */
export function createFeed({ reader, everyMs, troubleOf }: FeedOptions): Feed {
  const listeners = new Set<Listener>()
  let timer: NodeJS.Timeout | undefined
  let last: string | undefined

  const tell = (event: FeedEvent): void => {
    for (const listener of listeners) listener(event)
  }
  const look = async (): Promise<void> => {
    let now: string
    try {
      now = await reader.mark()
      if (now !== last) tell({ type: 'change', data: now })
    } catch (error) {
      const trouble = troubleOf(error)
      now = trouble.message
      if (now !== last) tell({ type: 'trouble', data: trouble })
    }
    last = now
    // The next poll waits for this one, however slow the database is.
    timer = listeners.size === 0 ? undefined : setTimeout(look, everyMs)
  }

  return {
    tell,
    listen(listener) {
      listeners.add(listener)
      timer ??= setTimeout(look, 0)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearTimeout(timer)
        timer = undefined
      }
    },
    close() {
      listeners.clear()
      clearTimeout(timer)
    },
  }
}
