import { setTimeout as wait } from 'node:timers/promises'
import {
  type Change,
  type Checkpoint,
  defineSource,
  type FeedDraft,
  numeric,
  type Source,
  UNCHANGED,
} from '@tidemark/core'
import { z } from 'zod'
import type { FeedRowChange, FeedTestOptions } from '../../src/index.ts'

/** One deliberate mistake of a feed's author. */
export type FeedMistake =
  | 'field of no column'
  | 'deletion without a key'
  | 'offset that JSON does not hold'
  | 'offsets compared as texts'
  | 'never past'
  | 'continues too late'
  | 'continues too early'
  | 'deaf to the signal'
  | 'begins elsewhere each time'
  | 'NULL in the place of UNCHANGED'
  | 'tells the history alone'
  | 'edits are not told'
  | 'removals are not told'
  | 'tells all again'
  | 'remembers what it told'
  | 'does not end'

interface Order {
  readonly id: number
  readonly note: string | null
  readonly total: string
  readonly at: string
  readonly tags: { of: string[] }
}
interface Event {
  readonly kind: string
  readonly order: number
}

type Entry =
  | { readonly op: 'put'; readonly row: Record<string, unknown>; readonly before?: number; readonly isEdit?: true }
  | { readonly op: 'event'; readonly row: Event }
  | { readonly op: 'delete'; readonly id: number }
  | { readonly op: 'commit' }

type Draft = FeedDraft<undefined, { at: number }>

const OrderRow = z.object({
  id: z.int(),
  note: z.string().nullable(),
  total: numeric(),
  at: z.iso.datetime(),
  tags: z.object({ of: z.array(z.string()) }),
})

const tablesOf = (feed: Draft) => ({
  orders: feed.table({ name: 'orders', row: OrderRow, primaryKey: ['id'] }),
  events: feed.table({ name: 'events', row: z.object({ kind: z.string(), order: z.int() }) }),
})

/** A system in memory that keeps a log: orders, and events without a key. */
export class Ledger {
  readonly #entries: Entry[] = []
  #orders: readonly Order[] = []
  #events: readonly Event[] = []
  readonly #slots = new Map<string, number>()
  #wakes = new Set<() => void>()
  readonly #told = new Set<number>()
  /** Why the log cannot be continued. */
  lostFor: string | undefined

  constructor() {
    for (let id = 1; id <= 6; id++) this.#put(order(id))
    this.#end()
    // A transaction that is larger than a batch.
    for (let id = 1; id <= 6; id++) this.#event({ kind: 'made', order: id })
    this.#end()
    this.#edit(5, { total: '5.50' })
    this.#event({ kind: 'paid', order: 5 })
    this.#end()
    this.#rekey(3, 30)
    this.#edit(30, { note: 'moved' })
    this.#end()
    this.#remove(4)
    this.#end()
  }

