import type { Committed } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { EncodedRows } from './load.ts'
import type { Session } from './sessions.ts'
import { mainTable, moment, type Named, sameKey, type Target } from './statements.ts'

/** Counts, of the rows that a part writes, those that lie below what was only looked back for. */
export class Late {
  readonly #below: bigint | undefined
  #rows = 0
  #lowest: bigint | undefined

  constructor(below: bigint | undefined) {
    this.#below = below
  }

  get found(): Committed['late'] {
    return this.#lowest === undefined ? undefined : { rows: this.#rows, lowest: this.#lowest }
  }

  /** Rows that were all written. */
  all(rows: EncodedRows): void {
    for (const row of rows) if (this.#isLate(row)) this.#add(1, BigInt(positionOf(row)!))
  }

  /** Rows of which some were written: the table says which, and is asked by their keys. */
  async some(
    { db }: Session,
    target: Target,
    rows: EncodedRows,
    { source, named }: { readonly source: RawBuilder<unknown>; readonly named: Named },
  ): Promise<void> {
    if (!rows.some((row) => this.#isLate(row))) return
    const found = await sql<{ rows: bigint; lowest: bigint | null }>`
      select count(*) as rows, min(s._cursor) as lowest from ${source} as s
      join ${mainTable(target)} as t on ${sameKey(target.layout, named)}
      where s._cursor < ${this.#below} and t._cursor = s._cursor and t._synced_at = ${moment(named.now)}`.execute(db)
    const { rows: count, lowest } = found.rows[0]!
    if (lowest !== null) this.#add(Number(count), lowest)
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
