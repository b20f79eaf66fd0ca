import { setTimeout as wait } from 'node:timers/promises'
import { defineSource, type Source } from '@tidemark/core'
import { z } from 'zod'
import { transactionAt } from './told-log.ts'

export interface CrashFeedOptions {
  /** How many transactions the log holds. */
  readonly until: number
  /** How long it takes to tell a transaction. */
  readonly pageMs?: number | undefined
  /** Called where a commit is acknowledged. */
  readonly onAcknowledged: (at: number) => void
}

/** A system that keeps a log of two tables, one with a key and one without, of which every entry follows from its number. */
export function crashFeed({ until, pageMs = 1, onAcknowledged }: CrashFeedOptions): Source {
  const source = defineSource({ name: 'crash' })
  const feed = source.feed({ name: 'log', offset: z.object({ at: z.int() }) })
  const keyed = feed.table({
    name: 'told',
    row: z.object({ id: z.int(), note: z.string().nullable(), total: z.int() }),
    primaryKey: ['id'],
  })
  const keyless = feed.table({ name: 'added', row: z.object({ transaction: z.int(), nth: z.int() }) })
  return source.with([
    feed.of([keyed, keyless], {
      begin: () => ({ at: 0 }),
      head: () => ({ at: until }),
      isPast: (one, other) => one.at >= other.at,
      acknowledge: ({ offset }) => onAcknowledged(offset.at),
      // A log tells the same again from any of its offsets.
      repeatable: true,
      async *read({ offset }) {
        for (let at = offset?.at ?? 0; at < until; at++) {
          if (pageMs > 0) await wait(pageMs)
          for (const entry of transactionAt(at)) {
            if (entry.op === 'add') yield keyless.upserted([entry.row])
            else if (entry.op === 'truncate') yield keyed.truncated()
            else if (entry.op === 'delete') yield keyed.deleted([{ id: entry.id }])
            else yield keyed.upserted([entry.row], entry.before === undefined ? {} : { before: { id: entry.before } })
          }
          yield feed.checkpoint({ at: at + 1 })
        }
      },
    }),
  ]) as Source
}