  readonly options: FeedTestOptions = {
    rows: ({ table }) => (table === 'orders' ? this.#orders : this.#events).map((row) => ({ ...row })),
    add: ({ table }) => {
      const id = 100 + this.#entries.length
      if (table === 'orders') this.#put(order(id))
      else this.#event({ kind: 'added', order: id })
      this.#end()
    },
    edit: ({ row }: FeedRowChange) => {
      this.#edit(row['id'] as number, { total: `${this.#entries.length}.00` })
      this.#end()
    },
    remove: ({ row }: FeedRowChange) => {
      this.#remove(row['id'] as number)
      this.#end()
    },
  }

  #put(row: Order): void {
    this.#orders = [...this.#orders, row]
    this.#entries.push({ op: 'put', row: { ...row } })
  }
  #event(row: Event): void {
    this.#events = [...this.#events, row]
    this.#entries.push({ op: 'event', row })
  }
  #edit(id: number, fields: Partial<Order>): void {
    this.#orders = this.#orders.map((one) => (one.id === id ? { ...one, ...fields } : one))
    const row = { id, note: UNCHANGED, total: UNCHANGED, at: UNCHANGED, tags: UNCHANGED, ...fields }
    this.#entries.push({ op: 'put', row, isEdit: true })
  }
  #rekey(before: number, id: number): void {
    this.#orders = this.#orders.map((one) => (one.id === before ? { ...one, id } : one))
    const row = { id, note: UNCHANGED, total: UNCHANGED, at: UNCHANGED, tags: UNCHANGED }
    this.#entries.push({ op: 'put', row, before })
  }
  #remove(id: number): void {
    this.#orders = this.#orders.filter((one) => one.id !== id)
    this.#entries.push({ op: 'delete', id })
  }
  #end(): void {
    this.#entries.push({ op: 'commit' })
    for (const wake of this.#wakes) wake()
  }

  /** Forgets how it came to what it has: the log holds the rows of now. */
  compact(): void {
    this.#entries.length = 0
    for (const row of this.#orders) this.#entries.push({ op: 'put', row: { ...row } })
    for (const row of this.#events) this.#entries.push({ op: 'event', row })
    this.#end()
  }

  /** As a log that goes on: with a slot, a head, an order. */
  log(mistake?: FeedMistake): Source {
    const ledger = this
    const source = defineSource({ name: 'ledger' })
    const feed = source.feed({
      name: 'log',
      offset: (mistake === 'offset that JSON does not hold'
        ? z.object({ at: z.int(), told: z.date() })
        : z.object({ at: z.int() })) as z.ZodType<{ at: number }>,
    })
    const tables = tablesOf(feed)
    let begun = 0
    return source.with([
      feed.of(Object.values(tables), {
        begin: ({ id }) => {
          if (!ledger.#slots.has(id)) ledger.#slots.set(id, 0)
          return { at: mistake === 'begins elsewhere each time' ? begun++ : ledger.#slots.get(id)! } as never
        },
        end: ({ id }) => void ledger.#slots.delete(id),
        head: () => ({ at: ledger.#entries.length }),
        isPast: (one, other) => {
          if (mistake === 'never past') return false
          return mistake === 'offsets compared as texts' ? String(one.at) >= String(other.at) : one.at >= other.at
        },
        lost: () => ledger.lostFor,
        acknowledge: () => {},
        async *read({ offset, signal }) {
          yield* ledger.#read(offset!.at, feed, tables, mistake)
          for (;;) {
            if (mistake === 'deaf to the signal') await wait(4000)
            else await ledger.#change(signal)
            signal.throwIfAborted()
          }
        },
      }),
    ]) as Source
  }

  /** As a log that begins at the present: what was there before is read in chunks. Orders alone. */
  live(): Source {
    const ledger = this
    const source = defineSource({ name: 'ledger' })
    const feed = source.feed({ name: 'live', offset: z.object({ at: z.int() }) })
    const present = () => ({ at: ledger.#entries.length })
    const orders = feed.table({
      name: 'orders',
      row: OrderRow,
      primaryKey: ['id'],
      backfill: {
        chunks: () => [
          { from: 0, to: 3 },
          { from: 3, to: 1_000_000 },
        ],
        async *read({ chunk }) {
          yield ledger.#orders.filter(({ id }) => id >= chunk.from && id < chunk.to)
          return present()
        },
        async *rows({ keys }) {
          yield ledger.#orders.filter(({ id }) => keys.some((key) => key.id === id))
          return present()
        },
      },
    })
    return source.with([
      feed.of([orders], {
        begin: ({ id }) => {
          if (!ledger.#slots.has(id)) ledger.#slots.set(id, ledger.#entries.length)
          return { at: ledger.#slots.get(id)! }
        },
        end: ({ id }) => void ledger.#slots.delete(id),
        head: present,
        isPast: (one, other) => one.at >= other.at,
        async *read({ offset, signal }) {
          let { at } = offset!
          for (;;) {
            for (; at < ledger.#entries.length; at++) {
              const entry = ledger.#entries[at]!
              if (entry.op === 'commit') yield feed.checkpoint({ at: at + 1 })
              else if (entry.op === 'delete') yield orders.deleted([{ id: entry.id }])
              else if (entry.op === 'put')
                yield orders.upserted(
                  [entry.row as never],
                  entry.before === undefined ? {} : { before: { id: entry.before } },
                )
            }
            await ledger.#change(signal)
            signal.throwIfAborted()
          }
        },
      }),
    ]) as Source
  }

  /** As a tap: it tells from its state on, and ends. */
  tap(mistake?: FeedMistake): Source {
    const ledger = this
    const source = defineSource({ name: 'ledger' })
    const feed = source.feed({ name: 'tap', offset: z.object({ at: z.int() }) })
    const tables = tablesOf(feed)
    return source.with([
      feed.of(Object.values(tables), {
        async *read({ offset, signal }) {
          const from = mistake === 'tells all again' ? 0 : (offset?.at ?? 0)
          if (mistake === 'tells the history alone' && offset !== undefined) return
          yield* ledger.#read(from, feed, tables, mistake)
          if (mistake === 'does not end') await ledger.#change(signal)
        },
      }),
    ]) as Source
  }

  async *#read(
    from: number,
    feed: Draft,
    { orders, events }: ReturnType<typeof tablesOf>,
    mistake: FeedMistake | undefined,
  ): AsyncGenerator<Change<undefined> | Checkpoint<{ at: number }>> {
    const shift = mistake === 'continues too late' ? 2 : mistake === 'continues too early' ? -2 : 0
    for (let at = from; at < this.#entries.length; at++) {
      const entry = this.#entries[at]!
      if (mistake === 'remembers what it told' && entry.op !== 'commit') {
        if (this.#told.has(at)) continue
        this.#told.add(at)
      }
      if (entry.op === 'commit') {
        const offset = { at: Math.min(this.#entries.length, Math.max(0, at + 1 + shift)) }
        yield feed.checkpoint(
          mistake === 'offset that JSON does not hold' ? ({ ...offset, told: new Date() } as never) : offset,
        )
      } else if (entry.op === 'event') yield events.upserted([entry.row])
      else if (entry.op === 'delete') {
        if (mistake !== 'removals are not told')
          yield orders.deleted([mistake === 'deletion without a key' ? ({} as never) : { id: entry.id }])
      } else {
        if (entry.isEdit && mistake === 'edits are not told') continue
        const extra = mistake === 'field of no column' ? { colour: 'red' } : {}
        const row = Object.fromEntries(
          Object.entries<unknown>({ ...entry.row, ...extra }).map(([name, value]) => [
            name,
            name === 'note' && value === UNCHANGED && mistake === 'NULL in the place of UNCHANGED' ? null : value,
          ]),
        )
        yield orders.upserted([row as never], entry.before === undefined ? {} : { before: { id: entry.before } })
      }
    }
  }

  /** Waits until something is added. */
  async #change(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wakes.add(resolve)
    signal.addEventListener('abort', () => resolve())
    await promise
    this.#wakes.delete(resolve)
  }
}

const order = (id: number): Order => ({
  id,
  note: id % 2 === 0 ? null : `order ${id}`,
  total: `${id}.10`,
  at: `2026-01-01T00:00:0${id % 10}Z`,
  tags: { of: [`tag ${id}`] },
})
