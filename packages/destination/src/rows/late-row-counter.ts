import type { Committed } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { LateCounter, Session } from '../dialects/dialect.ts'
import type { EncodedRows } from '../dialects/encoded-rows.ts'
import type { Target } from '../dialects/target.ts'
import type { Terms } from '../dialects/terms.ts'
import { keyRow } from './key-row.ts'
import { sameKey } from './merge.ts'

export class LateRowCounter implements LateCounter {
  readonly #below: bigint | undefined
  readonly #terms: Terms
  #rows = 0
  #lowest: bigint | undefined

  constructor(below: bigint | undefined, terms: Terms) {
    this.#below = below
    this.#terms = terms
  }

  get found(): Committed['lateRows'] {
    return this.#lowest === undefined ? undefined : { rows: this.#rows, lowest: this.#lowest }
  }

  all(rows: EncodedRows): void {
    if (this.#below === undefined) return
    for (const row of rows) if (this.#isLate(row)) this.#add(1, BigInt(positionOf(row)!))
  }

  async some(session: Session, target: Target, rows: EncodedRows, source?: RawBuilder<unknown>): Promise<void> {
    if (this.#below === undefined) return
    const late = rows.filter((row) => this.#isLate(row))
    if (late.length === 0) return
    if (source !== undefined) return await this.#count(session, target, source)
    const keys = late.map((row) => keyRow(target.layout, row))
    await session.withKeys(target, keys, async (relation) => {
      await this.#count(session, target, relation)
      return 0
    })
  }

  /** The table says which of them this transaction has written. */
  async #count(session: Session, { layout, table }: Target, source: RawBuilder<unknown>): Promise<void> {
    const [found] = await session.rows(sql`select count(*), min(s._cursor) from ${source} as s
      join ${table} as t on ${sameKey(layout, this.#terms)}
      where s._cursor < ${this.#below} and t._cursor = s._cursor and t._synced_at = ${this.#terms.now}`)
    const [count, lowest] = found!
    if (lowest !== null) this.#add(Number(count), BigInt(lowest as bigint | string))
  }

  #isLate(row: readonly unknown[]): boolean {
    const position = positionOf(row)
    return this.#below !== undefined && position !== null && position < this.#below
  }

  #add(rows: number, lowest: bigint): void {
    this.#rows += rows
    if (this.#lowest === undefined || lowest < this.#lowest) this.#lowest = lowest
  }
}

function positionOf(row: readonly unknown[]): number | bigint | null {
  return row.at(-1) as number | bigint | null
}
