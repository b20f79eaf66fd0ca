import { setTimeout as wait } from 'node:timers/promises'
import { type Change, type Checkpoint, defineSource, type Source } from '@tidemark/core'
import { z } from 'zod'
import { KEPT_KEYS, type KeptRow, keptAt, keptTransaction } from './kept-log.ts'

export interface CrashChunksOptions {
  /** How many transactions the log comes to hold. */
  readonly until: number
  /** So many of them come while a process reads. */
  readonly growth: number
  /** An eighth of the time in which a transaction comes, or a page of a chunk is read. 0: all is there at once. */
  readonly pageMs?: number | undefined
  /** The negative control: a chunk says that it holds no more than what is committed, so it is shown too early. */
  readonly showsEarly?: boolean | undefined
  /** A chunk is being read, or is read and waits to be shown. */
  readonly onChunk: (phase: 'reading' | 'waiting') => void
  /** Called where a commit is acknowledged. */
  readonly onAcknowledged: (at: number) => void
}

/** More keys than a batch of a process of the harness has rows, so that chunks are staged. */
const CHUNK_KEYS = 50
const PAGE_ROWS = 10
/** Slow enough to be killed on the way. */
const SLOWER = 8
/** The log tells a transaction when so many more have come: a chunk that is read by then waits for it. */
const LOG_LAG = 15
/** In the negative control: long enough that a kill soon meets what is shown too early. */
const CONTROL_LAG = 100
/** So many transactions are kept in the log: who is further behind reads the table again. */
const LOG_KEPT = 10

/**
 * A system with one table that was there before its log. It changes while its chunks are read: a chunk is the table as it is at that
 * moment, and so holds more than what is committed by then.
 */
export function crashChunks({
  until,
  growth,
  pageMs = 1,
  showsEarly,
  onChunk,
  onAcknowledged,
}: CrashChunksOptions): Source {
  const startedAt = performance.now()
  /** How many transactions there were at a moment: a process finds the system a little further than the one before it. */
  const grownAt = (ms: number): number => {
    const grown = pageMs === 0 ? growth : Math.max(0, Math.floor(ms / (SLOWER * pageMs)))
    return Math.min(until, Math.max(0, until - growth) + grown)
  }
  const now = (): number => grownAt(performance.now() - startedAt)
  const lag = (showsEarly === true ? CONTROL_LAG : LOG_LAG) * SLOWER * pageMs
  const logged = (): number => grownAt(performance.now() - startedAt - lag)
  type Offset = { readonly at: number }
  const source = defineSource({ name: 'crash' })
  const feed = source.feed({ name: 'log', offset: z.object({ at: z.int() }) })
  async function* pages(rows: readonly KeptRow[], asOf: Offset): AsyncGenerator<readonly KeptRow[], Offset> {
    onChunk('reading')
    for (let at = 0; at < rows.length; at += PAGE_ROWS) {
      if (pageMs > 0) await wait(SLOWER * pageMs)
      yield rows.slice(at, at + PAGE_ROWS)
    }
    onChunk('waiting')
    return showsEarly === true ? asOf : { at: now() }
  }
  const kept = feed.table({
    name: 'kept',
    row: z.object({ id: z.int(), note: z.string(), total: z.int() }),
    primaryKey: ['id'],
    backfill: {
      *chunks() {
        for (let from = 0; from < KEPT_KEYS; from += CHUNK_KEYS) yield from
      },
      read: ({ chunk, asOf }) =>
        pages(
          [...keptAt(now()).values()].filter(({ id }) => id >= chunk && id < chunk + CHUNK_KEYS),
          asOf,
        ),
      rows: ({ keys, asOf }) =>
        pages(
          keys.flatMap(({ id }) => keptAt(now()).get(Number(id)) ?? []),
          asOf,
        ),
    },
  })
  return source.with([
    feed.of([kept], {
      begin: () => ({ at: now() }),
      head: () => ({ at: until }),
      isPast: (one, other) => one.at >= other.at,
      acknowledge: ({ offset }) => onAcknowledged(offset.at),
      lost({ offset }) {
        const from = now() - LOG_KEPT
        return offset.at < from ? `the log is kept from ${from} on` : undefined
      },
      repeatable: true,
      async *read({ offset, signal }): AsyncGenerator<Change<undefined> | Checkpoint<Offset>> {
        for (let at = offset?.at ?? 0; ; at++) {
          while (at >= logged()) {
            await wait(1)
            if (signal.aborted) return
          }
          for (const entry of keptTransaction(at)) {
            if (entry.op === 'truncate') yield kept.truncated()
            else if (entry.op === 'delete') yield kept.deleted([{ id: entry.id }])
            else yield kept.upserted([entry.row], entry.before === undefined ? {} : { before: { id: entry.before } })
          }
          yield feed.checkpoint({ at: at + 1 })
        }
      },
    }),
  ]) as Source
}

/** The chunk of a key, by its number in the list. */
export const chunkOf = (id: number): number => Math.floor(id / CHUNK_KEYS)
