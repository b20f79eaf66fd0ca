import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Feed, FeedEvent } from './feed.ts'

const BEAT_MS = 15_000
/** Maximum number of open pages, in total and per address; each costs memory, and work at every change. */
const MAX_STREAMS = 64
const MOST_FROM_ONE = 32
/** A client with this many pending events gets no more: they would accumulate here. */
const MOST_WAITING = 16

export interface EventStreamOptions {
  readonly feed: Feed
  readonly textOf: (event: FeedEvent) => string
  /** The address of the browser, whatever proxy is in between. */
  readonly addressOf: (c: Context) => string
  /** The response if too many pages are open. */
  readonly refuse: (c: Context) => Response
}

/** The event stream of a page: an event for each change, and heartbeats in between. */
export function eventStreams({ feed, textOf, addressOf, refuse }: EventStreamOptions): (c: Context) => Response {
  const open = new Map<string, number>()
  return (c) => {
    const address = addressOf(c)
    const own = open.get(address) ?? 0
    if (own >= MOST_FROM_ONE || sum(open.values()) >= MAX_STREAMS) return refuse(c)
    open.set(address, own + 1)
    return streamSSE(c, async (stream) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      let waiting = 0
      const send = (event: string, data: string): void => {
        if (++waiting > MOST_WAITING) resolve()
        else stream.writeSSE({ event, data }).then(() => waiting--, resolve)
      }
      const end = feed.listen((event) => send(event.type, textOf(event)))
      const beat = setInterval(() => send('beat', ''), BEAT_MS)
      stream.onAbort(resolve)
      send('beat', '')
      await promise
      clearInterval(beat)
      end()
      const left = (open.get(address) ?? 1) - 1
      if (left === 0) open.delete(address)
      else open.set(address, left)
      // Does not wait until a slow client has received everything.
      stream.abort()
      cut(c)
    })
  }
}

function sum(counts: Iterable<number>): number {
  return [...counts].reduce((all, one) => all + one, 0)
}

/** Ends the connection and drops pending events. */
function cut(c: Context): void {
  const { outgoing } = (c.env ?? {}) as { readonly outgoing?: { destroy(): unknown } }
  outgoing?.destroy()
}
