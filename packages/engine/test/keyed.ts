import { defineSource } from '@tidemark/core'
import { z } from 'zod'

export interface Asked {
  readonly from: number | undefined
  readonly to: number | undefined
}

/** A table without a cursor, read in ranges of its key. */
export class Keyed {
  rows = new Map<number, string>()
  bounds: readonly number[] | undefined = [100, 200, 300]
  asked: (Asked | 'whole')[] = []
  revision: string | undefined
  generation: string | undefined
  /** Called before each page of a range. */
  before: (range: Asked) => unknown = () => {}
  /** Yields more than was asked for, as a source may. */
  surplus = false
  more: Record<string, unknown> = {}

  fill(ids: Iterable<number>, text = 'a'): void {
    for (const id of ids) this.rows.set(id, text)
  }

  source() {
    const memory = defineSource({ name: 'memory' })
    const { revision, generation } = this
    return memory.with([
      memory.table({
        name: 'events',
        row: z.object({ id: z.int(), text: z.string() }),
        primaryKey: ['id'],
        keyRanges: { column: 'id', bounds: () => this.bounds },
        ...(revision === undefined ? {} : { revision: () => revision }),
        ...(generation === undefined ? {} : { generation: () => generation }),
        read: (context) => this.#read(context.keyRange),
        ...(this.more as object),
      }),
    ])
  }

  async *#read(range: { readonly from: number | undefined; readonly to: number | undefined } | undefined) {
    const asked = { from: range?.from, to: range?.to }
    this.asked.push(range === undefined ? 'whole' : asked)
    await this.before(asked)
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = asked
    const rows = [...this.rows]
      .map(([id, text]) => ({ id, text }))
      .filter(({ id }) => this.surplus || (id >= from && id < to))
    for (let at = 0; at < rows.length; at += 7) yield rows.slice(at, at + 7)
  }
}
