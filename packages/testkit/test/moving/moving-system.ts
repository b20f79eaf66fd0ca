import { defineSource, minutes, type Source } from '@tidemark/core'
import { z } from 'zod'

/** What a system that is at work does to its rows. Numbers are reduced to what there is. */
export type Mutation =
  /** Its cursor moves forward: to now, or to a little below it, as transactions that take their time do. */
  | { readonly type: 'update'; readonly id: number; readonly late: number }
  /** Its cursor moves to tomorrow, or beyond. */
  | { readonly type: 'postpone'; readonly id: number; readonly by: number }
  | { readonly type: 'insert'; readonly id: number; readonly late: number }
  | { readonly type: 'delete'; readonly id: number }
  /** It moves to another partition. */
  | { readonly type: 'carry'; readonly id: number; readonly to: number }
  | { readonly type: 'wait'; readonly seconds: number }

/** How pages come: what each of them sees, and in which order. */
export type Paging = 'snapshot' | 'by cursor' | 'by key' | 'newest first'

export interface MovingKind {
  readonly name: string
  readonly paging: Paging
  readonly windowed?: true
  readonly partitioned?: true
  /** The source can be asked for keys: rows may move to anywhere. */
  readonly asked?: true
  /** It says what is stale: rows may move to anywhere up to now. */
  readonly stale?: true
}

export const SETTLE = 60
const LATE = 60
const DAY = 86_400
const PAGE = 3
export const PARTITIONS = ['a', 'b', 'c'] as const

export interface MovingRow {
  readonly id: number
  readonly at: number
  /** Which life of its key this is, and which version. */
  readonly text: string
  readonly partition: string
}

const shape = z.object({ id: z.int(), at: z.iso.datetime(), text: z.string() })
const wider = shape.extend({ more: z.string() })
const instant = (n: number): string => new Date(n * 1000).toISOString()
const seconds = (text: string | undefined): number =>
  text === undefined ? Number.NEGATIVE_INFINITY : Date.parse(text) / 1000

/** A system whose rows change while it is read. */
export class MovingSystem {
  readonly kind: MovingKind
  readonly rows = new Map<number, MovingRow>()
  now = 30_000
  isWide = false
  /** Whether anything happens between two pages. */
  isBusy = true
  /** Called with the key of a row whose life has ended. */
  onDeath: (id: number) => void = () => {}
  /** Places where something changed, in the order of the changes. */
  readonly #places: number[] = []
  readonly #lives = new Map<number, number>()
  #mutations: readonly Mutation[]
  #next = 0

  constructor(kind: MovingKind, mutations: readonly Mutation[]) {
    this.kind = kind
    this.#mutations = mutations
  }

  /** Something happens. */
  pass(): void {
    if (!this.isBusy || this.#next >= this.#mutations.length) return
    this.mutate(this.#mutations[this.#next++]!)
  }

  mutate(mutation: Mutation): void {
    if (mutation.type === 'wait') {
      this.now += mutation.seconds
      return
    }
    const known = this.rows.get(mutation.id)
    if (mutation.type === 'insert') {
      if (known === undefined) this.#insert(mutation.id, mutation.late)
      return
    }
    if (known === undefined) return
    switch (mutation.type) {
      case 'delete':
        this.rows.delete(known.id)
        this.#places.push(known.at)
        this.onDeath(known.id)
        return
      case 'update':
        this.#move(known, this.#stamp(mutation.late))
        return
      case 'postpone':
        if (this.kind.stale !== true) this.#move(known, this.now + this.#ahead(mutation.by))
        return
      case 'carry': {
        if (this.kind.partitioned !== true) return
        const partition = PARTITIONS[mutation.to % PARTITIONS.length]!
        if (known.at < this.now) this.#move({ ...known, partition }, this.now)
      }
    }
  }

  source(): Source {
    const { kind } = this
    const moving = defineSource({ name: 'moving' })
    const table = moving.table({
      name: 'rows',
      row: this.isWide ? wider : shape,
      primaryKey: ['id'],
      cursor: 'at',
      minAge: minutes(1),
      lookback: minutes(2),
      ...(kind.windowed === true ? { window: minutes(60), start: instant(0) } : {}),
      ...(kind.paging === 'newest first' ? { ordered: 'descending' } : {}),
      ...(kind.partitioned === true ? { partitions: moving.partitions(() => [...PARTITIONS]), globalKey: true } : {}),
      ...(kind.asked === true
        ? { findKeys: ({ keys }: { keys: readonly { id: number }[] }) => keys.filter(({ id }) => this.rows.has(id)) }
        : {}),
      ...(kind.stale === true ? { revision: ({ previous }: { previous?: string }) => this.#revision(previous) } : {}),
      read: ({ from, to, partition }: { from?: string; to: string; partition?: string }) =>
        this.#read(seconds(from), seconds(to), partition),
    } as never)
    return moving.with([table]) as Source
  }

  async *#read(from: number, to: number, partition: string | undefined): AsyncGenerator<readonly object[]> {
    const { paging } = this.kind
    const inside = () =>
      [...this.rows.values()].filter(
        (row) => row.at >= from && row.at < to && (this.kind.partitioned !== true || row.partition === partition),
      )
    const order = (a: MovingRow, b: MovingRow): number => {
      if (paging === 'by key') return a.id - b.id
      return paging === 'newest first' ? b.at - a.at || b.id - a.id : a.at - b.at || a.id - b.id
    }
    const snapshot = paging === 'snapshot' ? inside() : undefined
    let last: MovingRow | undefined
    for (;;) {
      this.pass()
      const page = (snapshot ?? inside())
        .toSorted(order)
        .filter((row) => last === undefined || order(last, row) < 0)
        .slice(0, PAGE)
      if (page.length === 0) return
      last = page.at(-1)
      yield page.map(({ id, at, text }) => ({
        id,
        at: instant(at),
        text,
        ...(this.isWide ? { more: `m${text}` } : {}),
      }))
    }
  }

  #revision(previous: string | undefined): object {
    const revision = String(this.#places.length)
    if (previous === undefined) return { revision, stale: [{ from: instant(0), to: instant(this.now + 1) }] }
    const changed = this.#places.slice(Number(previous))
    return { revision, stale: changed.map((at) => ({ from: instant(at), to: instant(at + 1) })) }
  }

  #insert(id: number, late: number): void {
    const life = (this.#lives.get(id) ?? 0) + 1
    this.#lives.set(id, life)
    const at = this.#stamp(late)
    this.#places.push(at)
    this.rows.set(id, {
      id,
      at,
      text: `${life}:${this.#places.length}`,
      partition: PARTITIONS[id % PARTITIONS.length]!,
    })
  }

  #move(row: MovingRow, at: number): void {
    // A cursor only ever moves towards the present.
    const to = Math.max(at, row.at + 1)
    if (this.kind.stale === true && to > this.now) return
    const before = this.rows.get(row.id)!
    this.#places.push(before.at, to)
    this.rows.set(row.id, { ...row, at: to, text: `${row.text.split(':')[0]}:${this.#places.length}` })
  }

  #stamp(late: number): number {
    const anywhere = this.kind.asked === true || this.kind.stale === true
    return this.now - (anywhere ? late * 60 : late % LATE)
  }

  #ahead(by: number): number {
    return this.kind.asked === true ? by * 1000 * DAY : (by % 2) * DAY + 60
  }
}
