import { type Change, type Checkpoint, defineSource, type Source, UNCHANGED } from '@tidemark/core'
import { z } from 'zod'
import { type Entry, type Told, toldRow } from './told.ts'

type Offset = { readonly at: number }

/** A database in memory that changes while it is read, and keeps a log of its changes. */
export class Live {
  rows = new Map<number, Told>()
  log: Entry[] = []
  /** Called at every moment at which the source is waited for. */
  meanwhile: () => void | Promise<void> = () => {}
  /** Called when so many pages of a chunk are read. */
  betweenPages: (chunk: number, pages: number) => void | Promise<void> = () => {}
  /** Columns that were added, in all rows. */
  added: Readonly<Record<string, null>> = {}
  chunksRead: number[] = []
  begun = 0
  isTold = false
  /** The log from before this is not kept. */
  begunAt = 0
  rowsByKey = true
  lostFor: string | Readonly<Record<string, string>> | undefined
  /** Its log goes on until the signal; else it ends when all is told. */
  isEndless = true

  transaction(...entries: Entry[]): void {
    for (const entry of entries) this.#apply(entry)
    this.log.push(...entries, { op: 'commit' })
  }

  #apply(entry: Entry): void {
    if (entry.op === 'delete') this.rows.delete(entry.id)
    else if (entry.op === 'truncate') this.rows.clear()
    else if (entry.op === 'put') {
      const { row, before } = entry
      const there = this.rows.get(before ?? row.id)
      if (before !== undefined) this.rows.delete(before)
      this.rows.set(row.id, {
        id: row.id,
        note: row.note === UNCHANGED ? there!.note : row.note,
        total: row.total === UNCHANGED ? there!.total : row.total,
      })
    }
  }

  source(): Source {
    const live = this
    const memory = defineSource({ name: 'memory' })
    const feed = memory.feed({ name: 'log', offset: z.object({ at: z.int() }) })
    const snapshot = async (want: (id: number) => boolean): Promise<Told[]> => {
      await live.meanwhile()
      return [...live.rows.values()].filter(({ id }) => want(id)).map((row) => ({ ...row, ...live.added }))
    }
    const orders = feed.table({
      name: 'orders',
      row: toldRow,
      primaryKey: ['id'],
      backfill: {
        *chunks() {
          for (let from = 0; from < 40; from += 10) yield { from, to: from === 30 ? null : from + 10 }
        },
        async *read({ chunk }) {
          live.chunksRead.push(chunk.from)
          const rows = await snapshot((id) => id >= chunk.from && (chunk.to === null || id < chunk.to))
          await live.betweenPages(chunk.from, 0)
          for (let first = 0; first < rows.length; first += 4) {
            yield rows.slice(first, first + 4)
            await live.meanwhile()
            await live.betweenPages(chunk.from, first / 4 + 1)
          }
          return { at: live.log.length }
        },
        ...(live.rowsByKey
          ? {
              async *rows({
                keys,
              }: {
                readonly keys: readonly { readonly id: unknown }[]
              }): AsyncGenerator<Told[], Offset> {
                const wanted = new Set(keys.map(({ id }) => Number(id)))
                yield await snapshot((id) => wanted.has(id))
                return { at: live.log.length }
              },
            }
          : {}),
      },
    })
    return memory.with([
      feed.of([orders], {
        begin() {
          live.begun++
          return { at: live.log.length }
        },
        head: () => ({ at: live.log.length }),
        lost() {
          const lost = live.isTold ? { orders: 'it was rewritten' } : live.lostFor
          live.isTold = false
          return lost
        },
        isPast: (one, other) => one.at >= other.at,
        repeatable: true,
        async *read({ offset, signal }): AsyncGenerator<Change<undefined> | Checkpoint<Offset>> {
          for (let index = offset?.at ?? 0; !signal.aborted; index++) {
            await live.meanwhile()
            while (index >= live.log.length) {
              if (!live.isEndless) return
              await new Promise((later) => setTimeout(later, 1))
              if (signal.aborted) return
            }
            const entry = live.log[index]!
            if (entry.op === 'put')
              yield orders.upserted(
                [{ ...entry.row, ...live.added } as never],
                entry.before === undefined ? {} : { before: { id: entry.before } },
              )
            else if (entry.op === 'delete') yield orders.deleted([{ id: entry.id }])
            else if (entry.op === 'truncate') yield orders.truncated()
            else if (entry.op === 'columns') yield orders.schemaChanged(entry.row)
            else if ((entry as { op: string }).op === 'lost') {
              live.isTold = true
              yield feed.checkpoint({ at: index + 1 }, { lost: true })
            } else yield feed.checkpoint({ at: index + 1 })
          }
        },
      }),
    ]) as Source
  }
}
